// What the CPU can be without: bits of CPUID. A number is word << 5 | bit; the words are those of CPUID in which such bits stand
// (WORD_*). The names are Linux's in /proc/cpuinfo, in capitals. Numbers only; read by the CPU, by the machine and by the generator of
// the instruction table, whose rows name the feature that they belong to (AMD64 APM volume 3, appendix D; Intel SDM volume 2, CPUID).

/** Leaf 1, EDX. */
export const WORD_1_EDX: u32 = 0;
/** Leaf 1, ECX. */
export const WORD_1_ECX: u32 = 1;
/** Leaf 7, EBX. */
export const WORD_7_EBX: u32 = 2;
/** Leaf 7, ECX. */
export const WORD_7_ECX: u32 = 3;
/** Leaf 0x80000001, ECX. */
export const WORD_EXTENDED_ECX: u32 = 4;
/** Leaf 0x80000001, EDX. */
export const WORD_EXTENDED_EDX: u32 = 5;
/** Leaf 0x8000000a, EDX. */
export const WORD_SVM_EDX: u32 = 6;
/** Leaf 0x80000008, EBX. */
export const WORD_EXTENDED_8_EBX: u32 = 7;
/** Leaf 0x80000021, EAX. Features of this word and the next are none of rows, which have a byte for the number. */
export const WORD_EXTENDED_21_EAX: u32 = 8;
/** Leaf 0x80000007, EBX. */
export const WORD_EXTENDED_7_EBX: u32 = 9;
/** How many words there are. */
export const WORDS: u32 = 10;

/** SSE3. */
export const FEATURE_PNI: u32 = 0x20;
/** Carry-less multiplication. */
export const FEATURE_PCLMULQDQ: u32 = 0x21;
/** Supplemental SSE3. */
export const FEATURE_SSSE3: u32 = 0x29;
/** CMPXCHG16B. */
export const FEATURE_CX16: u32 = 0x2d;
/** SSE4.1. */
export const FEATURE_SSE4_1: u32 = 0x33;
/** SSE4.2. */
export const FEATURE_SSE4_2: u32 = 0x34;
/** x2APIC mode of the local APICs. */
export const FEATURE_X2APIC: u32 = 0x35;
/** MOVBE. */
export const FEATURE_MOVBE: u32 = 0x36;
/** POPCNT. */
export const FEATURE_POPCNT: u32 = 0x37;
/** Deadline mode of the local APICs' timers. */
export const FEATURE_TSC_DEADLINE_TIMER: u32 = 0x38;
/** AES. */
export const FEATURE_AES: u32 = 0x39;
/** XSAVE, XRSTOR, XGETBV, XSETBV, XCR0 and leaf 0xd. */
export const FEATURE_XSAVE: u32 = 0x3a;
/** RDRAND. */
export const FEATURE_RDRAND: u32 = 0x3e;
/** RDFSBASE and its kin, CR4.FSGSBASE. */
export const FEATURE_FSGSBASE: u32 = 0x40;
/** BMI1. */
export const FEATURE_BMI1: u32 = 0x43;
/** CR4.SMEP. */
export const FEATURE_SMEP: u32 = 0x47;
/** BMI2. */
export const FEATURE_BMI2: u32 = 0x48;
/** RDSEED. */
export const FEATURE_RDSEED: u32 = 0x52;
/** ADCX and ADOX. */
export const FEATURE_ADX: u32 = 0x53;
/** CLFLUSHOPT. */
export const FEATURE_CLFLUSHOPT: u32 = 0x57;
/** CLWB. */
export const FEATURE_CLWB: u32 = 0x58;
/** SHA-1 and SHA-256. */
export const FEATURE_SHA_NI: u32 = 0x5d;
/** CR4.UMIP. */
export const FEATURE_UMIP: u32 = 0x62;
/** RDPID. */
export const FEATURE_RDPID: u32 = 0x76;
/** LAHF and SAHF in 64-bit code. */
export const FEATURE_LAHF_LM: u32 = 0x80;
/** AMD-V. */
export const FEATURE_SVM: u32 = 0x82;
/** The local APIC's extended registers, among them four local vectors. */
export const FEATURE_EXTAPIC: u32 = 0x83;
/** LZCNT. */
export const FEATURE_ABM: u32 = 0x85;
/** INVLPG keeps what is known of other addresses' directories, EFER.TCE. */
export const FEATURE_TCE: u32 = 0x91;
/** No-execute pages, EFER.NXE. */
export const FEATURE_NX: u32 = 0xb4;
/** Pages of 1 GiB. */
export const FEATURE_PDPE1GB: u32 = 0xba;
/** RDTSCP. */
export const FEATURE_RDTSCP: u32 = 0xbb;
/** Nested paging. */
export const FEATURE_NPT: u32 = 0xc0;
/** An exit saves the RIP of the next instruction. */
export const FEATURE_NRIP_SAVE: u32 = 0xc3;
/** TLB_CONTROL can flush one guest's translations. */
export const FEATURE_FLUSHBYASID: u32 = 0xc6;
/** Exits tell of the instruction's operands and bytes. */
export const FEATURE_DECODEASSISTS: u32 = 0xc7;
/** Automatic IBRS, EFER.AIBRSE. */
export const FEATURE_AUTOIBRS: u32 = 0x108;
/** Scalable machine check architecture: banks of MSRs at 0xc0002000. */
export const FEATURE_SMCA: u32 = 0x123;
/** INVLPGB and TLBSYNC. */
export const FEATURE_INVLPGB: u32 = 0xe3;
/** WBINVD can be interrupted, EFER.INTWB. */
export const FEATURE_INT_WBINVD: u32 = 0xed;
