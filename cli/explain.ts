// jailhouse explain [CELL] [--fix] [-o FILE] [--console LOG --system FILE]: what cells were denied, why, and what would allow it.

import { type Explanation, explain, repaired } from "../config/explain/index.ts";
import { printable } from "../config/printable.ts";
import type { Cell, Config } from "../config/types.ts";
import { loadDisassembler } from "../control/disassembler.ts";
import { LEARN_FLAG } from "../control/learning.ts";
import { cellRef } from "./arguments.ts";
import { paintExplanation } from "./colour.ts";
import { type CommonOptions, withMachine } from "./context.ts";
import {
  type Facts,
  factsOfLog,
  factsOfMachine,
  type LogOptions,
  ROOT_ID,
} from "./explain-facts.ts";
import { denialsJson, denialsText, fixJson, fixText } from "./explain-text.ts";
import { attempt, CommandFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { openCollected } from "./machine-tree.ts";
import { writeConfig } from "./open-config.ts";

const WHAT = "explaining";

export interface ExplainOptions extends CommonOptions, LogOptions {
  readonly name?: string;
  /** What was collected of the machine. */
  readonly root?: string;
  /** Only the missing lines. */
  readonly fix?: boolean;
  /** Whether that may be done from a log. */
  readonly trustLog?: boolean;
  /** Where to write the repaired configuration. */
  readonly output?: string;
}

/** The configuration of one cell with everything that it lacked, as a file's bytes. */
function repairedConfig(facts: Facts, id: number, explanations: readonly Explanation[]): Config {
  const own = explanations.filter(({ denial }) => denial.cell === id);
  const { system, cells } = facts.situation;
  // What the machine was told to do for once is no part of its configuration.
  const flags = (system.flags & ~LEARN_FLAG) >>> 0;
  if (id === ROOT_ID) return { ...system, flags, rootCell: repaired(system.rootCell, own) };
  const config = cells.find((cell) => cell.id === id)?.config;
  if (!config) throw new CommandFailure(`${WHAT}: the cell's configuration was not given`);
  return repaired(config as Cell & Config, own);
}

/** Whether the facts are from a log. */
const isOffline = ({ console, system, cell }: LogOptions): boolean =>
  [console, system, cell].some((option) => option !== undefined);

/**
 * A log is whatever was on the line: a cell that prints there can print reports too. Who wants a configuration made of it says
 * that he trusts the log.
 */
function checkTrust(io: Io, options: ExplainOptions): void {
  if (options.output !== undefined && !options.trustLog)
    throw new CommandFailure(
      `${WHAT}: a log is not trusted to change a configuration`,
      "Cells that print on the same line can print such reports. Look at --fix, and say --trust-log.",
    );
  io.err(
    `Untrusted: cells that print on the same line can print such reports as ${options.console} has.\n`,
  );
}

async function gather(io: Io, options: ExplainOptions): Promise<Facts> {
  const devices = options.root === undefined ? undefined : openCollected(io, options.root);
  if (isOffline(options)) {
    const facts = await factsOfLog(io, options, devices);
    if (facts.log.denials.length > 0) checkTrust(io, options);
    return facts;
  }
  return withMachine(io, options, (session) => attempt(WHAT, factsOfMachine(session, devices)));
}

/** Explains what the cell, or every cell, was denied since `enable`. */
export async function explainDenials(
  io: Io,
  ref: string | undefined,
  options: ExplainOptions,
): Promise<void> {
  const facts = await gather(io, options);
  const isAll = ref === undefined && options.name === undefined;
  const wanted = isAll ? undefined : cellRef(ref, options.name);
  const cell = facts.cells.find(({ id, name }) => id === wanted || name === wanted);
  if (wanted !== undefined && !cell) {
    throw new CommandFailure(`${WHAT}: No such file or directory`, `There is no cell ${wanted}.`);
  }
  const explanations = facts.log.denials
    .map((denial) => explain(facts.situation, denial))
    .filter(({ denial }) => cell === undefined || denial.cell === cell.id);
  if (options.output) {
    const config = repairedConfig(facts, cell?.id ?? ROOT_ID, explanations);
    await writeConfig(io, options.output, config, "Repaired by jailhouse explain.");
    io.out(`Wrote ${options.output}.\n`);
    return;
  }
  if (options.fix) {
    const fix = options.json ? fixJson : fixText;
    io.out(fix(facts.situation, explanations));
    return;
  }
  const disassemble = await loadDisassembler();
  if (options.json) return io.out(denialsJson(explanations, disassemble, facts.events));
  const { missed } = facts.log;
  const text = denialsText(missed, explanations, disassemble, facts.events, io.columns);
  if (io.colours.out) io.draw(paintExplanation(printable(text)));
  else io.out(text);
}
