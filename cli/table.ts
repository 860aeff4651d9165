// Tables as the original's command prints them.

import { oneLine } from "../config/printable.ts";
import type { CellInfo } from "../control/api.ts";
import { cpuList } from "../control/sysfs.ts";

/** Widths of `cell list` (ABI section 6): `%-8s%-24s%-18s%-24s%-24s`, trailing blanks kept. */
const CELL_COLUMNS = [8, 24, 18, 24, 24];

export function row(cells: readonly string[], widths: readonly number[]): string {
  return `${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("")}\n`;
}

/** The table of `cell list`, sorted by the ids' text as the original does. */
export function cellTable(cells: readonly CellInfo[]): string {
  const heading = ["ID", "Name", "State", "Assigned CPUs", "Failed CPUs"];
  const rows = sortCells(cells).map(({ id, name, state, cpusAssigned, cpusFailed }) => [
    `${id}`,
    oneLine(name),
    state,
    cpuList(cpusAssigned),
    cpuList(cpusFailed),
  ]);
  return [heading, ...rows].map((cell) => row(cell, CELL_COLUMNS)).join("");
}

export function sortCells(cells: readonly CellInfo[]): CellInfo[] {
  return [...cells].sort((a, b) => (`${a.id}` < `${b.id}` ? -1 : 1));
}

/** A table whose columns are as wide as they need to be. */
export function fittedTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const cells of rows) {
    cells.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length + 2);
    });
  }
  return rows.map((cells) => `${row(cells, widths).trimEnd()}\n`).join("");
}

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
