// What a user has in a project of his own, and what the README tells him to do there.
import { blocksOf, endless, itemsOf } from "../pages/blocks.ts";

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

/** A test of the cell and the inmate above, built. */
export const SCENARIO = `import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadConfig, shipped } from "jailhouse-ts/config";
import { startSession } from "jailhouse-ts/session";

const system = await loadConfig(shipped("configs/qemu-x86.cell"));
const cell = await loadConfig("my-cell.ts");

async function started() {
  const machine = await startSession();
  await machine.enable(system.bytes);
  await machine.createCell(cell.bytes);
  await machine.loadCell("my-cell", [{ data: readFileSync("my.bin"), address: 0xf0000n }]);
  await machine.startCell("my-cell");
  return machine;
}

test("it greets, and tells the time twice a second", async () => {
  const machine = await started();
  await machine.serial(1).waitFor(/Hello from my cell!/);
  const before = await machine.time();
  await machine.serial(1).waitFor(/(It is \\d+ ns later\\r?\\n){3}/);
  expect((await machine.time()) - before).toBeLessThan(2e9);
  await machine.close();
});

test("it goes without being asked, and its CPU is the root cell's again", async () => {
  const machine = await started();
  await machine.destroyCell("my-cell");
  expect((await machine.cells()).map(({ name }) => name)).toEqual(["QEMU-VM"]);
  await machine.disable();
  await machine.close();
});
`;

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

/** The README's commands from "By hand" on, in their order, and how each has to end: a comment says which is refused. */
export function articleOf(page: string): { line: string; status: number }[] {
  return blocksOf(page)
    .filter(({ language }) => language === "sh")
    .flatMap(itemsOf)
    .filter(({ text }) => text.startsWith("jailhouse "))
    .map(({ text, comment }) => ({
      line: endless(text),
      status: comment.startsWith("refused") ? 1 : 0,
    }));
}
