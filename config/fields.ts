// How values lie in a file. A structure is a table of fields; reading and writing both follow the table, so that they
// cannot disagree. Little endian throughout.
import { withArticle } from "./article.ts";
import { ConfigError } from "./errors.ts";
import { decodeName, encodeName } from "./name.ts";

/** One field of a structure whose first byte is at `base` of the view. */
export interface Field<Value> {
  /** Offset from the start of the structure, in bytes. */
  readonly offset: number;
  /** Bytes that it covers. */
  readonly size: number;
  /** Whether the structure has this field at all (unions); always, when absent. Reads fields before it only. */
  applies?(view: DataView, base: number): boolean;
  read(view: DataView, base: number): Value;
  /** Throws ConfigError `value` or `name` when the value does not fit; `path` is where it stands in the configuration. */
  write(view: DataView, base: number, value: unknown, path: string): void;
}

/** A packed structure: every byte belongs to exactly one field (a test checks that). */
export interface Structure<Type> {
  /** What it is called in messages. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly fields: { readonly [Key in keyof Type]-?: Field<Type[Key]> };
}

const BITS_PER_BYTE = 8;

function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}`;
  return JSON.stringify(value) ?? String(value);
}

/** Refuses `value`: it is not an integer of this many bytes. */
function refuse(path: string, value: unknown, size: number): never {
  const bits = size * BITS_PER_BYTE;
  throw new ConfigError("value", `${path} is ${show(value)}, not an unsigned ${bits}-bit integer`);
}

function unsigned(offset: number, size: 1 | 2 | 4): Field<number> {
  const limit = 2 ** (size * BITS_PER_BYTE);
  const name = ({ 1: "Uint8", 2: "Uint16", 4: "Uint32" } as const)[size];
  return {
    offset,
    size,
    read: (view, base) => view[`get${name}`](base + offset, true),
    write(view, base, value, path) {
      if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= limit)
        refuse(path, value, size);
      view[`set${name}`](base + offset, value as number, true);
    },
  };
}

/** An unsigned byte. */
export const u8 = (offset: number): Field<number> => unsigned(offset, 1);
/** An unsigned 16-bit integer. */
export const u16 = (offset: number): Field<number> => unsigned(offset, 2);
/** An unsigned 32-bit integer. */
export const u32 = (offset: number): Field<number> => unsigned(offset, 4);

/** An unsigned 64-bit integer. */
export function u64(offset: number): Field<bigint> {
  const size = 8;
  return {
    offset,
    size,
    read: (view, base) => view.getBigUint64(base + offset, true),
    write(view, base, value, path) {
      if (typeof value !== "bigint" || BigInt.asUintN(size * BITS_PER_BYTE, value) !== value)
        refuse(path, value, size);
      view.setBigUint64(base + offset, value as bigint, true);
    },
  };
}

/** `count` 32-bit words. */
export function words(offset: number, count: number): Field<readonly number[]> {
  const fields = Array.from({ length: count }, (_, index) => u32(offset + index * 4));
  return {
    offset,
    size: count * 4,
    read: (view, base) => fields.map((field) => field.read(view, base)),
    write(view, base, value, path) {
      if (!Array.isArray(value) || value.length !== count)
        throw new ConfigError("value", `${path} is not a list of ${count} words`);
      fields.forEach((field, index) => {
        field.write(view, base, value[index], `${path}[${index}]`);
      });
    },
  };
}

function bytesAt(view: DataView, start: number, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, size);
}

/** Bytes without a meaning: undefined when they are all zero. */
export function reserved(offset: number, size: number): Field<Uint8Array | undefined> {
  return {
    offset,
    size,
    read(view, base) {
      const bytes = bytesAt(view, base + offset, size);
      return bytes.some((byte) => byte !== 0) ? bytes.slice() : undefined;
    },
    write(view, base, value, path) {
      if (value === undefined) return;
      if (!(value instanceof Uint8Array) || value.length > size)
        throw new ConfigError("value", `${path} is not a Uint8Array of at most ${size} bytes`);
      bytesAt(view, base + offset, size).set(value);
    },
  };
}

/** A NUL-terminated name in `size` bytes. */
export function name(offset: number, size: number): Field<string> {
  return {
    offset,
    size,
    read(view, base) {
      const bytes = bytesAt(view, base + offset, size);
      const end = bytes.indexOf(0);
      if (end >= 0) return decodeName(bytes.subarray(0, end));
      throw new ConfigError("name", `the name is not terminated within ${size} bytes`, {
        offset: base + offset,
      });
    },
    write(view, base, value, path) {
      if (typeof value !== "string") throw new ConfigError("value", `${path} is not a string`);
      bytesAt(view, base + offset, size).set(encodeName(value, size - 1, path));
    },
  };
}

/** What follows the terminator of the name at `offset`; it covers no bytes of its own. */
export function afterName(offset: number, size: number): Field<Uint8Array | undefined> {
  const rest = (view: DataView, base: number): Field<Uint8Array | undefined> => {
    const used = bytesAt(view, base + offset, size).indexOf(0) + 1;
    return reserved(offset + used, size - used);
  };
  return {
    offset,
    size: 0,
    read: (view, base) => rest(view, base).read(view, base),
    write: (view, base, value, path) => rest(view, base).write(view, base, value, path),
  };
}

/** A structure inside a structure. */
export function nested<Type>(offset: number, structure: Structure<Type>): Field<Type> {
  return {
    offset,
    size: structure.size,
    read: (view, base) => readStructure(structure, view, base + offset),
    write: (view, base, value, path) =>
      writeStructure(structure, view, base + offset, value, `${path}.`),
  };
}

/** A member of a union: present only when `applies`, and then required unless `field` takes undefined. */
export function when<Value>(
  applies: (view: DataView, base: number) => boolean,
  field: Field<Value>,
): Field<Value | undefined> {
  return { ...field, applies };
}

/** Reads the structure at `base`; the view must be large enough. */
export function readStructure<Type>(
  structure: Structure<Type>,
  view: DataView,
  base: number,
): Type {
  const result: Record<string, unknown> = {};
  for (const [key, field] of Object.entries<Field<unknown>>(structure.fields)) {
    if (field.applies && !field.applies(view, base)) continue;
    const value = field.read(view, base);
    if (value !== undefined) result[key] = value;
  }
  return result as Type;
}

/** Writes `value` at `base`; `prefix` goes before the names of its fields in messages. */
export function writeStructure<Type>(
  structure: Structure<Type>,
  view: DataView,
  base: number,
  value: unknown,
  prefix: string,
): void {
  if (typeof value !== "object" || value === null)
    throw new ConfigError(
      "value",
      `${prefix.replace(/\.$/, "")} is not ${withArticle(structure.name)}`,
    );
  const source = value as Readonly<Record<string, unknown>>;
  for (const [key, field] of Object.entries<Field<unknown>>(structure.fields)) {
    const path = prefix + key;
    if (!field.applies || field.applies(view, base)) field.write(view, base, source[key], path);
    else if (source[key] !== undefined)
      throw new ConfigError("key", `${path} does not belong to this type of ${structure.name}`);
  }
}
