// The resources that a cell consists of, each parsed from its definition: memory, caches, interrupt pins, ports, consoles.
import * as abi from "../abi/config.ts";
import { ConfigError } from "./errors.ts";
import * as names from "./names.ts";
import { derive } from "./origin.ts";
import * as parse from "./parse.ts";
import type { Cell, Console, MemoryRegion, PciCapability } from "./types.ts";
import { mmu500Stream } from "./units.ts";

const { optional, required } = parse;
const u16 = parse.integer(2);
const u32 = parse.integer(4);
const U64_SIZE = 8;
const PIN_WORDS = 4;
const PINS_PER_WORD = 32;

/** The same as a number, for fields of at most four bytes. */
export const number =
  (parser: parse.Parser<bigint>): parse.Parser<number> =>
  (value, path) =>
    Number(parser(value, path));

/** What stands for an absent console. */
export const NO_CONSOLE: Console = {
  address: 0n,
  size: 0,
  type: abi.CONSOLE_TYPE_NONE,
  flags: 0,
  divider: 0,
  gateNumber: 0,
  clockRegister: 0n,
};

export const parseConsole: parse.Parser<Console> = parse.object("console", {
  address: optional(parse.address, 0n),
  size: optional(u32, 0),
  type: required(parse.choice(names.CONSOLE_TYPES, 2)),
  flags: optional(number(parse.flags(names.CONSOLE_FLAGS, 2)), 0),
  divider: optional(u32, 0),
  gateNumber: optional(u32, 0),
  clockRegister: optional(parse.address, 0n),
});

const memoryKeys = parse.object("memory region", {
  physical: optional(parse.address, 0n),
  virtual: optional<bigint | undefined>(parse.address, undefined),
  size: required(parse.address),
  flags: required(parse.flags(names.MEMORY_FLAGS, U64_SIZE)),
});

export const parseMemory: parse.Parser<MemoryRegion> = (value, path) => {
  const { physical, virtual, size, flags } = memoryKeys(value, path);
  return derive(value, {
    physicalStart: physical,
    virtualStart: virtual ?? physical,
    size,
    flags,
  });
};

export const parseCache = parse.object("cache region", {
  start: required(u32),
  size: required(u32),
  type: optional(parse.choice(names.CACHE_TYPES, 1), abi.CACHE_TYPE_L3),
  flags: optional(number(parse.flags(names.CACHE_FLAGS, 2)), 0),
});

/** Pin numbers to the bits that they have in the file. */
function pinBitmap(pins: readonly number[], base: number, path: string): number[] {
  const words = new Array<number>(PIN_WORDS).fill(0);
  for (const pin of pins) {
    const index = Math.floor((pin - base) / PINS_PER_WORD);
    if (index < 0 || index >= PIN_WORDS)
      throw new ConfigError(
        "value",
        `${path}: pin ${pin} is not one of the ${PIN_WORDS * PINS_PER_WORD} from ${base}`,
      );
    words[index] = (words[index]! | (1 << ((pin - base) % PINS_PER_WORD))) >>> 0;
  }
  return words;
}

/** The last pins of an irqchip may have numbers beyond 32 bits. */
const pin = parse.integer(5);

const irqchipKeys = parse.object("irqchip", {
  address: required(parse.address),
  id: required(u32),
  pinBase: optional(u32, 0),
  pins: required(parse.list(pin)),
});

export const parseIrqchip: parse.Parser<Cell["irqchips"][number]> = (value, path) => {
  const { pins, ...rest } = irqchipKeys(value, path);
  return derive(value, { ...rest, pinBitmap: pinBitmap(pins, rest.pinBase, `${path}.pins`) });
};

export const parsePorts = parse.object("port range", {
  base: required(u16),
  length: required(u16),
});

export const parseCapability: parse.Parser<PciCapability> = parse.object("capability", {
  id: required(parse.choice(names.CAPABILITIES, 2)),
  start: required(u16),
  length: required(u16),
  flags: optional(number(parse.flags(names.CAPABILITY_FLAGS, 2)), 0),
});

const mmu500Keys = parse.object("stream of an MMU-500", {
  id: required(u16),
  mask: required(u16),
});

/** A stream id: a number, or the two halves that it has at an MMU-500. */
export const parseStreamId: parse.Parser<number> = (value, path) => {
  if (typeof value !== "object" || value === null) return u32(value, path);
  const { id, mask } = mmu500Keys(value, path);
  return mmu500Stream(id, mask);
};
