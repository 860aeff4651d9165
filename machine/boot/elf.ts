// ELF executables as a boot loader takes them (System V ABI, chapters 4 and 5): the loadable segments at their physical addresses.
import { refuse } from "./boot-error.ts";
import { type BootFile, Fields, type Image, type Segment } from "./image.ts";

/** "\x7fELF". */
const MAGIC = 0x464c457f;
/** e_ident: the class, the order of bytes. */
const EI_CLASS = 4;
const EI_DATA = 5;
const CLASS_32 = 1;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const E_TYPE = 0x10;
const E_MACHINE = 0x12;
const TYPE_EXECUTABLE = 2;
const MACHINE_386 = 3;
const MACHINE_X86_64 = 62;
const PT_LOAD = 1;

/** Where the two classes have their fields: of the file's header, and of a program header. */
interface Layout {
  readonly machine: number;
  readonly entry: number;
  readonly phoff: number;
  readonly phentsize: number;
  readonly phnum: number;
  /** Size of a program header. */
  readonly size: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly paddr: number;
  readonly filesz: number;
  readonly memsz: number;
}

const ELF32: Layout = {
  ...{ machine: MACHINE_386, entry: 0x18, phoff: 0x1c, phentsize: 0x2a, phnum: 0x2c },
  ...{ size: 0x20, offset: 0x4, vaddr: 0x8, paddr: 0xc, filesz: 0x10, memsz: 0x14 },
};
const ELF64: Layout = {
  ...{ machine: MACHINE_X86_64, entry: 0x18, phoff: 0x20, phentsize: 0x36, phnum: 0x38 },
  ...{ size: 0x38, offset: 0x8, vaddr: 0x10, paddr: 0x18, filesz: 0x20, memsz: 0x28 },
};

/** Whether a file begins as an ELF file does. */
export function isElf({ data }: BootFile): boolean {
  return (
    data.length >= 4 && new DataView(data.buffer, data.byteOffset).getUint32(0, true) === MAGIC
  );
}

function layoutOf({ name }: BootFile, fields: Fields): Layout {
  const kind = fields.u8(EI_CLASS, "the ELF header");
  const layout = kind === CLASS_32 ? ELF32 : kind === CLASS_64 ? ELF64 : undefined;
  if (!layout || fields.u8(EI_DATA, "the ELF header") !== LITTLE_ENDIAN)
    refuse(`${name} is no ELF file for x86`);
  if (fields.u16(E_MACHINE, "the ELF header") !== layout.machine)
    refuse(`${name} is an ELF file for another processor (or x32)`);
  if (fields.u16(E_TYPE, "the ELF header") !== TYPE_EXECUTABLE)
    refuse(`${name} is no executable`, "Link it with fixed addresses (-no-pie).");
  return layout;
}

/** Reads an executable. Throws `bad-kernel` for what is cut short, is for another processor, or loads nothing. */
export function readElf(file: BootFile): Image {
  const fields = new Fields(file);
  const layout = layoutOf(file, fields);
  const isWide = layout === ELF64;
  const word = (at: number, what: string) => (isWide ? fields.u64(at, what) : fields.u32(at, what));
  const wide = (at: number, what: string) =>
    isWide ? fields.wide(at, what) : BigInt(fields.u32(at, what));
  const table = word(layout.phoff, "the place of the program headers");
  const count = fields.u16(layout.phnum, "the ELF header");
  const step = fields.u16(layout.phentsize, "the ELF header");
  if (count > 0 && step < layout.size) refuse(`${file.name}: its program headers are too small`);
  const start = wide(layout.entry, "the entry point");
  let entry = start;
  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const at = table + index * step;
    const what = (part: string) => `the ${part} of program header ${index}`;
    fields.bytes(at, layout.size, `program header ${index}`);
    if (fields.u32(at, what("type")) !== PT_LOAD) continue;
    const size = word(at + layout.memsz, what("size in memory"));
    const filled = word(at + layout.filesz, what("size in the file"));
    if (filled > size)
      refuse(`${file.name}: segment ${index} is larger in the file than in memory`);
    if (size === 0) continue;
    const address = word(at + layout.paddr, what("physical address"));
    const bytes = fields.bytes(
      word(at + layout.offset, what("offset")),
      filled,
      `segment ${index}`,
    );
    segments.push({ address, bytes, size });
    // The entry point is a linear address, which need not be the physical one.
    const linear = wide(at + layout.vaddr, what("address"));
    if (entry === start && start >= linear && start < linear + BigInt(size))
      entry = start - linear + BigInt(address);
  }
  return { segments, entry: Number(BigInt.asUintN(32, entry)) };
}
