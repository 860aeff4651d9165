// Tables as text: columns as wide as they need to be, nothing wrapped.
import type { Section } from "./tables.ts";

const GAP = 2;
const INDENT = "  ";

/** All sections, an empty line between them; ends with a line break. */
export function renderSections(sections: readonly Section[]): string {
  return sections.map(renderSection).join("\n");
}

function renderSection({ title, heading, rows }: Section): string {
  const lines = heading ? align([heading, ...rows]) : align(rows);
  return [title, ...lines.map((line) => `${INDENT}${line}`)].map((line) => `${line}\n`).join("");
}

/** Rows with their columns under each other. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]! + GAP))
      .join("")
      .trimEnd(),
  );
}
