// A cell with everything that it lacked, and what that is.
import type { Cell } from "../types.ts";
import { type Addition, applyAddition } from "./additions.ts";
import type { Explanation } from "./explain.ts";

const UNKNOWN = "found by use";

/** What a list has that the other one does not. */
function added<T>(before: readonly T[], after: readonly T[]): T[] {
  const bigints = (_key: string, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value;
  const known = new Set(before.map((entry) => JSON.stringify(entry, bigints)));
  return after.filter((entry) => !known.has(JSON.stringify(entry, bigints)));
}

/** The cell with all entries that the explanations name. */
export function repaired<T extends Cell>(cell: T, explanations: readonly Explanation[]): T {
  return explanations
    .flatMap(({ additions }) => additions)
    .reduce((all, addition) => applyAddition(all, addition), cell);
}

interface Span {
  readonly start: number | bigint;
  readonly length: number | bigint;
}

/** The comment of an addition that begins within a span of ports or of guest memory. */
function commentIn(
  { start, length }: Span,
  additions: readonly Addition[],
  kind: "ports" | "memory",
) {
  const found = additions.find((one) => {
    if (one.kind !== kind) return false;
    const at =
      one.kind === "ports" ? one.ports.base : "region" in one ? one.region.virtualStart : -1;
    return at >= start && BigInt(at) < BigInt(start) + BigInt(length);
  });
  return found && "comment" in found ? found.comment : UNKNOWN;
}

/** Devices that were not listed at all, each once. */
function newDevices(cell: Cell, additions: readonly Addition[]): Addition[] {
  const known = new Set(cell.pciDevices.map(({ bdf }) => bdf));
  return additions.filter((one) => {
    if (one.kind !== "pci" || known.has(one.device.bdf)) return false;
    known.add(one.device.bdf);
    return true;
  });
}

/** The entries that the cell lacks, those that touch merged into one. */
export function missing(cell: Cell, explanations: readonly Explanation[]): Addition[] {
  const fixed = repaired(cell, explanations);
  const additions = explanations.flatMap((one) => one.additions);
  const memory = added(cell.memory, fixed.memory).map((region): Addition => {
    const span = { start: region.virtualStart, length: region.size };
    return { kind: "memory", region, comment: commentIn(span, additions, "memory") };
  });
  const ports = added(cell.ports, fixed.ports).map((range): Addition => {
    const span = { start: range.base, length: range.length };
    return { kind: "ports", ports: range, comment: commentIn(span, additions, "ports") };
  });
  const devices = newDevices(cell, additions);
  const registers = additions.filter((one) => one.kind === "registers");
  return [...memory, ...ports, ...devices, ...registers];
}
