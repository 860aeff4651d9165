// Boots Linux by the 64-bit boot protocol (Documentation/arch/x86/boot.rst, "64-bit Boot Protocol"): kernel and initrd in RAM, a zero
// page with memory map and command line, pages that map what they are, a flat descriptor table.
import {
  REG_CR0,
  REG_CR3,
  REG_CR4,
  REG_EFER,
  REG_RIP,
  REG_RSI,
  REG_RSP,
} from "../../abi/platform.ts";
import {
  CR0_ET,
  CR0_NE,
  CR0_PE,
  CR0_PG,
  CR4_PAE,
  EFER_LMA,
  EFER_LME,
} from "../../abi/x86/registers.ts";
import { CS, DS, ES, FS, GS, S_GDT_BASE, S_GDT_LIMIT, SS } from "../cpu/interface.ts";
import { E820_RAM, type E820Entry, type Firmware, firmwareTables } from "../firmware/firmware.ts";
import { leaveFirmwareState } from "../firmware/state.ts";
import type { Pc } from "../pc.ts";
import { refuse } from "./boot-error.ts";
import type { BootFile } from "./image.ts";
import { type LinuxImage, SETUP_SECTS } from "./linux-image.ts";
import { LOWER_END, MIB } from "./memory-map.ts";

// The zero page (Documentation/arch/x86/zero-page.rst).
const ACPI_RSDP_ADDR = 0x70;
const E820_ENTRIES = 0x1e8;
const E820_TABLE = 0x2d0;
const E820_ENTRY = 20;
const TYPE_OF_LOADER = 0x210;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const EXT_LOADER_VER = 0x226;
const EXT_LOADER_TYPE = 0x227;
const CMD_LINE_PTR = 0x228;
/** A boot loader without a number of its own; the extended type counts only with others. */
const LOADER_UNDEFINED = 0xff;

const PAGE = 0x1000;
/** An initrd behind another one begins at a multiple of this (early-userspace/buffer-format.rst). */
const INITRD_ALIGNMENT = 4;

// Conventional memory while the kernel begins; it has copied or left what it wants of it before it uses that memory.
const PAGE_TABLES = 0x10000;
const ZERO_PAGE = 0x17000;
const DESCRIPTORS = 0x18000;
const STACK_END = 0x19000;
const COMMAND_LINE = 0x19000;

/** Nothing, nothing, 64-bit code at 0x10, data at 0x18, as the protocol wants them. */
const DESCRIPTOR_TABLE = [0n, 0n, 0x00af9b000000ffffn, 0x00cf93000000ffffn];
const CODE_SELECTOR = 0x10;
const DATA_SELECTOR = 0x18;
const ATTRIBUTES_CODE = 0xa9b;
const ATTRIBUTES_DATA = 0xc93;
const LIMIT = 0xffffffff;

/** What is mapped, and by what: 4 GiB in pages of 2 MiB. */
const TABLES = 4;
const ENTRIES = 512;
const LARGE_PAGE = 0x200000n;
const PRESENT_WRITABLE = 0x3n;
const PAGE_SIZE_BIT = 0x80n;

const MORE_MEMORY = "Give the machine more memory.";
const hex = (value: number) => `0x${value.toString(16)}`;

/** End of the RAM at 1 MiB that belongs to the kernel. */
function ramEnd(map: readonly E820Entry[]): number {
  const range = map.find(({ first, type }) => first === MIB && type === E820_RAM);
  return range ? range.first + range.size : 0;
}

function loadKernel(pc: Pc, file: BootFile, image: LinuxImage, end: number): void {
  if (image.first + image.size > end)
    refuse(
      `${file.name} needs RAM at ${hex(image.first)}-${hex(image.first + image.size - 1)}, and there is RAM up to ${hex(end - 1)}`,
      MORE_MEMORY,
    );
  const { segments, entry } = image;
  let last = 0;
  for (const { address, size } of [...segments].sort((a, b) => a.address - b.address)) {
    if (address < last) refuse(`${file.name} has segments that overlap`);
    last = address + size;
  }
  if (!segments.some(({ address, size }) => entry >= address && entry < address + size))
    refuse(`${file.name} starts at ${hex(entry)}, where nothing of it is loaded`);
  for (const { address, bytes, size } of segments) {
    pc.writeRam(address, bytes);
    pc.ram.fill(0, address + bytes.length, address + size);
  }
}

/** All initrds in one piece, as high as may be. */
function loadInitrd(
  pc: Pc,
  files: readonly BootFile[],
  image: LinuxImage,
  end: number,
): { start: number; size: number } {
  const offsets: number[] = [];
  let size = 0;
  for (const { data } of files) {
    offsets.push(Math.ceil(size / INITRD_ALIGNMENT) * INITRD_ALIGNMENT);
    size = offsets.at(-1)! + data.length;
  }
  if (size === 0) return { start: 0, size };
  const limit = Math.min(end, image.initrdMax + 1);
  const start = Math.floor((limit - size) / PAGE) * PAGE;
  if (start < image.first + image.size) {
    const names = files.map(({ name }) => name).join(", ");
    refuse(`there is no room in RAM for ${names} (${size} bytes)`, MORE_MEMORY);
  }
  pc.ram.fill(0, start, start + size);
  for (const [index, { data }] of files.entries()) pc.writeRam(start + offsets[index]!, data);
  return { start, size };
}

function loadCommandLine(pc: Pc, file: BootFile, image: LinuxImage, text: string): void {
  const bytes = new TextEncoder().encode(text.split("\0", 1)[0]);
  const most = Math.min(image.commandLineMax, LOWER_END - COMMAND_LINE - 1);
  if (bytes.length > most)
    refuse(
      `the command line has ${bytes.length} bytes, and ${file.name} takes ${most}`,
      "Shorten what is appended.",
    );
  pc.writeRam(COMMAND_LINE, Uint8Array.from([...bytes, 0]));
}

function zeroPage(
  image: LinuxImage,
  { memoryMap, rsdp }: Firmware,
  initrd: { start: number; size: number },
): Uint8Array {
  const page = new Uint8Array(PAGE);
  const view = new DataView(page.buffer);
  page.set(image.header, SETUP_SECTS);
  view.setUint8(TYPE_OF_LOADER, LOADER_UNDEFINED);
  view.setUint8(EXT_LOADER_VER, 0);
  view.setUint8(EXT_LOADER_TYPE, 0);
  view.setUint32(RAMDISK_IMAGE, initrd.start, true);
  view.setUint32(RAMDISK_SIZE, initrd.size, true);
  view.setUint32(CMD_LINE_PTR, COMMAND_LINE, true);
  view.setBigUint64(ACPI_RSDP_ADDR, BigInt(rsdp), true);
  view.setUint8(E820_ENTRIES, memoryMap.length);
  for (const [index, { first, size, type }] of memoryMap.entries()) {
    const at = E820_TABLE + index * E820_ENTRY;
    view.setBigUint64(at, BigInt(first), true);
    view.setBigUint64(at + 8, BigInt(size), true);
    view.setUint32(at + 16, type, true);
  }
  return page;
}

const quads = (values: readonly bigint[]) => new Uint8Array(BigUint64Array.from(values).buffer);

/** A table of pages that map the first 4 GiB to themselves: PML4, PDPT, page directories. */
function pageTables(): Uint8Array {
  const at = (page: number) => BigInt(PAGE_TABLES + page * PAGE);
  const tables = new BigUint64Array((2 + TABLES) * ENTRIES);
  tables[0] = at(1) | PRESENT_WRITABLE;
  for (let table = 0; table < TABLES; table++)
    tables[ENTRIES + table] = at(2 + table) | PRESENT_WRITABLE;
  for (let index = 0; index < TABLES * ENTRIES; index++)
    tables[2 * ENTRIES + index] = (BigInt(index) * LARGE_PAGE) | PAGE_SIZE_BIT | PRESENT_WRITABLE;
  return new Uint8Array(tables.buffer);
}

/** Boots a Linux kernel on a machine that was just switched on. Throws `bad-kernel`, and then the machine is of no use. */
export function bootLinux(
  pc: Pc,
  file: BootFile,
  image: LinuxImage,
  initrds: readonly BootFile[],
  commandLine: string,
): void {
  const firmware = firmwareTables(pc.options);
  const end = ramEnd(firmware.memoryMap);
  loadKernel(pc, file, image, end);
  const initrd = loadInitrd(pc, initrds, image, end);
  loadCommandLine(pc, file, image, commandLine);
  pc.writeRam(ZERO_PAGE, zeroPage(image, firmware, initrd));
  pc.writeRam(PAGE_TABLES, pageTables());
  pc.writeRam(DESCRIPTORS, quads(DESCRIPTOR_TABLE));
  for (const { address, bytes } of firmware.pieces) pc.writeRam(address, bytes);
  leaveFirmwareState(pc);
  enter(pc, image.entry);
}

function enter(pc: Pc, entry: number): void {
  const processor = pc.processors[0]!;
  processor.setNumber(S_GDT_BASE, DESCRIPTORS);
  processor.setWord(S_GDT_LIMIT, DESCRIPTOR_TABLE.length * 8 - 1);
  const flat = { limit: LIMIT, base: 0n };
  for (const segment of [ES, SS, DS, FS, GS])
    processor.setSegment(segment, {
      ...{ ...flat, selector: DATA_SELECTOR, attributes: ATTRIBUTES_DATA },
    });
  processor.setSegment(CS, { ...flat, selector: CODE_SELECTOR, attributes: ATTRIBUTES_CODE });
  processor.set(REG_CR3, BigInt(PAGE_TABLES));
  processor.set(REG_CR4, BigInt(CR4_PAE));
  processor.set(REG_EFER, BigInt(EFER_LME | EFER_LMA));
  processor.set(REG_CR0, BigInt(CR0_PG | CR0_NE | CR0_ET | CR0_PE) & BigInt(LIMIT));
  processor.set(REG_RSI, BigInt(ZERO_PAGE));
  processor.set(REG_RSP, BigInt(STACK_END));
  processor.set(REG_RIP, BigInt(entry));
}
