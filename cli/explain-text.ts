// What `jailhouse explain` prints.

import { type Columns, wrap } from "../config/columns.ts";
import {
  additionText,
  type Explanation,
  missing,
  type Situation,
} from "../config/explain/index.ts";
import { oneLine } from "../config/printable.ts";
import type { ConsoleEvent } from "../control/console-events.ts";
import type { Disassemble } from "../control/disassembler.ts";
import { json, text } from "./table.ts";

function indented(lines: readonly string[], depth: number): string {
  const all = lines.flatMap((line) => line.split("\n"));
  return all.map((line) => `${" ".repeat(depth)}${line}\n`).join("");
}

const DEPTH = 4;

/** Sentences: unlike lines of sources, which are copied, they are folded where a terminal is narrow. */
function sentences(lines: readonly string[], columns: Columns): string {
  const room = columns === undefined ? undefined : columns - DEPTH;
  const all = lines.flatMap((line) => line.split("\n"));
  return indented(
    all.flatMap((line) => wrap(line, room)),
    DEPTH,
  );
}

const headline = (line: string, columns: Columns): string => text(wrap(line, columns));

function instructionText({ denial }: Explanation, disassemble: Disassemble): string {
  const { instruction, bits, rip } = denial;
  const bytes = Buffer.from(instruction).toString("hex");
  const text = disassemble(instruction, bits) || (bytes ? `bytes ${bytes}` : "unreadable");
  return `at 0x${rip.toString(16)} (${bits}-bit code): ${text}`;
}

function explanationText(
  explanation: Explanation,
  disassemble: Disassemble,
  columns: Columns,
): string {
  const { denial, what, where, why, additions, cautions = [] } = explanation;
  const times = denial.times > 1 ? ` (${denial.times} times)` : "";
  const verdict = denial.allowed > 0 ? "Learning allowed it, although" : "It was denied, because";
  const advice = additions.map(additionText);
  return [
    headline(`${what}${times}`, columns),
    sentences([instructionText(explanation, disassemble)], columns),
    sentences([`That is ${where}. ${verdict} ${why}.`], columns),
    advice.length > 0 ? sentences(["To allow it:"], columns) + indented(advice, 2 * DEPTH) : "",
    sentences(
      cautions.map((caution) => `config check then says: ${caution}`),
      columns,
    ),
  ].join("");
}

/** All explanations, one after the other. */
export function denialsText(
  missed: number,
  explanations: readonly Explanation[],
  disassemble: Disassemble,
  events: readonly ConsoleEvent[] = [],
  columns?: Columns,
): string {
  if (explanations.length + events.length === 0) return "No access was denied.\n";
  const gap = missed > 0 ? `${missed} earlier records were overwritten.\n\n` : "";
  return (
    gap +
    [
      ...explanations.map((one) => explanationText(one, disassemble, columns)),
      ...events.map(
        ({ what, why }) => headline(oneLine(what), columns) + sentences([why], columns),
      ),
    ].join("\n")
  );
}

/** The cells that lack something, with the lines. */
function lacking(situation: Situation, explanations: readonly Explanation[]) {
  return situation.cells.flatMap(({ id, config }) => {
    const own = explanations.filter(({ denial }) => denial.cell === id);
    const lines = missing(config, own).map(additionText);
    return lines.length > 0 ? [{ cell: config.name, lines }] : [];
  });
}

/** Only the lines that configurations lack, cell by cell. */
export function fixText(situation: Situation, explanations: readonly Explanation[]): string {
  const parts = lacking(situation, explanations).map(
    ({ cell, lines }) => `cell "${oneLine(cell)}":\n${indented(lines, 4)}`,
  );
  return parts.length > 0 ? parts.join("\n") : "No entry is missing.\n";
}

/** The same for programs. */
export const fixJson = (situation: Situation, explanations: readonly Explanation[]): string =>
  json(lacking(situation, explanations));

/** The same for programs. */
export function denialsJson(
  explanations: readonly Explanation[],
  disassemble: Disassemble,
  events: readonly ConsoleEvent[] = [],
): string {
  return json([
    ...explanations.map(({ denial, what, where, why, additions, cautions = [] }) => ({
      ...denial,
      address: `0x${denial.address.toString(16)}`,
      value: `0x${denial.value.toString(16)}`,
      rip: `0x${denial.rip.toString(16)}`,
      instruction: Buffer.from(denial.instruction).toString("hex"),
      disassembly: disassemble(denial.instruction, denial.bits) ?? null,
      ...{ what, where, why },
      advice: additions.map(additionText),
      cautions,
    })),
    ...events.map(({ what, why }) => ({ kind: "event", what, why })),
  ]);
}
