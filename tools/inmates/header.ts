// The numbers of abi/ and of the inmates' memory layout as a C header, for the start-up and the linker script.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The files whose numbers C and assembly see; all lines have the form of abi/. */
const SOURCES = [
  "abi/comm.ts",
  "abi/x86/apic.ts",
  "abi/x86/msr.ts",
  "abi/x86/registers.ts",
  "inmates/lib/layout.ts",
] as const;

const CONSTANT = /^export const (\w+): u32 = (0x[0-9a-f]+|\d+);$/gm;

/** The named numbers of one source text. */
export function constantsOf(text: string): Map<string, number> {
  const found = [...text.matchAll(CONSTANT)].map(([, name, value]): [string, number] => [
    name!,
    Number(value),
  ]);
  return new Map(found);
}

/** All numbers that the start-up uses. `root`: the clone's directory. */
export function readConstants(root: string): Map<string, number> {
  return new Map(
    SOURCES.flatMap((path) => [...constantsOf(readFileSync(join(root, path), "utf8"))]),
  );
}

/** The header's text. */
export function headerOf(constants: Map<string, number>): string {
  const lines = [...constants].map(([name, value]) => `#define ${name} 0x${value.toString(16)}`);
  return `#ifndef ABI_H_\n#define ABI_H_\n${lines.join("\n")}\n#endif\n`;
}
