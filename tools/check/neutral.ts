// Neutral code names no architecture: what is one's own belongs into its folder.
import type { Check } from "./check.ts";
import { readText, repositoryFiles } from "./files.ts";

/** Where no architecture is named. */
const NEUTRAL = /^hypervisor\/(?:core\/.*|exports|platform)\.ts$/;
/** Registers, instructions, mechanisms and makers of x86 and Arm processors. */
const WORDS =
  /\b(?:x86|amd|intel|svm|vmx|vmcb|vmcs|x?2?apic|ioapic|xapic|msrs?|cpuid|xcr0|efer|[er]?ip|r[a-d]x|pio|ports?|sipi|hpet|arm|arm64|aarch64|gic|mpidr|el[12]|esr|psci|smmu)\b|\bIOMMU_TYPE_|_(?:RIP|MSR|PIO|APIC|GIC)\b/gi;
/** Two fields of configurations and records that carry such a name in formats that are given. */
const GIVEN = /\b(?:PIO_\w+|\w+_PIO|DENIAL_RIP|afterPio)\b/g;

/** The lines of a neutral file that name an architecture. */
export function namesOf(path: string, text: string): string[] {
  if (!NEUTRAL.test(path)) return [];
  return text.split("\n").flatMap((line, index) => {
    const found = line.replace(GIVEN, "").match(WORDS);
    return found ? [`${path}:${index + 1} names ${found.join(", ")}`] : [];
  });
}

export const neutral: Check = {
  name: "the core names no architecture",
  run: () => ({
    failures: repositoryFiles().flatMap((path) =>
      NEUTRAL.test(path) ? namesOf(path, readText(path)) : [],
    ),
  }),
};
