// What the module try_msr does with MSRs in a root cell, and what comes of it.

const LINE = /jailhouse-msr: (\S+) (\S+) (\S+)/g;

/** Bits of EFER by their numbers, and what announces them: the word that the module printed, and the bit there. */
export const EFER = [
  { bit: 14, word: "cpuid-1 edx", feature: 25 },
  { bit: 15, word: "cpuid-1 ecx", feature: 17 },
  { bit: 17, word: "cpuid-8", feature: 8 },
  { bit: 18, word: "cpuid-8", feature: 13 },
  { bit: 20, word: "cpuid-21", feature: 7 },
  { bit: 21, word: "cpuid-21", feature: 8 },
] as const;
/** Reserved ones (AMD64 manual, volume 2, section 3.1.7), and LMSLE, which nothing announces. */
export const RESERVED_EFER = [1, 7, 9, 13, 16, 19] as const;

export const MSRS_DONE = [
  ...["write-smca-clear-status", "write-smca-last-bank", "write-mca-clear-status"],
  ...["write-pqr-assoc", "write-ls-cfg", "write-breakpoint-mask", "write-perf-global"],
  ...["write-cppc-request", "write-ibs-op", "write-hsave-clear"],
  ...["read-smca-status", "read-smca-misc", "read-hsave", "read-mcg-cap"],
] as const;
export const MSRS_REFUSED = [
  ...["write-apic-base", "write-mtrr", "write-mtrr-again", "write-pat", "write-tsc"],
  ...["write-io-trap", "write-mmio-config", "write-rmp-base", "write-hsave", "write-nothing"],
] as const;

/** Of each access by its name: the result, and a value. */
export function readMsrs(log: string): Map<string, readonly [string, string]> {
  return new Map([...log.matchAll(LINE)].map(([, name, one, two]) => [name!, [one!, two!]]));
}
