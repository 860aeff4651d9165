// How often a time took how long, for a terminal and as a picture.
import { escapeXml } from "../config/show/svg.ts";

/** Times of one kind, in microseconds. */
export interface Series {
  readonly label: string;
  readonly values: readonly number[];
}

/** How many values are at least `from` and below `to`, in microseconds. */
interface Bucket {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
}

const STEPS = [1, 2, 5];
const DECADE = 10;
/** Below the first edge nobody tells times apart: a timer counts in such steps. */
const FIRST_EDGE = 1;
const BAR = 40;
/** Digits of a count. */
const COUNT = 6;

/** Edges that grow as 1, 2, 5, 10, …, as far as the largest value needs. */
function edgesFor(largest: number): number[] {
  const edges = [Number.NEGATIVE_INFINITY];
  for (let power = FIRST_EDGE; ; power *= DECADE)
    for (const step of STEPS) {
      edges.push(step * power);
      if (step * power > largest) return edges;
    }
}

/** The buckets from the first to the last that is not empty; none without values. */
export function bucketsOf(series: readonly Series[]): Bucket[] {
  const all = series.flatMap(({ values }) => values);
  if (all.length === 0) return [];
  const edges = edgesFor(all.reduce((a, b) => Math.max(a, b)));
  const buckets = edges.slice(1).map((to, index) => {
    const from = edges[index]!;
    const within = (value: number) => value >= from && value < to;
    return { from, to, counts: series.map(({ values }) => values.filter(within).length) };
  });
  return buckets.slice(buckets.findIndex(({ counts }) => counts.some((count) => count > 0)));
}

const share = (count: number, { values }: Series): number =>
  values.length === 0 ? 0 : count / values.length;

const nameOf = ({ from, to }: Bucket): string =>
  Number.isFinite(from) ? `${from} to ${to} µs` : `below ${to} µs`;

const summaryOf = ({ label, values }: Series): string =>
  values.length === 0
    ? `${label}: none`
    : `${label}: ${values.length}, worst ${values.reduce((a, b) => Math.max(a, b))} µs`;

/** A block for each series, all with the same rows. A bar's length is the share of its series. */
export function drawText(series: readonly Series[]): string {
  const buckets = bucketsOf(series);
  const names = buckets.map(nameOf);
  const width = names.reduce((most, { length }) => Math.max(most, length), 0);
  const block = (one: Series, index: number) =>
    [
      summaryOf(one),
      ...buckets.map(({ counts }, row) => {
        const count = counts[index]!;
        const length = Math.round(share(count, one) * BAR);
        const bar = count > 0 && length === 0 ? "▏" : "█".repeat(length);
        return `  ${names[row]!.padStart(width)} ${String(count).padStart(COUNT)} ${bar}`.trimEnd();
      }),
    ].join("\n");
  return series.map(block).join("\n\n");
}

const WIDTH = 720;
const MARGIN = 16;
const PLOT = 120;
const GAP = 36;
const TEXT = 16;
const BACKGROUND = "#fafafa";
const COLOURS = ["#90caf9", "#9ccc65", "#ffd54f", "#ef9a9a", "#ce93d8", "#4dd0e1"];

/** A picture: one plot below the other, all with the same axis. */
export function drawSvg(title: string, series: readonly Series[]): string {
  const buckets = bucketsOf(series);
  const column = (WIDTH - 2 * MARGIN) / Math.max(1, buckets.length);
  const parts: string[] = [];
  let y = MARGIN;
  for (const [index, one] of series.entries()) {
    parts.push(`<text x="${MARGIN}" y="${y + TEXT}">${escapeXml(summaryOf(one))}</text>`);
    const floor = y + TEXT + GAP / 2 + PLOT;
    for (const [at, { counts }] of buckets.entries()) {
      const count = counts[index]!;
      // What happened at all is to be seen.
      const height = count === 0 ? 0 : Math.max(1, share(count, one) * PLOT);
      const x = MARGIN + at * column;
      parts.push(
        `<rect x="${x}" y="${floor - height}" width="${column - 2}" height="${height}" fill="${COLOURS[index % COLOURS.length]}"/>`,
      );
      if (count > 0)
        parts.push(
          `<text x="${x + column / 2}" y="${floor - height - 4}" text-anchor="middle">${count}</text>`,
        );
    }
    parts.push(`<path d="M${MARGIN} ${floor}h${WIDTH - 2 * MARGIN}" stroke="#37474f"/>`);
    y = floor + GAP;
  }
  for (const [at, { to }] of buckets.entries())
    parts.push(
      `<text x="${MARGIN + at * column + column / 2}" y="${y}" text-anchor="middle">&lt;${to}</text>`,
    );
  const height = y + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    ' font-family="ui-monospace, monospace" font-size="11" role="img">',
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="${BACKGROUND}"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}
