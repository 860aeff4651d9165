// Neutral code names no architecture, and what an architecture's vendors share names no vendor: what is one's own has a folder.
import type { Check } from "./check.ts";
import { readText, repositoryFiles } from "./files.ts";

/** Where no architecture is named. */
const NEUTRAL = /^hypervisor\/(?:core\/.*|exports|platform)\.ts$/;
/** The same of the metal platform, where instructions and registers have more names. */
const NEUTRAL_METAL = /^platforms\/metal\/(?:[\w-]+\.ts|native\/[\w-]+\.[ch])$/;
const METAL_WORDS =
  /\b(?:cr[0234]|[gil]dt|tsc|rdtsc|invlpg|ud2|int3|rdmsr|wrmsr|rflags|nmis?|[esc]_?el[12]|ttbr\d?|vttbr|tlbi|brk|smc|hvc)\b|_(?:CR[0234]|TSC|[GIL]DT)\b/gi;
/** Registers, instructions, mechanisms and makers of x86 and Arm processors. */
const WORDS =
  /\b(?:x86|amd|intel|svm|vmx|vmcb|vmcs|x?2?apic|ioapic|xapic|msrs?|cpuid|xcr0|efer|[er]?ip|r[a-d]x|pio|ports?|sipi|hpet|arm|arm64|aarch64|gic|mpidr|el[12]|esr|psci|smmu)\b|\bIOMMU_TYPE_|_(?:RIP|MSR|PIO|APIC|GIC)\b/gi;
/** Two fields of configurations and records that carry such a name in formats that are given. */
const GIVEN = /\b(?:PIO_\w+|\w+_PIO|DENIAL_RIP|afterPio)\b/g;

/** Rooms in which something is not named, with the words and what they belong to. */
interface Rule {
  readonly files: RegExp;
  readonly words: RegExp;
  readonly given?: RegExp;
}

const RULES: readonly Rule[] = [
  { files: NEUTRAL, words: WORDS, given: GIVEN },
  // The build takes an import of ./x86/ for the folder of the architecture that it compiles for.
  { files: NEUTRAL_METAL, words: WORDS, given: /from "\.\/x86\/|\b(?:PIO_SIZE|CELL_NUM_PIO)\b/g },
  { files: NEUTRAL_METAL, words: METAL_WORDS },
  {
    // vcpu.ts is where the vendor's folder is named, for the build to choose it; stop.ts takes NMIs and saves state by two files of that folder.
    files: /^platforms\/metal\/(?:x86\/)?(?!vcpu\.ts)[\w-]+\.ts$/,
    words:
      /\b(?:svm|vmcb\w*|vm(?:run|load|save|mcall|call|launch|resume|x|cs)|stgi|clgi|gif|iopm|msrpm|asid|vpid|ept|efer_svme|amd-v|vt-x)\b/gi,
    given: /"\.\/amd\/(?:hw|registers)\.ts"/g,
  },
];

/** The lines of a file that name what has a folder of its own. */
export function namesOf(path: string, text: string): string[] {
  return RULES.filter(({ files }) => files.test(path)).flatMap(({ words, given }) =>
    text.split("\n").flatMap((line, index) => {
      const found = (given ? line.replace(given, "") : line).match(words);
      return found ? [`${path}:${index + 1} names ${found.join(", ")}`] : [];
    }),
  );
}

export const neutral: Check = {
  name: "the core names no architecture, and what vendors share no vendor",
  run: () => ({
    failures: repositoryFiles().flatMap((path) =>
      /^(?:hypervisor|platforms)\/.*\.(?:ts|c|h)$/.test(path) ? namesOf(path, readText(path)) : [],
    ),
  }),
};
