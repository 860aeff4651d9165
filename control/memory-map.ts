// Whose RAM is where: what the configurations of the running cells say, as a person would draw it.

/** Bytes of physical memory. */
export interface Extent {
  readonly start: number;
  readonly size: number;
}

/** A piece of RAM and whose it is: a cell, by its id, or the hypervisor. */
export interface MemoryRange extends Extent {
  readonly owner: number | "hypervisor";
}

/** What an owner claims. */
export interface Claim {
  readonly owner: MemoryRange["owner"];
  readonly extents: readonly Extent[];
}

/**
 * The RAM from 0 to `size`, divided: ranges ascend and do not overlap, neighbours of one owner are one range, and what
 * nobody claims is left out. Where claims overlap the later one wins: the root cell's comes first.
 */
export function divideMemory(claims: readonly Claim[], size: number): MemoryRange[] {
  const clipped = claims.flatMap(({ owner, extents }) =>
    extents.map(({ start, size: length }) => ({
      owner,
      start,
      end: Math.min(start + length, size),
    })),
  );
  const bounds = [...new Set(clipped.flatMap(({ start, end }) => [start, end]))];
  bounds.sort((a, b) => a - b);
  const ranges: MemoryRange[] = [];
  for (let index = 0; index + 1 < bounds.length; index++) {
    const [start, end] = [bounds[index]!, bounds[index + 1]!];
    const claim = clipped.findLast((one) => one.start <= start && end <= one.end);
    if (claim) append(ranges, { owner: claim.owner, start, size: end - start });
  }
  return ranges;
}

function append(ranges: MemoryRange[], range: MemoryRange): void {
  const last = ranges.at(-1);
  const isNeighbour = last?.owner === range.owner && last.start + last.size === range.start;
  if (isNeighbour) ranges[ranges.length - 1] = { ...last, size: last.size + range.size };
  else ranges.push(range);
}
