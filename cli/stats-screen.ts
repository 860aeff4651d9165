// What `cell stats` shows: pure text, one string for each row.

import { oneLine } from "../config/printable.ts";
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
export const KEYS = " Q - Quit | C - Toggle CPU | A - All CPUs";

interface Line {
  readonly name: string;
  readonly sum: number;
  readonly rate: number | undefined;
}

export const title = ({ sample }: StatsView): string =>
  `Statistics for ${oneLine(sample.statistics.cell.name)} cell`;

export function heading({ cpu }: StatsView): string {
  const which = cpu === undefined ? "(All CPUs)" : `(CPU ${cpu})`;
  return (
    `COUNTER ${which}`.padEnd(NAME_WIDTH) +
    "SUM".padStart(NUMBER_WIDTH) +
    "PER SEC".padStart(NUMBER_WIDTH)
  );
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

/** The counters, by descending rate, then sum, then name. */
export function rows(view: StatsView): string[] {
  const order = (a: Line, b: Line) =>
    (b.rate ?? 0) - (a.rate ?? 0) || b.sum - a.sum || (a.name < b.name ? -1 : 1);
  return lines(view)
    .sort(order)
    .map(({ name, sum, rate }) =>
      (
        name.padEnd(NAME_WIDTH) +
        `${sum}`.padStart(NUMBER_WIDTH) +
        `${rate ?? ""}`.padStart(NUMBER_WIDTH)
      ).trimEnd(),
    );
}

/** All of it as plain text, for what is not a terminal. */
export function plain(view: StatsView): string {
  return `${[title(view), "", heading(view), ...rows(view)].join("\n")}\n`;
}

/** The CPU after this one, round and round through all of the cell's. */
export function nextCpu({ sample, cpu }: StatsView): number | undefined {
  const cpus = [...sample.statistics.cpus.keys()].sort((a, b) => a - b);
  return cpus.find((each) => each > (cpu ?? -1)) ?? cpus[0];
}
