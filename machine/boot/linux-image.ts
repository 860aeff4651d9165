// Linux kernels for the 64-bit boot protocol (Documentation/arch/x86/boot.rst in the kernel's sources): a bzImage, whose setup header
// says what it needs, and a vmlinux, which has none and is entered at the same place by the same rules.
import { refuse } from "./boot-error.ts";
import { isElf, readElf } from "./elf.ts";
import { type BootFile, Fields, type Segment } from "./image.ts";

// "The Real-Mode Kernel Header": offsets in the file, and in the zero page as well.
export const SETUP_SECTS = 0x1f1;
const SYSSIZE = 0x1f4;
export const BOOT_FLAG = 0x1fe;
/** The operand of the jump here is where the header ends, counted from the next field on. */
const JUMP_LENGTH = 0x201;
export const HEADER_MAGIC = 0x202;
export const VERSION = 0x206;
export const LOADFLAGS = 0x211;
const INITRD_ADDR_MAX = 0x22c;
export const KERNEL_ALIGNMENT = 0x230;
const RELOCATABLE_KERNEL = 0x234;
const XLOADFLAGS = 0x236;
export const CMDLINE_SIZE = 0x238;
const PREF_ADDRESS = 0x258;
const INIT_SIZE = 0x260;

export const BOOT_FLAG_VALUE = 0xaa55;
/** "HdrS". */
export const MAGIC = 0x53726448;
/** Protocol 2.12, the first whose kernels say whether they can be entered in 64-bit mode. */
export const VERSION_64 = 0x20c;
/** loadflags: the protected-mode code goes to 1 MiB or above. */
export const LOADED_HIGH = 0x1;
/** xloadflags: there is a 64-bit entry point. */
const KERNEL_64 = 0x1;
/** Where that is, from the start of the protected-mode code. */
const ENTRY_64 = 0x200;
const SECTOR = 512;
/** What setup_sects means by 0. */
const DEFAULT_SETUP_SECTS = 4;
/** Bytes that syssize counts. */
const PARAGRAPH = 16;
const MIB = 0x100000;

// What a vmlinux would say if it had a header: COMMAND_LINE_SIZE, CONFIG_PHYSICAL_ALIGN, and the protocol's default for initrds.
const VMLINUX_ALIGNMENT = 0x1000000;
const VMLINUX_CMDLINE = 2047;
const VMLINUX_INITRD_MAX = 0x7fffffff;
/** How every Linux names itself (linux_banner). */
const BANNER = new TextEncoder().encode("Linux version ");

/** A Linux kernel that is understood; whether it fits the RAM is not known yet. */
export interface LinuxImage {
  /** What the zero page begins with at SETUP_SECTS. */
  readonly header: Uint8Array;
  readonly segments: readonly Segment[];
  /** What it needs until it knows the memory map: first physical address, and bytes. */
  readonly first: number;
  readonly size: number;
  /** Physical address of the 64-bit entry point. */
  readonly entry: number;
  /** Last address that an initrd may have. */
  readonly initrdMax: number;
  /** Characters that a command line may have. */
  readonly commandLineMax: number;
}

/** Whether a file says that it is a bzImage. */
function isBzImage({ data }: BootFile): boolean {
  if (data.length < HEADER_MAGIC + 4) return false;
  return new DataView(data.buffer, data.byteOffset).getUint32(HEADER_MAGIC, true) === MAGIC;
}

/** Reads a Linux kernel; undefined for a file that is none. Throws `bad-kernel` for one that is damaged or cannot be booted. */
export function readLinux(file: BootFile): LinuxImage | undefined {
  if (isBzImage(file)) return readBzImage(file);
  return isElf(file) && hasBanner(file.data) ? readVmlinux(file) : undefined;
}

function hasBanner(data: Uint8Array): boolean {
  let at = data.indexOf(BANNER[0]!);
  while (at >= 0) {
    if (BANNER.every((byte, index) => data[at + index] === byte)) return true;
    at = data.indexOf(BANNER[0]!, at + 1);
  }
  return false;
}

function checkProtocol(file: BootFile, fields: Fields): void {
  const what = "the setup header";
  if (fields.u16(BOOT_FLAG, what) !== BOOT_FLAG_VALUE)
    refuse(`${file.name}: its setup header has no boot flag`);
  const version = fields.u16(VERSION, what);
  if (version < VERSION_64)
    refuse(
      `${file.name} is a kernel of boot protocol ${version >> 8}.${version & 0xff}`,
      "Taken are 2.12 and later (Linux 3.8).",
    );
  if (!(fields.u8(LOADFLAGS, what) & LOADED_HIGH))
    refuse(`${file.name} is a zImage, which is loaded below 1 MiB`, "Build a bzImage.");
  if (!(fields.u16(XLOADFLAGS, what) & KERNEL_64))
    refuse(
      `${file.name} is a 32-bit kernel: it has no 64-bit entry point`,
      "Taken are kernels for x86-64.",
    );
}

/** Where the protected-mode code goes: where the kernel prefers to be. */
function placeOf(file: BootFile, fields: Fields): number {
  const what = "the setup header";
  const preferred = fields.u64(PREF_ADDRESS, what);
  const alignment = fields.u32(KERNEL_ALIGNMENT, what);
  const isRelocatable = fields.u8(RELOCATABLE_KERNEL, what) !== 0;
  if (isRelocatable && (alignment === 0 || (alignment & (alignment - 1)) !== 0))
    refuse(`${file.name}: its setup header asks for an alignment of ${alignment}`);
  const place = isRelocatable ? Math.ceil(preferred / alignment) * alignment : preferred;
  if (place < MIB)
    refuse(`${file.name} wants to lie at 0x${place.toString(16)}, below 1 MiB, as no bzImage does`);
  return place;
}

function readBzImage(file: BootFile): LinuxImage {
  const fields = new Fields(file);
  const what = "the setup header";
  checkProtocol(file, fields);
  const end = HEADER_MAGIC + fields.u8(JUMP_LENGTH, what);
  if (end < INIT_SIZE + 4) refuse(`${file.name}: its setup header ends too early`);
  const header = fields.bytes(SETUP_SECTS, end - SETUP_SECTS, what).slice();
  const start = ((fields.u8(SETUP_SECTS, what) || DEFAULT_SETUP_SECTS) + 1) * SECTOR;
  // The last paragraph need not be complete.
  const most = fields.u32(SYSSIZE, what) * PARAGRAPH;
  const rest = file.data.length - start;
  const size = rest < most && rest > most - PARAGRAPH ? rest : most;
  if (size <= ENTRY_64) refuse(`${file.name} has no code beyond its setup`);
  const bytes = fields.bytes(start, size, "the protected-mode code");
  const first = placeOf(file, fields);
  const needed = fields.u32(INIT_SIZE, what);
  if (needed < size)
    refuse(`${file.name}: its setup header asks for less memory (init_size) than it fills`);
  return {
    ...{ header, first, size: needed, entry: first + ENTRY_64 },
    segments: [{ address: first, bytes, size }],
    initrdMax: fields.u32(INITRD_ADDR_MAX, what),
    commandLineMax: fields.u32(CMDLINE_SIZE, what),
  };
}

/** The header that a vmlinux is given: what boot loaders fill in for kernels that have one. */
function vmlinuxHeader(): Uint8Array {
  const bytes = new Uint8Array(INIT_SIZE + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(BOOT_FLAG, BOOT_FLAG_VALUE, true);
  view.setUint32(HEADER_MAGIC, MAGIC, true);
  view.setUint16(VERSION, VERSION_64, true);
  view.setUint8(LOADFLAGS, LOADED_HIGH);
  view.setUint32(KERNEL_ALIGNMENT, VMLINUX_ALIGNMENT, true);
  view.setUint32(CMDLINE_SIZE, VMLINUX_CMDLINE, true);
  return bytes.slice(SETUP_SECTS);
}

function readVmlinux(file: BootFile): LinuxImage {
  const { segments, entry } = readElf(file);
  const first = Math.min(...segments.map(({ address }) => address));
  const end = Math.max(...segments.map(({ address, size }) => address + size));
  if (first < MIB)
    refuse(`${file.name} wants to lie at 0x${first.toString(16)}, below 1 MiB, as no vmlinux does`);
  return {
    ...{ header: vmlinuxHeader(), segments, first, size: end - first, entry },
    initrdMax: VMLINUX_INITRD_MAX,
    commandLineMax: VMLINUX_CMDLINE,
  };
}
