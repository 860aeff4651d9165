// The processor's models, and what can be switched in them: features of CPUID, by Linux's names in /proc/cpuinfo.
import * as F from "./cpu/features.ts";
import { MachineError } from "./error.ts";

/** A model: whose processor it looks like. */
export type Vendor = "amd" | "intel";

interface Feature {
  /** FEATURE_*. */
  readonly number: number;
  /** The feature that this one is built upon: software takes it for granted, and processors do not come without. */
  readonly needs?: string;
  /** The only model that can have it. */
  readonly only?: Vendor;
}

/** All that can be switched. */
export const FEATURES: Readonly<Record<string, Feature>> = {
  pni: { number: F.FEATURE_PNI },
  ssse3: { number: F.FEATURE_SSSE3, needs: "pni" },
  sse4_1: { number: F.FEATURE_SSE4_1, needs: "ssse3" },
  sse4_2: { number: F.FEATURE_SSE4_2, needs: "sse4_1" },
  pclmulqdq: { number: F.FEATURE_PCLMULQDQ },
  aes: { number: F.FEATURE_AES },
  sha_ni: { number: F.FEATURE_SHA_NI },
  rdrand: { number: F.FEATURE_RDRAND },
  rdseed: { number: F.FEATURE_RDSEED },
  cx16: { number: F.FEATURE_CX16 },
  movbe: { number: F.FEATURE_MOVBE },
  popcnt: { number: F.FEATURE_POPCNT },
  abm: { number: F.FEATURE_ABM },
  bmi1: { number: F.FEATURE_BMI1 },
  bmi2: { number: F.FEATURE_BMI2 },
  adx: { number: F.FEATURE_ADX },
  lahf_lm: { number: F.FEATURE_LAHF_LM },
  xsave: { number: F.FEATURE_XSAVE },
  fsgsbase: { number: F.FEATURE_FSGSBASE },
  rdtscp: { number: F.FEATURE_RDTSCP },
  rdpid: { number: F.FEATURE_RDPID },
  clflushopt: { number: F.FEATURE_CLFLUSHOPT },
  clwb: { number: F.FEATURE_CLWB },
  smep: { number: F.FEATURE_SMEP },
  umip: { number: F.FEATURE_UMIP },
  nx: { number: F.FEATURE_NX },
  pdpe1gb: { number: F.FEATURE_PDPE1GB },
  x2apic: { number: F.FEATURE_X2APIC },
  tsc_deadline_timer: { number: F.FEATURE_TSC_DEADLINE_TIMER },
  svm: { number: F.FEATURE_SVM, only: "amd" },
  extapic: { number: F.FEATURE_EXTAPIC, only: "amd" },
  smca: { number: F.FEATURE_SMCA, only: "amd" },
  invlpgb: { number: F.FEATURE_INVLPGB, only: "amd" },
  tce: { number: F.FEATURE_TCE, only: "amd" },
  int_wbinvd: { number: F.FEATURE_INT_WBINVD, only: "amd" },
  autoibrs: { number: F.FEATURE_AUTOIBRS, only: "amd" },
  npt: { number: F.FEATURE_NPT, needs: "svm", only: "amd" },
  nrip_save: { number: F.FEATURE_NRIP_SAVE, needs: "svm", only: "amd" },
  flushbyasid: { number: F.FEATURE_FLUSHBYASID, needs: "svm", only: "amd" },
  decodeassists: { number: F.FEATURE_DECODEASSISTS, needs: "svm", only: "amd" },
};

/** What every processor has that runs 64-bit code, and so every model; and what AMD's and Intel's have beside it. */
export const FIXED: readonly string[] = [
  ..."fpu de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush".split(" "),
  ..."mmx fxsr sse sse2 ht syscall lm mmxext cmp_legacy 3dnowprefetch".split(" "),
];

/** What AMD's processors of the last years have and no emulator. */
const SILICON = ["extapic", "smca", "invlpgb", "tce", "int_wbinvd", "autoibrs"];

/** The models, and what each is without unless it is switched on. */
export const MODELS: Readonly<Record<Vendor, readonly string[]>> = {
  amd: ["clwb", "tsc_deadline_timer", ...SILICON, "flushbyasid", "decodeassists"],
  intel: ["clwb", "svm", ...SILICON, "npt", "nrip_save", "flushbyasid", "decodeassists"],
};

/** Features switched on and off, by name. */
export type Switches = Readonly<Record<string, boolean>>;

function refuse(message: string, hint: string): never {
  throw new MachineError("bad-option", message, hint);
}

function check(vendor: Vendor, switches: Switches): void {
  for (const [name, isOn] of Object.entries(switches)) {
    if (FIXED.includes(name))
      refuse(`${name} cannot be switched`, "Every processor for 64-bit code has it.");
    if (!Object.hasOwn(FEATURES, name))
      refuse(`there is no feature ${name}`, `There are: ${Object.keys(FEATURES).join(" ")}.`);
    const { only = vendor } = FEATURES[name]!;
    if (isOn && only !== vendor) refuse(`${name}=on: the model ${vendor} has none`, `${only} has.`);
  }
}

/** What a feature needs and is missing: of what is built upon each other, the undermost. */
function lacks(name: string, missing: ReadonlySet<string>): string | undefined {
  const { needs } = FEATURES[name]!;
  if (needs === undefined || !missing.has(needs)) return undefined;
  return lacks(needs, missing) ?? needs;
}

/**
 * Names of the features that a processor is without, in the order of FEATURES. With a feature goes what is built upon it. Throws
 * `bad-option` for unknown names, and for a feature that is asked for without what it needs.
 */
export function missingFeatures(vendor: Vendor, switches: Switches = {}): string[] {
  check(vendor, switches);
  const names = Object.keys(FEATURES);
  const isOff = (name: string) => !(switches[name] ?? !MODELS[vendor].includes(name));
  const missing = new Set(names.filter(isOff));
  for (const name of names) {
    const needed = lacks(name, missing);
    if (needed === undefined) continue;
    if (switches[name]) refuse(`${name}=on needs ${needed}, which is off`, "Switch both alike.");
    missing.add(name);
  }
  return names.filter((name) => missing.has(name));
}

/** The features as the CPU takes them: for each word of CPUID (WORD_*) the bits that are missing. */
export function missingWords(missing: readonly string[]): number[] {
  const words: number[] = Array(F.WORDS).fill(0);
  for (const name of missing) {
    const { number } = FEATURES[name]!;
    words[number >> 5]! |= 1 << (number & 31);
  }
  return words.map((bits) => bits >>> 0);
}
