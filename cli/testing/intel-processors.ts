// Intel's processors by what Linux and their registers say of them. "bochs": read in the guest of the bed (bochs 2.7, the model of that
// name, Debian's Linux 6.1, /proc/cpuinfo and /dev/cpu/0/msr). "hand": written after the SDM, volume 3, appendix A, and volume 4,
// table 2-2, from values that Haswell's descendants are known to have.

export interface IntelProcessor {
  readonly source: "bochs" | "hand";
  /** Of /proc/cpuinfo, what matters here. */
  readonly flags: string;
  /** Registers that exist. */
  readonly msrs: Readonly<Record<number, bigint>>;
}

const FLAGS = "fpu apic vmx pdpe1gb rdtscp invpcid constant_tsc nonstop_tsc";

/** A desktop machine with everything, VT-x on and locked. */
export const DESKTOP: IntelProcessor = {
  source: "hand",
  flags: `${FLAGS} xsaves`,
  msrs: {
    58: 0x5n,
    1152: 0x00da_0400_0000_0004n,
    1153: 0x0000_007f_0000_0016n,
    1154: 0xfff9_fffe_0401_e172n,
    1155: 0x01ff_ffff_0003_6dffn,
    1156: 0x0003_ffff_0000_11ffn,
    1157: 0x7004_c1e7n,
    1158: 0x8000_0021n,
    1159: 0xffff_ffffn,
    1160: 0x2000n,
    1161: 0x0037_67ffn,
    1163: 0x005f_bcff_0000_0000n,
    1164: 0x0000_0f01_0673_4141n,
    1165: 0x0000_007f_0000_0016n,
    1166: 0xfff9_fffe_0400_6172n,
    1167: 0x01ff_ffff_0003_6dfbn,
    1168: 0x0003_ffff_0000_11fbn,
  },
};

/** The same with other registers; `undefined`: that one does not exist. */
export function changed(
  machine: IntelProcessor,
  msrs: Readonly<Record<number, bigint | undefined>>,
  flags = machine.flags,
): IntelProcessor {
  const all = Object.entries({ ...machine.msrs, ...msrs });
  const present = all.filter((entry): entry is [string, bigint] => entry[1] !== undefined);
  return { source: "hand", flags, msrs: Object.fromEntries(present) };
}

const without = (flags: string, flag: string) =>
  flags
    .split(" ")
    .filter((each) => each !== flag)
    .join(" ");
const control = (number: number) => 1n << BigInt(32 + number);
const lacking = (msr: number, ...controls: readonly number[]) => ({
  [msr]: controls.reduce((value, each) => value & ~control(each), DESKTOP.msrs[msr]!),
});

/** The firmware has VT-x locked off: Linux shows no flag for it, and the registers are there. */
export const LOCKED_OFF = changed(DESKTOP, { 58: 0x1n }, without(DESKTOP.flags, "vmx"));
/** The processor has none: CPUID does not have it. */
export const NO_VT_X: IntelProcessor = {
  source: "hand",
  flags: without(DESKTOP.flags, "vmx"),
  msrs: { 58: 0x1n },
};
/** VT-x inside of SMX only, with SENTER and all of its leaves: for a measured launch. */
export const TXT_ONLY = changed(DESKTOP, { 58: 0xff03n }, without(DESKTOP.flags, "vmx"));
/** Inside and outside. */
export const TXT_TOO = changed(DESKTOP, { 58: 0xff07n });
/** The firmware has set nothing. */
export const LEFT_OPEN = changed(DESKTOP, { 58: 0n });
/** Some keys of memory encryption are for trust domains. */
export const TDX_HOST = changed(DESKTOP, { 135: 0x0000_0020_0000_001fn });
/** Keys, but all of them for whoever encrypts memory without trust domains (MKTME). */
export const KEYS_ONLY = changed(DESKTOP, { 135: 0x3fn });
/** Below a hypervisor that has nested VT-x without these. */
export const NESTED = `${DESKTOP.flags} hypervisor`;
export const NESTED_WITHOUT_XSAVES = changed(DESKTOP, lacking(0x48b, 20), NESTED);
export const NESTED_WITHOUT_NMIS = changed(DESKTOP, lacking(0x48d, 5), NESTED);
export const NESTED_WITHOUT_PAT = changed(DESKTOP, lacking(0x48f, 18, 19), NESTED);
export const NESTED_WITHOUT_BITMAPS = changed(DESKTOP, lacking(0x48e, 28), NESTED);
/** Below one whose EPT is only emulated: without 1 GiB pages. */
export const NESTED_WITHOUT_GIB = changed(DESKTOP, { 1164: 0x0000_0f01_0671_4141n }, NESTED);
/** CR3 cannot be left to the guest. */
export const CR3_EXITS = changed(DESKTOP, { 1166: DESKTOP.msrs[0x48e]! | 0x18000n });
/** The first with VT-x: no TRUE controls, no secondary ones, none of their registers. */
export const FIRST = changed(DESKTOP, {
  1152: 0x0018_0400_0000_0007n,
  1163: undefined,
  1164: undefined,
  1165: undefined,
  1166: undefined,
  1167: undefined,
  1168: undefined,
});

/** corei7_haswell_4770; registers that it does not have read as zero there (ignore_bad_msrs). */
export const BOCHS_HASWELL: IntelProcessor = {
  source: "bochs",
  flags: "fpu apic vmx pdpe1gb rdtscp invpcid constant_tsc nonstop_tsc",
  msrs: {
    58: 0x5n,
    135: 0x0n,
    1152: 0xd81000_0000002bn,
    1153: 0x7f_00000016n,
    1154: 0xf7f9fffe_0401e172n,
    1155: 0x7fffff_00036dffn,
    1156: 0xffff_000011ffn,
    1157: 0x200401e0n,
    1158: 0x80000021n,
    1159: 0xffffffffn,
    1160: 0x2000n,
    1161: 0x1727ffn,
    1162: 0x34n,
    1163: 0x47fff_00000000n,
    1164: 0xf01_06334141n,
    1165: 0x7f_00000016n,
    1166: 0xf7f9fffe_04006172n,
    1167: 0x7fffff_00036dfbn,
    1168: 0xffff_000011fbn,
    1169: 0x1n,
  },
};

/** corei7_icelake_u; registers that it does not have read as zero there (ignore_bad_msrs). */
export const BOCHS_ICELAKE: IntelProcessor = {
  source: "bochs",
  flags: "fpu apic vmx pdpe1gb rdtscp invpcid constant_tsc nonstop_tsc",
  msrs: {
    58: 0x5n,
    135: 0x0n,
    1152: 0xd81000_00000004n,
    1153: 0x7f_00000016n,
    1154: 0xfff9fffe_0401e172n,
    1155: 0x7fffff_00036dffn,
    1156: 0xffff_000011ffn,
    1157: 0x600401e0n,
    1158: 0x80000021n,
    1159: 0xffffffffn,
    1160: 0x2000n,
    1161: 0x772fffn,
    1162: 0x34n,
    1163: 0x2977fff_00000000n,
    1164: 0xf01_06334141n,
    1165: 0x7f_00000016n,
    1166: 0xfff9fffe_04006172n,
    1167: 0x7fffff_00036dfbn,
    1168: 0xffff_000011fbn,
    1169: 0x1n,
  },
};

/** Secondary controls, and no EPT among them: what came before Nehalem. */
export const NO_EPT = changed(DESKTOP, { ...lacking(0x48b, 1, 5, 7), 1164: undefined });
/** EPT, and guests need paging: Nehalem. */
export const RESTRICTED = changed(DESKTOP, lacking(0x48b, 7));
