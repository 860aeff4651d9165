// Where the hypervisor and the inmates get their memory: what the kernel's memmap= keeps free already, or a place in RAM
// where nothing else can be.
import type { Range } from "../check/ranges.ts";
import { alignDown, alignUp, amount, endOf, overlap } from "../check/ranges.ts";
import { claimed } from "./claims.ts";
import { memmapOption, reservedRanges } from "./kernel-options.ts";
import type { Resource } from "./resources.ts";
import type { Tree } from "./tree.ts";

const MIB = 1n << 20n;
/** Kernel, initial file system and DMA of old devices are below. */
const LOWEST = 16n * MIB;
const FOUR_GIB = 1n << 32n;
/** Large pages are this large: a place that is aligned costs no page tables. */
const UNIT = 2n * MIB;
/** Where the original's configurations have it. */
const USUAL = 0x3a000000n;
const DEFAULT_HYPERVISOR = 6n * MIB;
const DEFAULT_INMATES = 76n * MIB;
const LEAST_INMATES = 2n * MIB;
/** At most this part of RAM is taken when nobody says how much. */
const PART = 4n;

export interface Placement {
  readonly hypervisor: Range;
  readonly inmates: Range;
  /** The option that the kernel has, or shall get. */
  readonly memmap: string;
  /** Whether the kernel has it already. */
  readonly isReserved: boolean;
  readonly warnings: readonly string[];
}

export interface Sizes {
  /** Bytes. */
  readonly hypervisor?: bigint | undefined;
  readonly inmates?: bigint | undefined;
}

function divided(window: Range, hypervisor: bigint): Pick<Placement, "hypervisor" | "inmates"> {
  return {
    hypervisor: { start: window.start, size: hypervisor },
    inmates: { start: window.start + hypervisor, size: window.size - hypervisor },
  };
}

function fromOption(window: Range, { hypervisor = DEFAULT_HYPERVISOR, inmates }: Sizes): Placement {
  const left = window.size - hypervisor;
  const warnings =
    inmates !== undefined && left < inmates
      ? [
          `${memmapOption(window)} leaves ${amount(left)} for inmates, not the ${amount(inmates)} asked for`,
        ]
      : [];
  return {
    ...divided(window, hypervisor),
    memmap: memmapOption(window),
    isReserved: true,
    warnings,
  };
}

/** What memmap= keeps for others: too small for a hypervisor, as a page of bad RAM is. */
const tooSmall = (window: Range, hypervisor: bigint): string =>
  `${memmapOption(window)} keeps ${amount(window.size)}, but the hypervisor needs ${amount(hypervisor)}: it gets another place`;

/** The place for `size` bytes in RAM below 4 GiB: the usual one, or as high as possible. */
function findPlace(ram: readonly Range[], size: bigint): bigint | undefined {
  const usual = { start: USUAL, size };
  const holds = (range: Range) => overlap(range, usual)?.size === size;
  if (ram.some(holds)) return USUAL;
  const starts = ram
    .filter(({ start }) => start < FOUR_GIB)
    .map((range) => ({ range, start: alignDown(endOf(range) - size, UNIT) }))
    .filter(({ range, start }) => start >= range.start && start >= LOWEST)
    .map(({ start }) => start);
  return starts.sort((a, b) => (a > b ? -1 : 1))[0];
}

/** Decides; throws an Error that says why when there is not enough RAM. */
export function place(tree: Tree, iomem: readonly Resource[], sizes: Sizes): Placement {
  const { hypervisor: least = DEFAULT_HYPERVISOR } = sizes;
  const windows = reservedRanges(tree).sort((a, b) => (a.size > b.size ? -1 : 1));
  const [window] = windows;
  if (window && window.size > least) return fromOption(window, sizes);
  const ram: readonly Range[] = claimed(iomem, "ram");
  const total = ram.reduce((sum, { size }) => sum + size, 0n);
  const hypervisor = alignUp(sizes.hypervisor ?? DEFAULT_HYPERVISOR, UNIT);
  const warnings = windows.map((one) => tooSmall(one, least));
  let inmates = sizes.inmates ?? DEFAULT_INMATES;
  if (sizes.inmates === undefined && (hypervisor + inmates) * PART > total) {
    const room = alignDown(total / PART, UNIT) - hypervisor;
    inmates = room > LEAST_INMATES ? room : LEAST_INMATES;
    warnings.push(
      `inmates get ${amount(inmates)} only, because the machine has ${total / MIB} MiB of RAM (--mem-inmates says otherwise)`,
    );
  }
  const size = hypervisor + alignUp(inmates, UNIT);
  const start = findPlace(ram, size);
  if (start === undefined)
    throw new Error(
      `no RAM between ${amount(LOWEST)} and 4 GiB has ${amount(size)} in one piece for hypervisor and inmates`,
    );
  const found = { start, size };
  return {
    ...divided(found, hypervisor),
    memmap: memmapOption(found),
    isReserved: false,
    warnings,
  };
}
