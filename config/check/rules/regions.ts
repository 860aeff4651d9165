// Memory regions, each for itself: size, alignment, flags.
import * as abi from "../../../abi/config.ts";
import { MEMORY_FLAGS } from "../../names.ts";
import { family, type Report } from "../finding.ts";
import { remove, setTo } from "../fix.ts";
import {
  ADDRESS_LIMIT,
  alignDown,
  alignUp,
  amount,
  has,
  hex,
  isComm,
  isRam,
  isSubPage,
  MAP_LIMIT,
  PAGE,
} from "../ranges.ts";
import { type ConfigSet, type Part, type Region, regionsOf } from "../set.ts";

const RULES = {
  "region-empty": ["warning", "A memory region has no size"],
  "region-range": ["error", "A memory region is out of range"],
  "region-maps": ["error", "The maps of the cells need too much memory"],
  "region-unaligned": ["error", "A memory region is not made of whole pages"],
  "region-comm-size": ["error", "A communication region is not one page"],
  "region-flags-unknown": ["warning", "A memory region has flags without a meaning"],
  "region-no-access": ["warning", "A memory region cannot be accessed"],
  "region-write-only": ["warning", "A memory region can be written but not read"],
  "region-contradiction": ["warning", "Flags of a memory region contradict each other"],
  "region-width-flags": ["warning", "Width flags on a memory region that is mapped"],
  "subpage-ram": ["error", "Memory to run in is not made of whole pages"],
  "subpage-width": ["warning", "A trapped memory region allows no width of access"],
  "subpage-large": ["warning", "A large memory region is trapped"],
  "root-region-flags": ["warning", "A region of the root cell has flags of other cells"],
  "root-region-moved": ["error", "Memory of the root cell is not at its own address"],
  "root-ram-flags": ["warning", "RAM of the root cell lacks rights"],
  "root-ram-none": ["error", "The root cell has no RAM"],
} as const;
type Tell = Report<keyof typeof RULES>;

/** Page tables that all cells together may need, a page each; more than any real machine's RAM takes. */
const MAX_TABLES = 20_000n;
const WIDTHS = abi.MEM_IO_8 | abi.MEM_IO_16 | abi.MEM_IO_32 | abi.MEM_IO_64;
const WIDTH_FLAGS = WIDTHS | abi.MEM_IO_UNALIGNED;
const RWX = abi.MEM_READ | abi.MEM_WRITE | abi.MEM_EXECUTE;
const KNOWN_FLAGS = BigInt(Object.values(MEMORY_FLAGS).reduce((sum, flag) => sum | flag, 0));
/** What the root cell's system does with its RAM. On Arm devices reach what they reach, whatever the flag says. */
const FULL_RAM = {
  x86: { bits: BigInt(RWX | abi.MEM_DMA), words: "read, write, execute and dma" },
  arm: { bits: BigInt(RWX), words: "read, write and execute" },
} as const;
type FullRam = (typeof FULL_RAM)[keyof typeof FULL_RAM];

const without = (flags: bigint, bits: number | bigint): bigint => flags & ~BigInt(bits);

function checkRange(region: Region, tell: Tell): boolean {
  const { size, virtualStart, physicalStart } = region;
  const phys = isComm(region) ? 0n : physicalStart;
  const over = (
    [
      ["", size, 0n],
      ["virtual", virtualStart, size],
      ["physical", phys, size],
    ] as const
  ).find(
    ([key, start, length]) => start + length > (key === "physical" ? ADDRESS_LIMIT : MAP_LIMIT),
  );
  if (!over) return true;
  const [key, start, length] = over;
  const what = key === "" ? `its size is ${hex(size)}` : `its ${key} end is ${hex(start + length)}`;
  const limit = key === "physical" ? ADDRESS_LIMIT : MAP_LIMIT;
  tell("region-range", region.at(), `${what}, but addresses end at ${hex(limit)}`, {
    fix:
      key === "virtual" && phys + size <= MAP_LIMIT && phys !== 0n
        ? [setTo(region.at("virtualStart"), phys)]
        : [],
    advice: "Give the region an address and a size that the machine has.",
  });
  return false;
}

function checkAlignment(region: Region, tell: Tell) {
  const { size, virtualStart, physicalStart, flags } = region;
  if (isComm(region)) {
    if (size !== PAGE)
      tell(
        "region-comm-size",
        region.at("size"),
        `it has ${amount(size)}, but is always ${amount(PAGE)}`,
        {
          fix: [
            setTo(region.at("size"), PAGE),
            ...(virtualStart % PAGE
              ? [setTo(region.at("virtualStart"), alignDown(virtualStart, PAGE))]
              : []),
          ],
        },
      );
    else if (virtualStart % PAGE !== 0n)
      tell(
        "region-unaligned",
        region.at("virtualStart"),
        `a communication region at ${hex(virtualStart)} does not start at a page boundary`,
        {
          fix: [setTo(region.at("virtualStart"), alignDown(virtualStart, PAGE))],
        },
      );
    return;
  }
  const aligned = [
    setTo(region.at(), {
      physicalStart: alignDown(physicalStart, PAGE),
      virtualStart: alignDown(virtualStart, PAGE),
      size: alignUp(size, PAGE),
      flags: without(flags, WIDTH_FLAGS),
    }),
  ];
  if (isSubPage(region)) checkSubPage(region, aligned, tell);
  else if (physicalStart % PAGE !== 0n)
    tell(
      "region-unaligned",
      region.at("physicalStart"),
      `its physical start ${hex(physicalStart)} is not a multiple of ${hex(PAGE)}`,
      { fix: aligned },
    );
}

function checkSubPage(region: Region, aligned: ReturnType<typeof setTo>[], tell: Tell) {
  const { flags, size, virtualStart } = region;
  const what = `from ${hex(virtualStart)}, ${amount(size)}, it is not made of whole pages`;
  if (has(flags, abi.MEM_LOADABLE))
    tell("region-unaligned", region.at(), `${what}, and so cannot be loadable`, { fix: aligned });
  else if (isRam(region))
    tell(
      "subpage-ram",
      region.at(),
      `${what}: each access would be trapped, nothing can run or do DMA in it`,
      { fix: aligned },
    );
  else if (!has(flags, WIDTHS))
    tell(
      "subpage-width",
      region.at("flags"),
      `${what}: each access is trapped, and no flag io-8 to io-64 allows any`,
      {
        fix:
          size < PAGE && size % 4n === 0n && virtualStart % 4n === 0n
            ? [setTo(region.at("flags"), flags | BigInt(abi.MEM_IO_32))]
            : aligned,
      },
    );
  else if (size > PAGE)
    tell("subpage-large", region.at(), `${what}: all its accesses are trapped, which is slow`, {
      fix: aligned,
    });
}

function checkFlags(region: Region, tell: Tell) {
  const { flags } = region;
  const place = region.at("flags");
  const unknown = flags & ~KNOWN_FLAGS;
  if (unknown !== 0n)
    tell("region-flags-unknown", place, `the bits ${hex(unknown)} of the flags mean nothing`, {
      fix: [setTo(place, flags & KNOWN_FLAGS)],
    });
  if (!has(flags, RWX | abi.MEM_DMA))
    tell("region-no-access", place, "it may be neither read, written nor executed", {
      fix: [setTo(place, flags | BigInt(abi.MEM_READ))],
    });
  else if (has(flags, abi.MEM_WRITE | abi.MEM_EXECUTE) && !has(flags, abi.MEM_READ))
    tell(
      "region-write-only",
      place,
      "processors cannot grant write or execute without read: every write would be a violation",
      {
        fix: [setTo(place, flags | BigInt(abi.MEM_READ))],
      },
    );
  if (has(flags, abi.MEM_IO) && has(flags, abi.MEM_EXECUTE | abi.MEM_DMA | abi.MEM_LOADABLE))
    tell(
      "region-contradiction",
      place,
      "io means device registers, but other flags say RAM; it would not be scrubbed either",
      {
        fix: [setTo(place, without(flags, abi.MEM_IO))],
      },
    );
  if (!isSubPage(region) && has(flags, WIDTH_FLAGS))
    tell(
      "region-width-flags",
      place,
      "it is made of whole pages, so all widths of access are possible whatever the flags say",
      {
        fix: [setTo(place, without(flags, WIDTH_FLAGS))],
      },
    );
}

/** The root cell goes on in the middle of its life: it must find all as it was. */
function checkRootRegion(region: Region, full: FullRam, tell: Tell) {
  const { flags, physicalStart, virtualStart } = region;
  const bits = abi.MEM_LOADABLE | abi.MEM_COMM_REGION;
  if (has(flags, bits))
    tell(
      "root-region-flags",
      region.at("flags"),
      "loadable and comm-region have a meaning for other cells only",
      {
        fix: [setTo(region.at("flags"), without(flags, bits))],
      },
    );
  if (!isComm(region) && physicalStart !== virtualStart)
    tell(
      "root-region-moved",
      region.at("virtualStart"),
      `the root cell would find ${hex(physicalStart)} at ${hex(virtualStart)}, but it runs already and knows it elsewhere`,
      { fix: [setTo(region.at("virtualStart"), physicalStart)] },
    );
  const lacks = isRam(region) && (flags & full.bits) !== full.bits;
  if (lacks && !has(flags, abi.MEM_IO))
    tell(
      "root-ram-flags",
      region.at("flags"),
      `RAM of the root cell needs ${full.words}: its system uses it for all`,
      {
        fix: [setTo(region.at("flags"), flags | full.bits)],
      },
    );
}

function checkEmpty(part: Part, tell: Tell) {
  part.cell.memory.forEach(({ size, physicalStart, virtualStart, flags }, index) => {
    if (size !== 0n || (physicalStart | virtualStart | flags) === 0n) return;
    const place = part.at(`memory[${index}]`);
    tell("region-empty", place, `its size is 0, so nothing is at ${hex(virtualStart)}`, {
      fix: [remove(place)],
    });
  });
}

/** Tables of the nested maps, as many as the platforms set aside: one for 2 MiB below 4 GiB, one for 1 GiB above. */
function tablesOf({ virtualStart, size }: Region): bigint {
  const end = virtualStart + size;
  const fineEnd = 1n << 32n;
  const below = (end < fineEnd ? end : fineEnd) - virtualStart;
  const fine = below > 0n ? below >> 21n : 0n;
  return fine + (size >> 30n) + 4n;
}

function checkMaps(set: ConfigSet, tell: Tell) {
  const regions = set.parts.flatMap(regionsOf);
  const total = regions.reduce((sum, region) => sum + tablesOf(region), 0n);
  if (total <= MAX_TABLES) return;
  const largest = regions.reduce((a, b) => (tablesOf(b) > tablesOf(a) ? b : a));
  tell(
    "region-maps",
    largest.at("size"),
    `the maps of all cells need ${total} page tables, more than ${MAX_TABLES}; this region alone has ${amount(largest.size)}`,
    {
      advice: "Give the region the size that the machine's memory has there.",
    },
  );
}

export const regions = family(RULES, (set, tell) => {
  const full = FULL_RAM[set.system.architecture === "x86" ? "x86" : "arm"];
  for (const part of set.parts) {
    checkEmpty(part, tell);
    for (const region of regionsOf(part)) {
      checkFlags(region, tell);
      if (part.isRoot) checkRootRegion(region, full, tell);
      if (checkRange(region, tell)) checkAlignment(region, tell);
    }
  }
  if (!regionsOf(set.root).some(isRam))
    tell(
      "root-ram-none",
      set.root.at("memory"),
      "no region of the root cell is executable: it would be stopped at once",
      {
        advice: `List the machine's RAM with the flags ${full.words}.`,
      },
    );
  checkMaps(set, tell);
});
