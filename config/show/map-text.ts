// A map drawn in the terminal: CPUs as a row of letters, memory as a column of boxes, taller where more is in them.
import { type Band, type ConfigMap, linesOf, type Owner } from "./map.ts";
import { sizeText } from "./words.ts";

/** Characters between the sides of a box. */
const WIDTH = 56;
const ADDRESS_DIGITS = 8;
/** Background colours (ECMA-48 SGR) of the root cell, the hypervisor, and cells in turn. */
const BLUE = 44;
const WHITE = 47;
const CELLS = [42, 45, 46, 43, 41];
const BLACK_TEXT = 30;

/** The picture, ending with a line break. */
export function drawMap(map: ConfigMap, colours: boolean): string {
  const paint = (owner: Owner | undefined, text: string) =>
    colours && owner ? `\x1b[${BLACK_TEXT};${colour(owner, map)}m${text}\x1b[0m` : text;
  const width = Math.max(...map.cpus.map((_, cpu) => `${cpu}`.length), 1) + 1;
  const numbers = map.cpus.map((_, cpu) => `${cpu}`.padStart(width)).join("");
  const letters = map.cpus.map(
    (owner) => " ".repeat(width - 1) + paint(owner, owner?.letter ?? "."),
  );
  const legend = map.owners.map((owner) => `${paint(owner, owner.letter)} ${owner.name}`);
  const title = map.space === "physical" ? "Memory" : "Memory as the cell sees it";
  return [
    `CPU ${numbers}`,
    `    ${letters.join("")}`,
    "",
    `    ${legend.join("   ")}`,
    "",
    title,
    ...boxes(map.bands, paint),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function colour(owner: Owner, { owners }: ConfigMap): number {
  if (owner.kind === "hypervisor") return WHITE;
  if (owner.kind === "root") return BLUE;
  const cells = owners.filter(({ kind }) => kind === "cell");
  return CELLS[cells.indexOf(owner) % CELLS.length]!;
}

type Paint = (owner: Owner | undefined, text: string) => string;

function boxes(bands: readonly Band[], paint: Paint): string[] {
  const lines: string[] = [];
  const margin = " ".repeat(ADDRESS_DIGITS + 3);
  let end: bigint | undefined;
  for (const band of bands) {
    const isGap = end !== undefined && end !== band.start;
    if (end !== undefined && isGap) lines.push(edge(end, "└", "┘"), `${margin}⋮`);
    lines.push(
      end === undefined || isGap ? edge(band.start, "┌", "┐") : edge(band.start, "├", "┤"),
    );
    lines.push(...box(band, paint).map((line) => `${margin}│${line}│`));
    end = band.start + band.size;
  }
  if (end !== undefined) lines.push(edge(end, "└", "┘"));
  return lines;
}

function edge(address: bigint, left: string, right: string): string {
  const digits = `0x${address.toString(16).padStart(ADDRESS_DIGITS, "0")}`;
  return `${digits} ${left}${"─".repeat(WIDTH)}${right}`;
}

/** The lines inside: what it is on the first, colour on all. */
function box({ owners, label, size }: Band, paint: Paint): string[] {
  const height = linesOf(size);
  const letters = owners.map(({ letter }) => letter).join("+");
  const names = owners.map(({ name }) => name).join(" and ");
  const amount = sizeText(size);
  const room = WIDTH - letters.length - amount.length - 4;
  const text = `${names}: ${label}`;
  const fitting = text.length > room ? `${text.slice(0, room - 1)}…` : text.padEnd(room);
  const first = ` ${letters} ${fitting} ${amount} `;
  return [first, ...Array<string>(height - 1).fill(" ".repeat(WIDTH))].map((line) =>
    paint(owners.at(-1), line),
  );
}
