// What a multiboot loader would have put into memory (Multiboot Specification 0.6.96, 3.1 and 3.3), for the kernels that we have:
// with addresses in the header, and for no more than modules and a command line.

import type { Boot, Extent } from "./boot-disk.ts";

const MAGIC = 0x1badb002;
/** Of the header, in 32-bit words: header_addr, bss_end_addr, entry_addr. */
const HEADER = { at: 3, bssEnd: 6, entry: 7 };
/** Of the information: flags with their bits, then, by offset, what they announce. */
const INFO = { commandLine: 16, moduleCount: 20, modules: 24, size: 88 };
const FLAGS = 0x04 | 0x08;
const MODULE_SIZE = 16;
/** Where the information goes: below the kernel, above what boot.S uses. */
const INFO_ADDRESS = 0x20000;
const PAGE = 4096;

const pageUp = (address: number) => Math.ceil(address / PAGE) * PAGE;

/** Where a kernel goes: the words of its header, which is somewhere in its first 8 KiB. */
function readHeader(kernel: Buffer) {
  const found = kernel.indexOf(Buffer.from(Uint32Array.of(MAGIC).buffer));
  if (found < 0 || found % 4 !== 0 || found >= 2 * PAGE) throw new Error("not a multiboot kernel");
  const word = (index: number) => kernel.readUInt32LE(found + index * 4);
  // All of the file is loaded, as of our kernels all is.
  const start = word(HEADER.at) - found;
  return { start, end: word(HEADER.bssEnd), entry: word(HEADER.entry) };
}

/** The information: command line, modules by their places. */
function information(commandLine: string, modules: readonly Extent[]): Buffer {
  const list = INFO.size;
  const text = list + modules.length * MODULE_SIZE;
  const info = Buffer.alloc(text + commandLine.length + 1);
  info.writeUInt32LE(FLAGS);
  info.writeUInt32LE(INFO_ADDRESS + text, INFO.commandLine);
  info.writeUInt32LE(modules.length, INFO.moduleCount);
  info.writeUInt32LE(INFO_ADDRESS + list, INFO.modules);
  modules.forEach(({ address, data }, index) => {
    info.writeUInt32LE(address, list + index * MODULE_SIZE);
    info.writeUInt32LE(address + data.length, list + index * MODULE_SIZE + 4);
  });
  info.write(commandLine, text, "latin1");
  return info;
}

/** A kernel, zeroed behind its data, and its modules, a page's bound each. */
export function multiboot(
  kernel: Buffer,
  modules: readonly Uint8Array[],
  commandLine: string,
): Boot {
  const { start, end, entry } = readHeader(kernel);
  const image = Buffer.alloc(Math.max(end - start, kernel.length));
  image.set(kernel);
  let free = pageUp(start + image.length);
  const placed = modules.map((data) => {
    const address = free;
    free = pageUp(address + data.length);
    return { address, data };
  });
  const info = { address: INFO_ADDRESS, data: information(commandLine, placed) };
  return {
    extents: [{ address: start, data: image }, info, ...placed],
    entry,
    argument: INFO_ADDRESS,
  };
}
