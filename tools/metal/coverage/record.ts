// Notes which bytes of the hypervisor's image a PC executes, where JAILHOUSE_IMAGE_COVERAGE names a directory for that.

import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pc } from "../../../machine/pc.ts";
import { union } from "./functions.ts";

/** The variable. */
export const COVERAGE = "JAILHOUSE_IMAGE_COVERAGE";
/** Where the configurations of the PC's beds put the hypervisor (configs/x86/pc-x86.ts), and more than the code of an image. */
const FIRST = 0x3a000000n;
const SIZE = 0x20000;
const BITS_PER_BYTE = 8;

/** The bits of one machine, from now on; a bit for each byte of the image. */
export function watchImage(pc: Pc): Uint8Array {
  const at = pc.exports.watchCode(FIRST, SIZE);
  return new Uint8Array(pc.memory.buffer, at, SIZE / BITS_PER_BYTE);
}

/** Watches a machine where the variable is set; what it returns writes what has been executed so far, and may be called again. */
export function recordImage(pc: Pc): () => void {
  const directory = process.env[COVERAGE];
  if (directory === undefined) return () => {};
  const bits = watchImage(pc);
  const file = join(directory, randomUUID());
  let written = Buffer.alloc(bits.length);
  return () => {
    const all = union([bits, written]);
    if (written.equals(all)) return;
    writeFileSync(file, all);
    written = Buffer.from(all);
  };
}
