// What a user has in a project of his own, and what the README tells him to do there.

export const CELL = `import { commRegion, defineCell, lowRam, MiB, uart } from "jailhouse-ts/config";

export default defineCell({
  name: "my-cell",
  cpus: [2],
  flags: ["passive-commreg", "virtual-console-permitted"],
  memory: [lowRam({ physical: 0x3ee00000, size: MiB(1) }), commRegion()],
  devices: [uart("COM2")],
  console: "COM2",
});
`;

/** An inmate of two files, which uses what the dialect has beside TypeScript. */
export const INMATE = {
  main: `import {
  CELL_SHUT_DOWN,
  MSG_NONE,
  pendingMessage,
  print,
  println,
  readPmTimer,
  setCellState,
  sleepUs,
} from "jailhouse-ts/inmate";
import { LABEL } from "./label.ts";

const PERIOD_US: u64 = 500000;
const COUNTS: usize = memory.data(64);

export function main(): void {
  println("Hello from my cell!");
  for (let i: u32 = 0; pendingMessage() == MSG_NONE; i++) {
    store<u32>(COUNTS, load<u32>(COUNTS) + i);
    print("It is ").unsigned(readPmTimer()).text(LABEL).line();
    sleepUs(PERIOD_US);
  }
  setCellState(CELL_SHUT_DOWN);
}
`,
  label: 'export const LABEL: string = " ns later";\n',
};

/** What an editor and tsc are told, of all three kinds of files. */
export const TSCONFIG = {
  compilerOptions: {
    module: "nodenext",
    target: "es2023",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ["node"],
  },
};

/** The TypeScript block of a page that has this word in it. */
export function blockWith(page: string, word: string): string {
  const blocks = [...page.matchAll(/^```ts[^\n]*\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);
  const found = blocks.filter((text) => text.includes(word));
  if (found.length !== 1) throw new Error(`${found.length} blocks have ${word} in them`);
  return found[0]!;
}

/** Commands that a person ends, as they end by themselves. */
const BY_THEMSELVES = [
  [/^(jailhouse serial \d) -f/, "$1"],
  [/^(jailhouse cell stat \S+)/, "$1 --count 1"],
] as const;

/** The README's commands from "By hand" on, in their order, and how each has to end: a comment says which is refused. */
export function articleOf(page: string): { line: string; status: number }[] {
  const section = page.slice(page.indexOf("\n## By hand"), page.indexOf("\n## A test of your own"));
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    .flatMap(([, block = ""]) => block.split("\n"))
    .filter((line) => line.startsWith("jailhouse "))
    .map((line) => ({
      line: BY_THEMSELVES.reduce((text, [from, to]) => text.replace(from, to), line),
      status: /# refused/.test(line) ? 1 : 0,
    }));
}
