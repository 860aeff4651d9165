// The bytes of an object's variable: ELF of either width, little endian, as compilers write it (System V ABI, chapter 4).
import { ConfigError } from "../errors.ts";

const MAGIC = "\u007fELF";
const CLASS_AT = 4;
const CLASS_64 = 2;
const DATA_AT = 5;
const LITTLE = 1;
const SYMBOLS = 2;
const ZEROS = 8;
const RELOCATIONS = [4, 9];
const OBJECT = 1;
const TYPE_MASK = 0xf;
const GLOBAL_SHIFT = 4;
const GLOBAL = 1;
const UNDEFINED = 0;
const RESERVED = 0xff00;

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  /** Of relocations: the section that they change. */
  readonly info: number;
  readonly entry: number;
}

interface Symbol {
  readonly name: string;
  readonly info: number;
  readonly section: number;
  readonly value: number;
  readonly size: number;
}

/** Reads an object; everything outside of it is refused by DataView's RangeError. */
class ElfObject {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #is64: boolean;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#is64 = bytes[CLASS_AT] === CLASS_64;
  }

  #word(at: number): number {
    return this.#is64 ? Number(this.#view.getBigUint64(at, true)) : this.#view.getUint32(at, true);
  }

  /** Section headers: their place, size and number are in the file's header. */
  sections(): Section[] {
    const [table, entry, count] = this.#is64 ? [0x28, 0x3a, 0x3c] : [0x20, 0x2e, 0x30];
    const first = this.#word(table);
    const size = this.#view.getUint16(entry, true);
    return Array.from({ length: this.#view.getUint16(count, true) }, (_, index) =>
      this.#section(first + index * size),
    );
  }

  #section(at: number): Section {
    const word = (index64: number, index32: number) =>
      this.#word(at + (this.#is64 ? index64 : index32));
    const half = (index64: number, index32: number) =>
      this.#view.getUint32(at + (this.#is64 ? index64 : index32), true);
    return {
      type: half(4, 4),
      offset: word(0x18, 0x10),
      size: word(0x20, 0x14),
      link: half(0x28, 0x18),
      info: half(0x2c, 0x1c),
      entry: word(0x38, 0x24),
    };
  }

  symbols(sections: readonly Section[]): Symbol[] {
    const table = sections.find(({ type }) => type === SYMBOLS);
    const names = table && sections[table.link];
    if (!table || !names || table.entry === 0) return [];
    return Array.from({ length: table.size / table.entry }, (_, index) => {
      const at = table.offset + index * table.entry;
      const [info, section, value, size] = this.#is64 ? [4, 6, 8, 16] : [12, 14, 4, 8];
      return {
        name: this.#text(names.offset + this.#view.getUint32(at, true)),
        info: this.#view.getUint8(at + info),
        section: this.#view.getUint16(at + section, true),
        value: this.#word(at + value),
        size: this.#word(at + size),
      };
    });
  }

  #text(at: number): string {
    const end = this.#bytes.indexOf(0, at);
    return Buffer.from(this.#bytes.subarray(at, end)).toString("latin1");
  }

  /** Bytes of a variable; undefined where it has none but zeros. */
  data({ offset, type }: Section, { value, size }: Symbol): Uint8Array | undefined {
    if (type === ZEROS) return undefined;
    const start = offset + value;
    if (start + size > this.#bytes.length) throw new RangeError("beyond the object's end");
    return this.#bytes.slice(start, start + size);
  }
}

const wrong = (message: string, hint: string) => new ConfigError("source", message, { hint });

/** A variable's name and bytes. */
export interface Variable {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The initialised variable of an object that is called `wanted`, or else its only one that other files can see. Throws a
 * ConfigError that says why there is none.
 */
export function variableOf(object: Uint8Array, wanted: string): Variable {
  const isElf = Buffer.from(object.subarray(0, MAGIC.length)).toString("latin1") === MAGIC;
  if (!isElf || object[DATA_AT] !== LITTLE)
    throw wrong(
      "the compiler makes no little-endian ELF objects",
      "name a compiler for Linux with --cc, such as clang --target=x86_64-linux-gnu",
    );
  const elf = new ElfObject(object);
  const sections = elf.sections();
  const objects = elf.symbols(sections).filter(({ info, section, size }) => {
    const isDefined = section !== UNDEFINED && section < RESERVED && size > 0;
    return isDefined && (info & TYPE_MASK) === OBJECT;
  });
  const visible = objects.filter(({ info }) => info >> GLOBAL_SHIFT === GLOBAL);
  const symbol = objects.find(({ name }) => name === wanted) ?? visible[0];
  if (!symbol || (symbol.name !== wanted && visible.length > 1))
    throw wrong(
      `it defines no variable "${wanted}"`,
      visible.length > 1
        ? `it has ${visible.map(({ name }) => name).join(", ")}: call the configuration ${wanted}`
        : "a configuration in C is one variable with an initialiser",
    );
  if (sections.some(({ type, info }) => RELOCATIONS.includes(type) && info === symbol.section))
    throw wrong(
      `"${symbol.name}" has addresses in it, which only a linker knows`,
      "a configuration has numbers only",
    );
  const bytes = elf.data(sections[symbol.section] as Section, symbol);
  if (!bytes) throw wrong(`"${symbol.name}" is all zeros`, "give it an initialiser");
  return { name: symbol.name, bytes };
}
