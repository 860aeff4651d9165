// A kernel's ELF image, taken out of the bzImage: to unpack it in the emulator would take minutes.

import { execFileSync } from "node:child_process";
import type { Extent } from "./boot-disk.ts";

/** Of the setup header (Linux' x86 boot protocol). */
const SETUP_SECTORS = 0x1f1;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const SECTOR = 512;
/** Behind what is compressed stands the size of what was. */
const SIZE_FIELD = 4;
/** What unpacks what begins with these bytes. */
const PROGRAMS: readonly (readonly [magic: string, program: string])[] = [
  ["fd377a585a00", "xz"],
  ["1f8b", "gzip"],
  ["28b52ffd", "zstd"],
];
const MOST = 1 << 28;

/** ELF64 (System V ABI): the header's fields, those of a program header, and the type of what is loaded. */
const ELF = { magic: 0x464c457f, entry: 24, programs: 32, programSize: 54, programCount: 56 };
const PROGRAM = { offset: 8, physical: 24, fileSize: 32, memorySize: 40 };
const LOAD = 1;

/** What is loaded where, the entry's physical address, and the first address behind all of it. */
export interface Kernel {
  readonly extents: readonly Extent[];
  readonly entry: number;
  readonly end: number;
}

/** The ELF image in a bzImage. Throws when it was compressed in a way that is not known, or its program fails. */
export function unpackKernel(image: Buffer): Buffer {
  const start = (image[SETUP_SECTORS]! + 1) * SECTOR + image.readUInt32LE(PAYLOAD_OFFSET);
  const length = image.readUInt32LE(PAYLOAD_LENGTH);
  const payload = image.subarray(start, start + length - SIZE_FIELD);
  const found = PROGRAMS.find(([magic]) => payload.toString("hex", 0, magic.length / 2) === magic);
  if (!found) throw new Error("the kernel is compressed in an unknown way");
  return execFileSync(found[1], ["-dc"], { input: payload, maxBuffer: MOST });
}

/** Without the zeros at its end: so is memory that nobody has written to. */
function trimmed(data: Buffer): Buffer {
  let end = data.length;
  while (end > 0 && data[end - 1] === 0) end--;
  return data.subarray(0, end);
}

/** Where an ELF image's parts go, in memory that is zero. Throws when it is none. */
export function readKernel(elf: Buffer): Kernel {
  if (elf.readUInt32LE(0) !== ELF.magic) throw new Error("the kernel is no ELF image");
  const extents: Extent[] = [];
  let end = 0;
  for (let index = 0; index < elf.readUInt16LE(ELF.programCount); index++) {
    const at =
      Number(elf.readBigUInt64LE(ELF.programs)) + index * elf.readUInt16LE(ELF.programSize);
    const field = (offset: number) => Number(elf.readBigUInt64LE(at + offset));
    if (elf.readUInt32LE(at) !== LOAD) continue;
    const offset = field(PROGRAM.offset);
    const address = field(PROGRAM.physical);
    const data = trimmed(elf.subarray(offset, offset + field(PROGRAM.fileSize)));
    extents.push({ address, data });
    end = Math.max(end, address + field(PROGRAM.memorySize));
  }
  return { extents, entry: Number(elf.readBigUInt64LE(ELF.entry)), end };
}
