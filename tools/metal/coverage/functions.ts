// The functions of an image with the places of their instructions, and how much of each has been executed.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../inmates/toolchain.ts";
import { X86_INSTRUCTIONS } from "../verify.ts";

/** Where images are linked to. */
const BASE = 0xfffffffff0000000n;
const FUNCTION = /^[0-9a-f]+ <([^>]+)>:$/;
const INSTRUCTION = /^ *([0-9a-f]+):\t/;

/** A function: where its instructions begin, in bytes from the image's first. */
export interface ImageFunction {
  readonly name: string;
  readonly instructions: readonly number[];
}

/** Those of a disassembly by `objdump -d`. */
export function functionsIn(disassembly: string): ImageFunction[] {
  const functions: { name: string; instructions: number[] }[] = [];
  for (const line of disassembly.split("\n")) {
    const name = FUNCTION.exec(line)?.[1];
    if (name !== undefined) functions.push({ name, instructions: [] });
    const place = INSTRUCTION.exec(line)?.[1];
    if (place !== undefined)
      functions.at(-1)?.instructions.push(Number(BigInt(`0x${place}`) - BASE));
  }
  return functions;
}

/** Those of a linked image. */
export function functionsOf(elf: Uint8Array): ImageFunction[] {
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-image-"));
  try {
    const path = join(directory, "image.elf");
    writeFileSync(path, elf);
    return functionsIn(
      run(X86_INSTRUCTIONS.objdump, ["-d", "-j", ".text", "--no-show-raw-insn", path]),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const isSet = (bits: Uint8Array, at: number) => ((bits[at >> 3]! >> (at & 7)) & 1) !== 0;

/** How many instructions of a function have been executed, by the bits of an image's bytes. */
export const executed = ({ instructions }: ImageFunction, bits: Uint8Array): number =>
  instructions.filter((at) => isSet(bits, at)).length;

/** What is set in any of several. */
export function union(all: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(), ...rest] = all;
  const bits = Uint8Array.from(first);
  for (const more of rest) for (const [at, byte] of more.entries()) bits[at]! |= byte;
  return bits;
}
