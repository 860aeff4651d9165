// Multiboot version 1 (Multiboot Specification 0.6.96): the header in a kernel's file, and where the file then goes.
import { refuse } from "./boot-error.ts";
import { isElf, readElf } from "./elf.ts";
import { type BootFile, Fields, type Image } from "./image.ts";

// Section 3.1.1, the header's layout. It lies in the first 8192 bytes, aligned to 4.
const SEARCHED = 8192;
const ALIGNMENT = 4;
const MAGIC = 0x1badb002;
const FLAGS = 0x4;
const CHECKSUM = 0x8;
const HEADER_ADDRESS = 0xc;
const LOAD_ADDRESS = 0x10;
const LOAD_END = 0x14;
const BSS_END = 0x18;
const ENTRY = 0x1c;
/** Magic, flags, checksum. */
const LEAST_SIZE = 12;

// Section 3.1.2, flags. Modules are always aligned to pages and memory is always described, whether it is asked for or not.
const FLAG_VIDEO = 0x4;
const FLAGS_REQUIRED = 0xffff;
const FLAGS_KNOWN = 0x3;
const FLAG_ADDRESSES = 0x10000;

/** Offset of the header in a file, or undefined where there is none. */
export function findHeader({ data }: BootFile): number | undefined {
  const view = new DataView(data.buffer, data.byteOffset, Math.min(data.byteLength, SEARCHED));
  for (let at = 0; at + LEAST_SIZE <= view.byteLength; at += ALIGNMENT) {
    if (view.getUint32(at, true) !== MAGIC) continue;
    const sum = MAGIC + view.getUint32(at + FLAGS, true) + view.getUint32(at + CHECKSUM, true);
    if (sum % 2 ** 32 === 0) return at;
  }
  return undefined;
}

function checkFlags({ name }: BootFile, flags: number): void {
  const unknown = flags & FLAGS_REQUIRED & ~FLAGS_KNOWN;
  if (unknown === 0) return;
  const bits = `bit ${[...Array(16).keys()].filter((bit) => unknown & (1 << bit)).join(", ")}`;
  const hint =
    unknown === FLAG_VIDEO ? "It wants a video mode, and the machine has no display." : "";
  refuse(`${name} requires what this boot loader does not have: flags ${bits}`, hint);
}

/** The fields from address fields on (section 3.1.3): they say what of the file goes where, whatever its format. */
function readAddresses(file: BootFile, fields: Fields, at: number): Image {
  const word = (offset: number) => fields.u32(at + offset, "the multiboot header");
  const [header, load, loadEnd, bssEnd] = [
    word(HEADER_ADDRESS),
    word(LOAD_ADDRESS),
    word(LOAD_END),
    word(BSS_END),
  ] as const;
  const first = at - (header - load);
  if (load > header || first < 0)
    refuse(`${file.name}: its multiboot header says it would lie before what is loaded`);
  const filled = loadEnd === 0 ? file.data.length - first : loadEnd - load;
  const size = bssEnd === 0 ? filled : bssEnd - load;
  if (filled < 0 || size < filled)
    refuse(`${file.name}: the addresses in its multiboot header are not in order`);
  const bytes = fields.bytes(first, filled, "what is loaded");
  return { segments: [{ address: load, bytes, size }], entry: word(ENTRY) };
}

/** Reads a kernel whose header is at `at`. Throws `bad-kernel`. */
export function readMultiboot(file: BootFile, at: number): Image {
  const fields = new Fields(file);
  const flags = fields.u32(at + FLAGS, "the multiboot header");
  checkFlags(file, flags);
  if (flags & FLAG_ADDRESSES) return readAddresses(file, fields, at);
  if (isElf(file)) return readElf(file);
  return refuse(
    `${file.name} has a multiboot header without addresses (flag bit 16), and is no ELF file`,
  );
}
