// Tables as text: columns as wide as they need to be, folded only where a terminal has no room for them.
import { type Columns, facts, table, wrap } from "../columns.ts";
import type { Section } from "./tables.ts";

const INDENT = "  ";

/** All sections, an empty line between them; ends with a line break. */
export function renderSections(sections: readonly Section[], columns?: Columns): string {
  return sections.map((section) => renderSection(section, columns)).join("\n");
}

function renderSection({ title, heading, rows }: Section, columns: Columns): string {
  const room = columns === undefined ? undefined : columns - INDENT.length;
  const lines = heading ? table(heading, rows, room) : facts(rows, room);
  const indented = lines.map((line) => `${INDENT}${line}`.trimEnd());
  return [...wrap(title, columns), ...indented].map((line) => `${line}\n`).join("");
}
