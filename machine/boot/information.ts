// What a multiboot kernel finds in memory (Multiboot Specification 0.6.96, section 3.3): the information structure with memory map,
// modules, command line and loader's name, in one piece; before it a descriptor table for the segments that it starts with.

import type { MemoryRange } from "./memory-map.ts";

/** Bits of `flags`: which fields are valid. */
const HAS_MEMORY = 0x1;
const HAS_COMMAND_LINE = 0x4;
const HAS_MODULES = 0x8;
const HAS_MEMORY_MAP = 0x40;
const HAS_LOADER_NAME = 0x200;
// Offsets in the structure, all u32.
const MEMORY_LOWER = 4;
const MEMORY_UPPER = 8;
const COMMAND_LINE = 16;
const MODULE_COUNT = 20;
const MODULE_LIST = 24;
const MAP_LENGTH = 44;
const MAP_ADDRESS = 48;
const LOADER_NAME = 64;
/** Size of the structure, with the fields that are never valid here. */
const STRUCTURE = 116;
const MODULE = 16;
/** A memory map's entry, with the size in front, which does not count itself. */
const ENTRY = 24;
const ENTRY_SIZE = 20;
const KIB = 1024;
const TWO_32 = 2 ** 32;
const NAME = "jailhouse-ts";

/** A flat descriptor table: nothing, code, data; 32 bits, 4 GiB, accessed. */
const DESCRIPTORS = [0n, 0x00cf9b000000ffffn, 0x00cf93000000ffffn];
export const CODE_SELECTOR = 8;
export const DATA_SELECTOR = 16;
/** Bytes of the descriptor table, at the start of the piece. */
export const TABLE_SIZE: number = DESCRIPTORS.length * 8;

/** A module as it lies in memory. */
export interface LoadedModule {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** All that is told to a kernel. */
export interface Information {
  readonly commandLine: string;
  readonly modules: readonly LoadedModule[];
  /** Bytes of RAM from 0 on, and from 1 MiB on. */
  readonly lower: number;
  readonly upper: number;
  readonly map: readonly MemoryRange[];
}

/** A zero-terminated text; characters beyond one byte are UTF-8. */
function textBytes(text: string): number[] {
  return [...new TextEncoder().encode(text.split("\0", 1)[0]), 0];
}

/** Bytes that the piece takes. */
export function informationSize(information: Information): number {
  return encodeInformation(information, 0).length;
}

/** The piece for memory at `base`; the structure itself comes after TABLE_SIZE bytes. */
export function encodeInformation(information: Information, base: number): Uint8Array {
  const { commandLine, modules, lower, upper, map } = information;
  const texts = [commandLine, NAME, ...modules.map(({ text }) => text)].map(textBytes);
  const list = TABLE_SIZE + STRUCTURE;
  const mapAt = list + modules.length * MODULE;
  let end = mapAt + map.length * ENTRY;
  const places = texts.map((bytes) => {
    const place = end;
    end += bytes.length;
    return place;
  });
  const result = new Uint8Array(end);
  const view = new DataView(result.buffer);
  const word = (at: number, value: number) => view.setUint32(at, value, true);
  for (const [index, descriptor] of DESCRIPTORS.entries())
    view.setBigUint64(index * 8, descriptor, true);
  const flags = HAS_MEMORY | HAS_COMMAND_LINE | HAS_MEMORY_MAP | HAS_LOADER_NAME | HAS_MODULES;
  for (const [offset, value] of [
    [0, flags],
    [MEMORY_LOWER, lower / KIB],
    [MEMORY_UPPER, upper / KIB],
    [COMMAND_LINE, base + places[0]!],
    [MODULE_COUNT, modules.length],
    [MODULE_LIST, base + list],
    [MAP_LENGTH, map.length * ENTRY],
    [MAP_ADDRESS, base + mapAt],
    [LOADER_NAME, base + places[1]!],
  ] as const)
    word(TABLE_SIZE + offset, value);
  for (const [index, { start, end: moduleEnd }] of modules.entries()) {
    const at = list + index * MODULE;
    word(at, start);
    word(at + 4, moduleEnd);
    word(at + 8, base + places[2 + index]!);
  }
  for (const [index, { first, size, type }] of map.entries()) {
    const at = mapAt + index * ENTRY;
    word(at, ENTRY_SIZE);
    word(at + 4, first);
    word(at + 12, size % TWO_32);
    word(at + 16, Math.floor(size / TWO_32));
    word(at + 20, type);
  }
  for (const [index, bytes] of texts.entries()) result.set(bytes, places[index]);
  return result;
}
