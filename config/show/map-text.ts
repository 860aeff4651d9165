// A map drawn in the terminal: CPUs as a row of letters, memory as a column of boxes, taller where more is in them.

import { type Columns, flow, widthOf, wrap } from "../columns.ts";
import { type Band, type ConfigMap, linesOf, type Owner } from "./map.ts";
import { sizeText } from "./words.ts";

/** Characters between the sides of a box, where there is room. */
const WIDTH = 56;
/** The least: with less, addresses stand above the edges. */
const WIDTH_MIN = 12;
const SIDES = 2;
const ADDRESS_DIGITS = 8;
const MARGIN = " ".repeat(4);
/** Background colours (ECMA-48 SGR) of the root cell, the hypervisor, and cells in turn. */
const BLUE = 44;
const WHITE = 47;
const CELLS = [42, 45, 46, 43, 41];
const BLACK_TEXT = 30;

/** The picture, ending with a line break; folded to the terminal's columns. */
export function drawMap(map: ConfigMap, colours: boolean, columns?: Columns): string {
  const paint = (owner: Owner | undefined, text: string) =>
    colours && owner ? `\x1b[${BLACK_TEXT};${colour(owner, map)}m${text}\x1b[0m` : text;
  const width = Math.max(...map.cpus.map((_, cpu) => `${cpu}`.length), 1) + 1;
  const numbers = map.cpus.map((_, cpu) => `${cpu}`.padStart(width));
  const letters = map.cpus.map(
    (owner) => " ".repeat(width - 1) + paint(owner, owner?.letter ?? "."),
  );
  const legend = map.owners.map((owner) => `${paint(owner, owner.letter)} ${owner.name}`);
  const room = columns === undefined ? undefined : Math.max(columns - MARGIN.length, 1);
  const step = room === undefined ? map.cpus.length : Math.floor(room / width);
  const title = map.space === "physical" ? "Memory" : "Memory as the cell sees it";
  return [
    ...cpuLines(numbers, letters, Math.max(step, 1)),
    "",
    ...flow(legend, "   ", room).map((line) => MARGIN + line),
    "",
    ...wrap(title, columns),
    ...boxes(map.bands, columns, paint),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** CPUs and whose they are, that many to a line. */
function cpuLines(numbers: readonly string[], letters: readonly string[], step: number): string[] {
  const lines = [
    `CPU ${numbers.slice(0, step).join("")}`,
    MARGIN + letters.slice(0, step).join(""),
  ];
  for (let at = step; at < numbers.length; at += step)
    for (const list of [numbers, letters]) lines.push(MARGIN + list.slice(at, at + step).join(""));
  return lines;
}

function colour(owner: Owner, { owners }: ConfigMap): number {
  if (owner.kind === "hypervisor") return WHITE;
  if (owner.kind === "root") return BLUE;
  const cells = owners.filter(({ kind }) => kind === "cell");
  return CELLS[cells.indexOf(owner) % CELLS.length]!;
}

type Paint = (owner: Owner | undefined, text: string) => string;

/** How wide boxes are, and where they begin. */
interface Frame {
  readonly width: number;
  /** Of all addresses. */
  readonly digits: number;
  /** Whether those stand in front of the edges, not above them. */
  readonly beside: boolean;
}

function frameOf(bands: readonly Band[], columns: Columns): Frame {
  const lengthOf = (address: bigint) => address.toString(16).length;
  const digits = Math.max(ADDRESS_DIGITS, ...bands.map(({ start }) => lengthOf(start)));
  // The very end may have a digit more, and its line sticks out.
  const ends = bands.map(({ start, size }) => lengthOf(start + size) - digits);
  const more = Math.max(0, ...ends);
  const all = Math.max((columns ?? Number.POSITIVE_INFINITY) - SIDES, 1);
  const beside = all - marginOf(digits).length - more;
  return beside < WIDTH_MIN
    ? { width: Math.min(WIDTH, all), digits, beside: false }
    : { width: Math.min(WIDTH, beside), digits, beside: true };
}

/** As wide as an address of so many digits. */
const marginOf = (digits: number): string => " ".repeat(digits + 3);

function boxes(bands: readonly Band[], columns: Columns, paint: Paint): string[] {
  const lines: string[] = [];
  const frame = frameOf(bands, columns);
  const margin = frame.beside ? marginOf(frame.digits) : "";
  let end: bigint | undefined;
  for (const band of bands) {
    const isGap = end !== undefined && end !== band.start;
    if (end !== undefined && isGap) lines.push(...edge(end, "└", "┘", frame), `${margin}⋮`);
    lines.push(
      ...(end === undefined || isGap
        ? edge(band.start, "┌", "┐", frame)
        : edge(band.start, "├", "┤", frame)),
    );
    lines.push(...box(band, frame.width, paint).map((line) => `${margin}│${line}│`));
    end = band.start + band.size;
  }
  if (end !== undefined) lines.push(...edge(end, "└", "┘", frame));
  return lines;
}

function edge(address: bigint, left: string, right: string, frame: Frame): string[] {
  const { width, digits, beside } = frame;
  const text = `0x${address.toString(16).padStart(digits, "0")}`;
  const line = `${left}${"─".repeat(width)}${right}`;
  return beside ? [`${text} ${line}`] : [text, line];
}

/** The lines inside: what it is on the first ones, colour on all. */
function box({ owners, label, size }: Band, width: number, paint: Paint): string[] {
  const letters = owners.map(({ letter }) => letter).join("+");
  const names = owners.map(({ name }) => name).join(" and ");
  const inside = Math.max(width - SIDES, 1);
  const text = `${letters} ${names}: ${label}`;
  const amount = sizeText(size);
  const lines = wrap(text, inside);
  const space = inside - widthOf(lines[0]!) - widthOf(amount);
  // The amount ends the first line, if it has room.
  if (space > 0) lines[0] += " ".repeat(space) + amount;
  else lines.push(...wrap(amount, inside));
  while (lines.length < linesOf(size)) lines.push("");
  return lines.map((line) => {
    const rest = width - 1 - widthOf(line);
    return paint(owners.at(-1), ` ${line}${" ".repeat(Math.max(rest, 0))}`);
  });
}
