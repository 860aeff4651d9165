// Findings for people: as compilers show them, with the line underlined, a picture of ranges, and the lines of the fix.
import { type Columns, widthOf, wrap } from "../columns.ts";
import { oneLine } from "../printable.ts";
import type { Config } from "../types.ts";
import type { Finding, Input, Shown } from "./finding.ts";
import type { Group } from "./group.ts";
import { type Location, locate } from "./locate.ts";
import { definitionKeys, lineOf, stepsOf } from "./notation.ts";
import { hex } from "./ranges.ts";

const PICTURE_WIDTH = 40;
/** With less the numbers stand below. */
const PICTURE_MIN = 10;
/** What a bar has at its ends, and what is around it. */
const SIDES = 2;
const GAPS = 2;
const INDENT = "    ";
/** Other places of a finding that are told. */
const OTHERS = 3;

/** `file:line:column`, or `file, byte 0x8c`; byte 0 is that of the file as a whole and says nothing. */
function whereText({ file, line, column, offset }: Location): string {
  if (line !== undefined) return `${file}:${line}${column === undefined ? "" : `:${column}`}`;
  return !offset ? file : `${file}, byte ${hex(offset)}`;
}

/** Bars on a common scale, one line for each range; where a terminal has no room for it all, three. */
export function picture(ranges: readonly Shown[], columns?: Columns): string[] {
  if (ranges.length < 2) return [];
  const first = ranges.map(({ start }) => start).reduce((a, b) => (a < b ? a : b));
  const last = ranges.map(({ start, size }) => start + size).reduce((a, b) => (a > b ? a : b));
  const labels = Math.max(...ranges.map(({ label }) => widthOf(label)));
  const numbers = ranges.map(({ start, size }) => `${hex(start)} to ${hex(start + size - 1n)}`);
  const beside = labels + SIDES + Math.max(...numbers.map((text) => text.length)) + GAPS;
  const isWide = columns === undefined || columns - beside >= PICTURE_MIN;
  const all = Math.max(
    columns === undefined ? PICTURE_WIDTH : columns - (isWide ? beside : SIDES),
    1,
  );
  const drawn = Math.min(PICTURE_WIDTH, all);
  const width = BigInt(drawn);
  const column = (address: bigint) => Number(((address - first) * width) / (last - first));
  return ranges.flatMap(({ label, start, size }, index) => {
    const from = Math.min(column(start), drawn - 1);
    const length = Math.max(1, column(start + size) - from);
    const bar = `|${`${" ".repeat(from)}${"#".repeat(length)}`.padEnd(drawn)}|`;
    const number = numbers[index] as string;
    if (isWide) return [`${label}${" ".repeat(labels - widthOf(label))} ${bar} ${number}`];
    return [...wrap(label, columns), bar, ...wrap(number, columns)];
  });
}

/** A line and what is marked in it, in pieces of as many columns as there are: the mark stays below what it marks. */
function marked(line: string, from: number, length: number, columns: Columns): string[] {
  // A tab is as wide as the terminal likes.
  const text = line.replaceAll("\t", " ");
  const marks = `${" ".repeat(from)}${"^".repeat(length)}`;
  if (columns === undefined || text.length <= columns) return [line, marks];
  const step = Math.max(columns, 1);
  const pieces = Array.from({ length: Math.ceil(text.length / step) }, (_, index) => index * step);
  return pieces.flatMap((at) => {
    const mark = marks.slice(at, at + step).trimEnd();
    return [text.slice(at, at + step), ...(mark === "" ? [] : [mark])];
  });
}

/** The line in question and an underline: of the source, or as a definition would have it. */
function excerpt(
  input: Input,
  place: Finding["place"],
  { line, column, length }: Location,
  columns: Columns,
): string[] {
  const text = line === undefined ? undefined : input.source?.split("\n")[line - 1];
  if (text !== undefined && column !== undefined) {
    const gutter = `${line} | `;
    const from = gutter.length + column - 1;
    return marked(`${gutter}${text}`, from, Math.max(1, length ?? 1), columns);
  }
  if (!input.config || line !== undefined || place.path === "") return [];
  const entry = lineOf(input.config, place.path);
  if (entry.text === "") return [];
  const key = definitionKeys(place.path).split(/[.\]]/).at(-1) as string;
  const found =
    key === "" ? null : new RegExp(`${key}: ([[{].*?[\\]}]|[^,}]*[^,} ])`).exec(entry.text);
  const gutter = `${definitionKeys(entry.path)} | `;
  const [start, size] = found ? [found.index, found[0].length] : [0, entry.text.length];
  return marked(`${gutter}${entry.text}`, gutter.length + start, size, columns);
}

const VERBS = { replace: "write", delete: "delete", add: "add" } as const;

/** What to do, with the literal lines. */
function remedy(inputs: readonly Input[], { fix, advice, place }: Finding): string[] {
  if (fix.length === 0) return advice === undefined ? [] : [`help: ${advice}`];
  // A rule proposes edits of files that are configurations only.
  const configs = inputs.map(({ config }) => config) as Config[];
  return stepsOf(configs, fix).flatMap(({ file, path, action, line }) => {
    const name = definitionKeys(path);
    const where = file === place.file ? name : `${name} of ${inputs[file]!.path}`;
    const goal = action === "add" ? `to ${where}` : `as ${where}`;
    const head = action === "delete" ? `delete ${where}` : `${VERBS[action]} ${goal}`;
    return [`fix: ${head}:`, `${INDENT}${line}`];
  });
}

/** Other places that one has to look at, the most special ones. */
function others(inputs: readonly Input[], { place, related }: Finding): string[] {
  const isSpecial = ({ path }: Finding["place"]) => /[.\]]/.test(path);
  const wanted = related.some(isSpecial) ? related.filter(isSpecial) : related;
  const lines = wanted
    .filter(({ file, path }) => file !== place.file || path !== place.path)
    .map(({ file, path }) => {
      const name = definitionKeys(path);
      return `see: ${file === place.file ? name : `${name} of ${inputs[file]!.path}`}`;
    });
  return [...new Set(lines)].slice(0, OTHERS);
}

/** Where else the same is, by files. */
function more(inputs: readonly Input[], { places, count }: Group, columns: Columns): string[] {
  if (count === 1) return [];
  const paths = new Map<string, string[]>();
  for (const { file, path } of places) {
    const name = definitionKeys(path);
    paths.set(name, [...(paths.get(name) ?? []), inputs[file]!.path]);
  }
  const list = [...paths].map(([name, files]) => `${name} of ${files.join(", ")}`).join("; ");
  const pairs = (places.length * (places.length - 1)) / 2;
  const each = count === pairs ? "each with each other" : `in ${count} pairs`;
  return wrap(`the same ${each}, ${places.length} in all: ${list}`, columns);
}

/** One finding, in several lines; its place and message in one, its fix in lines that can be copied. */
export function findingText(inputs: readonly Input[], group: Group, columns?: Columns): string {
  const { finding } = group;
  const { place, severity, message, rule, ranges } = finding;
  const location = locate(inputs, place);
  const room = columns === undefined ? undefined : columns - INDENT.length;
  const path = place.path === "" ? "" : `${definitionKeys(place.path)}: `;
  const details = [
    ...excerpt(inputs[place.file]!, place, location, room),
    ...picture(ranges, room),
    ...others(inputs, finding),
    ...more(inputs, group, room),
    ...remedy(inputs, finding),
  ];
  const head = `${whereText(location)}: ${severity}: ${path}${message} [${rule}]`;
  return `${[head, ...details.map((line) => `${INDENT}${line}`)].join("\n")}\n`;
}

/** What the original's check looks for, and the rules that are about it. */
const CATEGORIES: readonly (readonly [string, readonly string[]])[] = [
  ["Overlapping memory regions inside cell", ["memory-inside", "memory-alias"]],
  ["Overlapping memory regions with hypervisor", ["memory-hypervisor"]],
  ["Missing PCI MMCONFIG interceptions", ["memory-mmconfig"]],
  ["Missing IOMMU interceptions", ["iommu-overlap"]],
  [
    "Missing resource interceptions for architecture",
    ["memory-trapped", "memory-ioapic", "memory-gic", "memory-device-moved", "memory-msix"],
  ],
];

/** Whether the original's check ends with an error for what a finding is about. */
export const isOriginals = ({ rule }: Finding): boolean =>
  CATEGORIES.some(([, rules]) => rules.includes(rule));

/** Rules about files of which nothing else was looked at. */
const UNSEEN = ["file-unreadable", "file-format", "file-source", "file-kind", "file-large"];

/** The original's output: what was read, and its five questions, which have no answer unless all files were looked at. */
export function frameText(inputs: readonly Input[], findings: readonly Finding[]): string {
  const [system] = inputs;
  const architecture = system?.config?.architecture;
  const lines = ["Reading configuration set:"];
  if (architecture) lines.push(`  Architecture:  ${architecture}`);
  inputs.forEach(({ path, config }, index) => {
    const cell = config?.kind === "system" ? config.rootCell : config;
    const kind = index === 0 ? "Root cell:     " : "Non-root cell: ";
    lines.push(`  ${kind}${cell ? `${oneLine(cell.name)} (${path})` : path}`);
  });
  const isWhole = findings.every(({ rule }) => !UNSEEN.includes(rule));
  if (system?.config?.kind !== "system" || !isWhole) return `${lines.join("\n")}\n`;
  for (const [title, rules] of CATEGORIES) {
    const isIommu = rules.includes("iommu-overlap");
    if (isIommu && system.config.iommuUnits.length === 0) continue;
    const count = findings.filter(({ rule }) => rules.includes(rule)).length;
    const name = title.endsWith("architecture") ? `${title} ${architecture}` : title;
    lines.push(`${name}: ${count === 0 ? "None" : `${count}, see below`}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Findings of one kind that are shown unless all are wanted. */
const SHOWN_OF_A_KIND = 25;

/** The first ones of each kind, and a line for each kind of which there are more. */
export function firstOfEachKind(groups: readonly Group[]): {
  shown: Group[];
  more: string[];
} {
  const counts = new Map<string, number>();
  const shown = groups.filter(({ finding: { rule } }) => {
    const count = (counts.get(rule) ?? 0) + 1;
    counts.set(rule, count);
    return count <= SHOWN_OF_A_KIND;
  });
  const more = [...counts].flatMap(([rule, count]) =>
    count > SHOWN_OF_A_KIND
      ? [`${count - SHOWN_OF_A_KIND} more of this kind [${rule}]: --all shows them`]
      : [],
  );
  return { shown, more };
}

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? "" : "s"}`;

/** How many there are of each kind; what was put together is one. */
export function summaryText(groups: readonly Group[]): string {
  const count = (wanted: string) =>
    groups.filter(({ finding }) => finding.severity === wanted).length;
  const all = groups.reduce((sum, group) => sum + group.count, 0);
  const pairs = all === groups.length ? "" : `; ${all} pair by pair: --all shows them`;
  return `${counted(count("error"), "error")}, ${counted(count("warning"), "warning")}, ${counted(count("note"), "note")}${pairs}\n`;
}
