// What `cell stats` shows: pure text, one string for each row.

import { type Columns, fits, wrap } from "../config/columns.ts";
import { oneLine, printable } from "../config/printable.ts";
import type { CellStatistics, Counters } from "../control/api.ts";

/** One look at the counters, at a virtual time in nanoseconds. */
export interface Sample {
  readonly statistics: CellStatistics;
  readonly time: number;
}

export interface StatsView {
  readonly sample: Sample;
  /** The look before; without it there are no rates. */
  readonly previous: Sample | undefined;
  /** The CPU that is shown; undefined: all. */
  readonly cpu: number | undefined;
}

const NS_PER_SECOND = 1e9;
/** Columns of the original's screen (ABI section 6). */
const NAME_WIDTH = 30;
const NUMBER_WIDTH = 10;
export const WIDTH = NAME_WIDTH + 2 * NUMBER_WIDTH;
/** The keys, as long as there is room for. */
const KEYS = [" Q - Quit | C - Toggle CPU | A - All CPUs", " Q quit C CPU A all"];

export const keys = (columns: Columns): string =>
  KEYS.find((text) => fits([text], columns)) ?? (KEYS.at(-1) as string);

interface Line {
  readonly name: string;
  readonly sum: number;
  readonly rate: number | undefined;
}

export const title = ({ sample }: StatsView, columns?: Columns): string[] =>
  wrap(`Statistics for ${printable(oneLine(sample.statistics.cell.name))} cell`, columns);

/** A name and two numbers in one line; where that has no room, the numbers below the name. */
function entry(name: string, sum: string, rate: string, columns: Columns): string[] {
  const numbers = sum.padStart(NUMBER_WIDTH) + rate.padStart(NUMBER_WIDTH);
  if (columns === undefined || columns >= WIDTH) return [name.padEnd(NAME_WIDTH) + numbers];
  return [
    ...wrap(name, columns),
    ...wrap(columns < numbers.length ? `${sum} ${rate}` : numbers, columns),
  ];
}

export function heading({ cpu }: StatsView, columns?: Columns): string[] {
  const which = cpu === undefined ? "(All CPUs)" : `(CPU ${cpu})`;
  return entry(`COUNTER ${which}`, "SUM", "PER SEC", columns);
}

function countersOf({ statistics }: Sample, cpu: number | undefined): Counters {
  return cpu === undefined ? statistics.total : (statistics.cpus.get(cpu) ?? {});
}

function lines({ sample, previous, cpu }: StatsView): Line[] {
  const before = previous && countersOf(previous, cpu);
  const seconds = previous ? (sample.time - previous.time) / NS_PER_SECOND : 0;
  return Object.entries(countersOf(sample, cpu)).map(([name, sum]) => {
    // A restarted cell's counters begin again at 0.
    const change = Math.max(sum - (before?.[name] ?? 0), 0);
    const rate = seconds > 0 ? Math.round(change / seconds) : undefined;
    return { name: `vmexits_${name}`, sum, rate };
  });
}

/** The counters, by descending rate, then sum, then name; each in one line, or in several where there is little room. */
export function rows(view: StatsView, columns?: Columns): string[] {
  const order = (a: Line, b: Line) =>
    (b.rate ?? 0) - (a.rate ?? 0) || b.sum - a.sum || (a.name < b.name ? -1 : 1);
  return lines(view)
    .sort(order)
    .flatMap(({ name, sum, rate }) => entry(name, `${sum}`, `${rate ?? ""}`, columns))
    .map((line) => line.trimEnd());
}

/** All of it as plain text, one look after the other. */
export function plain(view: StatsView, columns?: Columns): string {
  const parts = [title(view, columns), "", heading(view, columns), rows(view, columns)].flat();
  return `${parts.join("\n")}\n`;
}

/** The CPU after this one, round and round through all of the cell's. */
export function nextCpu({ sample, cpu }: StatsView): number | undefined {
  const cpus = [...sample.statistics.cpus.keys()].sort((a, b) => a - b);
  return cpus.find((each) => each > (cpu ?? -1)) ?? cpus[0];
}
