// Boots a kernel on a machine that was just switched on, without firmware: it is read, checked, put into RAM, and CPU 0 put to its
// entry point. The other CPUs wait for INIT and start-up IPI, as they do after power-on.
import { REG_CR0, REG_RAX, REG_RBX, REG_RDX, REG_RIP } from "../../abi/platform.ts";
import { CR0_ET, CR0_PE } from "../../abi/x86/registers.ts";
import { isRam } from "../access.ts";
import { CS, DS, ES, FS, GS, S_GDT_BASE, S_GDT_LIMIT, SS } from "../cpu/interface.ts";
import type { Pc } from "../pc.ts";
import { refuse } from "./boot-error.ts";
import type { BootFile, Image, Segment } from "./image.ts";
import {
  CODE_SELECTOR,
  DATA_SELECTOR,
  encodeInformation,
  type Information,
  informationSize,
  type LoadedModule,
  TABLE_SIZE,
} from "./information.ts";
import { bootLinux } from "./linux.ts";
import { readLinux } from "./linux-image.ts";
import { LOWER_END, MIB, memoryMap } from "./memory-map.ts";
import { findHeader, readMultiboot } from "./multiboot.ts";
import { Places } from "./places.ts";

export type { BootFile } from "./image.ts";

/** What is booted. */
export interface Kernel {
  readonly image: BootFile;
  /** In the order in which the kernel gets them; those of Linux are its initrd. */
  readonly modules?: readonly BootFile[];
  /** What follows the kernel's name on the command line; of Linux, the command line. */
  readonly commandLine?: string;
}

const PAGE = 0x1000;
/** Where what is told to the kernel lies, if there is room: in conventional memory, above what real mode has at its start. */
const INFORMATION = 0x9000;
const ALIGNMENT = 8;
/** What EAX says at the entry (section 3.2). */
const BOOT_MAGIC = 0x2badb002;
/** Attributes: 32-bit code that can be read, and data that can be written; accessed, page granularity. */
const ATTRIBUTES_CODE = 0xc9b;
const ATTRIBUTES_DATA = 0xc93;
const LIMIT = 0xffffffff;

/** Reads a multiboot kernel. Throws `bad-kernel`. */
function readKernel(file: BootFile): Image {
  const header = findHeader(file);
  if (header === undefined)
    refuse(
      `${file.name} is no kernel of a format that is taken`,
      "Taken are Linux for x86-64 (bzImage, vmlinux) and multiboot version 1 kernels: a header in the first 8192 bytes of an ELF file (32 or 64 bits), or with addresses of its own.",
    );
  const image = readMultiboot(file, header);
  if (!image.segments.some(({ size }) => size > 0)) refuse(`${file.name} loads nothing`);
  if (!image.segments.some(({ address, size }) => isWithin(image.entry, address, size)))
    refuse(`${file.name} starts at ${hex(image.entry)}, where nothing of it is loaded`);
  return image;
}

const hex = (value: number) => `0x${value.toString(16)}`;

function isWithin(address: number, first: number, size: number): boolean {
  return address >= first && address < first + size;
}

function checkSegment(pc: Pc, file: BootFile, { address, size }: Segment): void {
  if (isRam(pc.options.memory, address, size)) return;
  const range = `${hex(address)}-${hex(address + size - 1)}`;
  refuse(
    `${file.name} wants to lie at ${range}, where there is no RAM`,
    `RAM is at 0-0x9ffff and 0xc0000-${hex(pc.options.memory - 1)}.`,
  );
}

/** Puts modules into RAM from 1 MiB on, each at a page of its own. */
function loadModules(pc: Pc, modules: readonly BootFile[], places: Places): LoadedModule[] {
  return modules.map(({ name, data }) => {
    const start = places.take(data.length, PAGE, MIB);
    if (start === undefined)
      return refuse(`there is no room in RAM for ${name} (${data.length} bytes)`, MORE_MEMORY);
    pc.writeRam(start, data);
    return { start, end: start + data.length, text: name };
  });
}

const MORE_MEMORY = "Give the machine more memory.";

function checkSegments(pc: Pc, file: BootFile, segments: readonly Segment[]): void {
  let end = 0;
  for (const segment of [...segments].sort((a, b) => a.address - b.address)) {
    checkSegment(pc, file, segment);
    if (segment.address < end) refuse(`${file.name} has segments that overlap`);
    end = segment.address + segment.size;
  }
}

function loadImage(pc: Pc, file: BootFile, image: Image, places: Places): void {
  checkSegments(pc, file, image.segments);
  for (const { address, bytes, size } of image.segments) {
    pc.writeRam(address, bytes);
    pc.ram.fill(0, address + bytes.length, address + size);
    places.occupy(address, size);
  }
}

/** Boots a kernel. Throws `bad-kernel`, and then the machine is of no use. */
export function bootKernel(pc: Pc, kernel: Kernel): void {
  const { image: file, modules = [], commandLine = "" } = kernel;
  const linux = findHeader(file) === undefined ? readLinux(file) : undefined;
  if (linux) bootLinux(pc, file, linux, modules, commandLine);
  else bootMultiboot(pc, kernel);
}

function bootMultiboot(pc: Pc, { image: file, modules = [], commandLine = "" }: Kernel): void {
  const { memory } = pc.options;
  const image = readKernel(file);
  const places = new Places(memory);
  places.occupy(0, PAGE);
  places.occupy(LOWER_END, MIB - LOWER_END);
  loadImage(pc, file, image, places);
  const information: Information = {
    commandLine: commandLine === "" ? file.name : `${file.name} ${commandLine}`,
    modules: loadModules(pc, modules, places),
    lower: Math.min(memory, LOWER_END),
    upper: Math.max(memory - MIB, 0),
    map: memoryMap(memory),
  };
  const base = places.take(informationSize(information), ALIGNMENT, INFORMATION);
  if (base === undefined)
    refuse("there is no room in RAM for what the kernel is told", MORE_MEMORY);
  pc.writeRam(base, encodeInformation(information, base));
  enter(pc, image.entry, base);
}

/** The state at the entry point (section 3.2). */
function enter(pc: Pc, entry: number, base: number): void {
  const processor = pc.processors[0]!;
  processor.setNumber(S_GDT_BASE, base);
  processor.setWord(S_GDT_LIMIT, TABLE_SIZE - 1);
  processor.set(REG_CR0, BigInt(CR0_PE | CR0_ET));
  const flat = { limit: LIMIT, base: 0n };
  for (const segment of [ES, SS, DS, FS, GS])
    processor.setSegment(segment, {
      ...flat,
      selector: DATA_SELECTOR,
      attributes: ATTRIBUTES_DATA,
    });
  processor.setSegment(CS, { ...flat, selector: CODE_SELECTOR, attributes: ATTRIBUTES_CODE });
  processor.set(REG_RDX, 0n);
  processor.set(REG_RAX, BigInt(BOOT_MAGIC));
  processor.set(REG_RBX, BigInt(base + TABLE_SIZE));
  processor.set(REG_RIP, BigInt(entry));
}
