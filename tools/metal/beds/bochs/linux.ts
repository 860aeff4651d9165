// What a boot loader would have put into memory for Linux (its x86 boot protocol, "64-bit boot protocol"); boot_params get the
// memory map in the machine itself (enter.S).

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "../../kernel.ts";
import { assemble, type Boot } from "./boot-disk.ts";
import { readKernel, unpackKernel } from "./vmlinux.ts";

/** Free memory below 640 KiB that boot.S does not use. */
const PARAMS = 0x20000;
const COMMAND_LINE = 0x21000;
const ENTER = 0x30000;
/** Offsets of boot_params. */
const FIELD = {
  setup: 0x1f1,
  setupLength: 0x201,
  setupBase: 0x202,
  loader: 0x210,
  entry: 0x214,
  initramfs: 0x218,
  initramfsSize: 0x21c,
  commandLine: 0x228,
};
const PARAMS_SIZE = 4096;
/** "Undefined loader". */
const LOADER = 0xff;
/** Of the initramfs: Linux frees it by pages. */
const ALIGNMENT = 1 << 21;

/** The ELF image of a bzImage, kept in the cache. */
function unpacked(image: Buffer, say: (text: string) => void): Buffer {
  const digest = createHash("sha256").update(image).digest("hex").slice(0, 16);
  const path = join(CACHE, `vmlinux-${digest}`);
  if (existsSync(path)) return readFileSync(path);
  say("Unpacking the kernel …");
  const elf = unpackKernel(image);
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, elf);
  renameSync(`${path}.${process.pid}`, path);
  return elf;
}

function params(image: Buffer, entry: number, initramfs: { at: number; size: number }): Buffer {
  const result = Buffer.alloc(PARAMS_SIZE);
  const end = FIELD.setupBase + image[FIELD.setupLength]!;
  image.copy(result, FIELD.setup, FIELD.setup, end);
  result[FIELD.loader] = LOADER;
  result.writeUInt32LE(entry, FIELD.entry);
  result.writeUInt32LE(initramfs.at, FIELD.initramfs);
  result.writeUInt32LE(initramfs.size, FIELD.initramfsSize);
  result.writeUInt32LE(COMMAND_LINE, FIELD.commandLine);
  return result;
}

/** A kernel (a bzImage), its first file system, and its options. */
export function linux(
  image: Buffer,
  initramfs: Buffer,
  options: readonly string[],
  say: (text: string) => void,
): Boot {
  const kernel = readKernel(unpacked(image, say));
  const at = Math.ceil(kernel.end / ALIGNMENT) * ALIGNMENT;
  return {
    extents: [
      { address: PARAMS, data: params(image, kernel.entry, { at, size: initramfs.length }) },
      { address: COMMAND_LINE, data: Buffer.from(`${options.join(" ")}\0`, "latin1") },
      { address: ENTER, data: assemble("enter.S", ENTER) },
      ...kernel.extents,
      { address: at, data: initramfs },
    ],
    entry: ENTER,
    argument: PARAMS,
  };
}
