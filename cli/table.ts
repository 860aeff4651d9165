// Tables as the original's command prints them.

import { type Columns, fits, table } from "../config/columns.ts";
import { oneLine, printable } from "../config/printable.ts";
import type { CellInfo } from "../control/api.ts";
import { cpuList } from "../control/sysfs.ts";

/** Widths of `cell list` (ABI section 6): `%-8s%-24s%-18s%-24s%-24s`, trailing blanks kept. */
const CELL_COLUMNS = [8, 24, 18, 24, 24];

function row(cells: readonly string[], widths: readonly number[]): string {
  return `${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("")}\n`;
}

/** The table of `cell list`, sorted by the ids' text as the original does; as narrow as a terminal needs it. */
export function cellTable(cells: readonly CellInfo[], columns?: Columns): string {
  const heading = ["ID", "Name", "State", "Assigned CPUs", "Failed CPUs"];
  const rows = sortCells(cells).map(({ id, name, state, cpusAssigned, cpusFailed }) => [
    `${id}`,
    columns === undefined ? oneLine(name) : printable(oneLine(name)),
    state,
    cpuList(cpusAssigned),
    cpuList(cpusFailed),
  ]);
  const lines = [heading, ...rows].map((cell) => row(cell, CELL_COLUMNS));
  const isWide = fits(
    lines.map((line) => line.trimEnd()),
    columns,
  );
  return isWide ? lines.join("") : text(table(heading, rows, columns));
}

export function sortCells(cells: readonly CellInfo[]): CellInfo[] {
  return [...cells].sort((a, b) => (`${a.id}` < `${b.id}` ? -1 : 1));
}

/** Lines as text. */
export const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
