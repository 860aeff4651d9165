// Numbers that native code (native/intel/) and this folder share.

// Fields by their place in the block. The first of them are what exits save.
/** Selectors of ES, CS, SS, DS, FS, GS, LDTR, TR: by SEGMENT_*. */
export const FIELD_SELECTORS: u32 = 0;
/** Bases of the same, then of GDTR and IDTR. */
export const FIELD_BASES: u32 = 8;
/** Limits of the same. */
export const FIELD_LIMITS: u32 = 18;
/** Access rights of the first eight. */
export const FIELD_RIGHTS: u32 = 28;
export const FIELD_INTERRUPTIBILITY: u32 = 36;
export const FIELD_ACTIVITY: u32 = 37;
export const FIELD_SYSENTER_CS: u32 = 38;
export const FIELD_SYSENTER_ESP: u32 = 39;
export const FIELD_SYSENTER_EIP: u32 = 40;
export const FIELD_CR0: u32 = 41;
export const FIELD_CR3: u32 = 42;
export const FIELD_CR4: u32 = 43;
export const FIELD_DR7: u32 = 44;
export const FIELD_RSP: u32 = 45;
export const FIELD_RIP: u32 = 46;
export const FIELD_RFLAGS: u32 = 47;
export const FIELD_PENDING_DEBUG: u32 = 48;
export const FIELD_DEBUGCTL: u32 = 49;
export const FIELD_PAT: u32 = 50;
export const FIELD_EFER: u32 = 51;
/** Four of them. */
export const FIELD_PDPTES: u32 = 52;
/** From here on the processor changes nothing. */
export const FIELD_CR0_SHADOW: u32 = 56;
export const FIELD_CR4_SHADOW: u32 = 57;
export const FIELD_TSC_OFFSET: u32 = 58;
export const FIELD_EPTP: u32 = 59;
export const FIELD_PORTS_A: u32 = 60;
export const FIELD_PORTS_B: u32 = 61;
export const FIELD_MSRS: u32 = 62;
/** How many there are. */
export const FIELD_COUNT: u32 = 63;

/** Segments, in the order of their groups. */
export const SEGMENT_ES: u32 = 0;
export const SEGMENT_CS: u32 = 1;
export const SEGMENT_SS: u32 = 2;
export const SEGMENT_DS: u32 = 3;
export const SEGMENT_FS: u32 = 4;
export const SEGMENT_GS: u32 = 5;
export const SEGMENT_LDTR: u32 = 6;
export const SEGMENT_TR: u32 = 7;
export const SEGMENT_GDTR: u32 = 8;
export const SEGMENT_IDTR: u32 = 9;

/** runGuest: the guest has run and exited. */
export const RUN_EXITED: u32 = 0;
/** runGuest: the processor has not entered it; VMCS_ERROR says why. */
export const RUN_FAILED: u32 = 1;
/** runGuest: it was not entered, because an NMI or a machine check has come before. */
export const RUN_KEPT_OUT: u32 = 2;

/** linuxExtra: selectors of FS, GS, TR, LDTR. */
export const EXTRA_FS: u32 = 0;
export const EXTRA_GS: u32 = 1;
export const EXTRA_TR: u32 = 2;
export const EXTRA_LDTR: u32 = 3;
/** linuxExtra: the descriptors of TR and LDTR, 16 bytes each; the latter 0 without an LDT. */
export const EXTRA_TR_LOW: u32 = 4;
export const EXTRA_TR_HIGH: u32 = 5;
export const EXTRA_LDTR_LOW: u32 = 6;
export const EXTRA_LDTR_HIGH: u32 = 7;
/** How many there are. */
export const EXTRA_FIELDS: u32 = 8;
