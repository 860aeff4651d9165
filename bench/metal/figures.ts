// Figures of one kind of guest, round by round, and what they are beside another's.

import { figure, median, table } from "../measure.ts";
import { CALLS, ROUND_TRIP } from "./groups.ts";

/** One of many: less is better for all of them. */
export interface Figure {
  /** Heading of its table. */
  readonly group: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

/** The figures of one round. */
export class Figures {
  readonly #all = new Map<string, Figure>();
  /** Microseconds of jitter of each tick, by what went on meanwhile. */
  readonly ticks = new Map<string, readonly number[]>();

  add(group: string, name: string, unit: string, value: number): void {
    this.#all.set(keyOf(group, name), { group, name, unit, value });
  }

  get all(): readonly Figure[] {
    return [...this.#all.values()];
  }

  value(group: string, name: string): number | undefined {
    return this.#all.get(keyOf(group, name))?.value;
  }
}

export const keyOf = (group: string, name: string): string => `${group}/${name}`;

/** Whole lines of exits-demo: while it begins, the hypervisor may still speak on the same line. */
const KIND = /^(no exit|CPUID|hypercall|x2?APIC write): (\d+) ns\r?$/gm;
const TICK = /^Timer fired, jitter: *(-?\d+) ns/gm;
const NS_PER_US = 1000;

/** The value below which that share of at least one value is. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

/**
 * Nanoseconds of each kind of exit that exits-demo printed, without its loop: those of the best round, which other
 * processes of the host disturbed least.
 */
export function exitTimes(text: string): Map<string, number> {
  const kinds = new Map<string, number>();
  for (const [, kind, ns] of text.matchAll(KIND)) {
    kinds.set(kind!, Math.min(kinds.get(kind!) ?? Number.POSITIVE_INFINITY, Number(ns)));
  }
  const loop = kinds.get("no exit") ?? 0;
  kinds.delete("no exit");
  return new Map([...kinds].map(([kind, best]) => [kind, best - loop]));
}

/** Microseconds of jitter of each tick that apic-demo printed. */
export function jitter(text: string): number[] {
  return [...text.matchAll(TICK)].map(([, ns]) => Number(ns) / NS_PER_US);
}

/** What `rounds` say of a figure, in their order; without those that lack it. */
function values(rounds: readonly Figures[], { group, name }: Figure): number[] {
  return rounds.flatMap((round) => round.value(group, name) ?? []);
}

/** The median of what each round has as ratio; undefined when one is missing or not above 0. */
export function ratio(
  ours: readonly Figures[],
  theirs: readonly Figures[],
  { group, name }: Pick<Figure, "group" | "name">,
): number | undefined {
  const pairs = ours.flatMap((round, index) => {
    const a = round.value(group, name);
    const b = theirs[index]?.value(group, name);
    return a !== undefined && b !== undefined && a > 0 && b > 0 ? [a / b] : [];
  });
  return pairs.length > 0 ? median(pairs) : undefined;
}

/** Every figure that a round has, once, in order. */
function kindsOf(rounds: readonly Figures[]): Figure[] {
  const found = new Map<string, Figure>();
  for (const one of rounds.flatMap(({ all }) => all)) {
    if (!found.has(keyOf(one.group, one.name))) found.set(keyOf(one.group, one.name), one);
  }
  return [...found.values()];
}

const shown = (all: readonly number[]): string => (all.length > 0 ? figure(median(all)) : "–");

const NS: Readonly<Record<string, number>> = { ns: 1, µs: NS_PER_US, ms: 1e6 };
/** The exit that others are measured by: it has the least to do. */
const UNIT = { group: ROUND_TRIP, name: "CPUID" };
/** Groups whose times are multiples of it. */
const IN_EXITS = [ROUND_TRIP, CALLS];

/** A time as a multiple of what an exit by CPUID takes in the same guest: the median of the rounds' own. */
function inExits(rounds: readonly Figures[], kind: Figure): string {
  if (!IN_EXITS.includes(kind.group)) return "";
  const multiples = rounds.flatMap((round) => {
    const value = round.value(kind.group, kind.name);
    const exit = round.value(UNIT.group, UNIT.name);
    return value !== undefined && exit ? [(value * NS[kind.unit]!) / exit] : [];
  });
  return shown(multiples);
}

/** A table for each group: medians of ours beside theirs, each in CPUID exits as well, and the median of the rounds' ratios. */
export function pairedTables(ours: readonly Figures[], theirs: readonly Figures[]): string {
  const heading = ["ours", "in exits", "original", "in exits", "ratio"];
  return tables(kindsOf([...ours, ...theirs]), heading, (kind) => {
    const quotient = ratio(ours, theirs, kind);
    const last = quotient === undefined ? "–" : figure(quotient);
    const both = [ours, theirs].flatMap((all) => [shown(values(all, kind)), inExits(all, kind)]);
    return [...both, last];
  });
}

/** A table for each group: medians of ours, also in CPUID exits, and what the original had another day, which is no comparison. */
export function contextTables(
  ours: readonly Figures[],
  earlier?: ReadonlyMap<string, string>,
): string {
  const heading = ["ours", "in exits", ...(earlier ? ["original, another day"] : [])];
  return tables(kindsOf(ours), heading, (kind) => [
    shown(values(ours, kind)),
    inExits(ours, kind),
    ...(earlier ? [earlier.get(keyOf(kind.group, kind.name)) ?? ""] : []),
  ]);
}

function tables(
  kinds: readonly Figure[],
  heading: readonly string[],
  cells: (kind: Figure) => string[],
): string {
  const groups = [...new Set(kinds.map(({ group }) => group))];
  return groups
    .map((group) => {
      const rows = kinds
        .filter((kind) => kind.group === group)
        .map((kind) => [kind.name, kind.unit, ...cells(kind)]);
      // Nothing stands in a column that this group does not have.
      const own = [group, "", ...heading].map((_, at) => at < 2 || rows.some((row) => row[at]));
      const kept = (row: readonly string[]) => row.filter((_, at) => own[at]);
      return table(kept([group, "", ...heading]), rows.map(kept));
    })
    .join("\n\n");
}
