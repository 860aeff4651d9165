// jailhouse explain [CELL] [--fix] [-o FILE]: what cells were denied, why, and what would allow it.

import { type Explanation, explain, repaired, type Situation } from "../config/explain/index.ts";
import { decode } from "../config/index.ts";
import type { Cell, Config, SystemConfig } from "../config/types.ts";
import type { CellInfo, DenialLog, OpenSession } from "../control/api.ts";
import { loadDisassembler } from "../control/disassembler.ts";
import { LEARN_FLAG } from "../control/learning.ts";
import { cellRef } from "./arguments.ts";
import { type CommonOptions, withMachine } from "./context.ts";
import { denialsJson, denialsText, fixText } from "./explain-text.ts";
import { attempt, CommandFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { writeConfig } from "./open-config.ts";

const WHAT = "explaining";
const ROOT_ID = 0;

export interface ExplainOptions extends CommonOptions {
  readonly name?: string;
  /** Only the missing lines. */
  readonly fix?: boolean;
  /** Where to write the repaired configuration. */
  readonly output?: string;
}

interface Facts {
  readonly log: DenialLog;
  readonly situation: Situation;
  readonly cells: readonly CellInfo[];
}

async function gather(session: OpenSession): Promise<Facts> {
  const log = await session.denials();
  const cells = await session.cells();
  const configs: Config[] = [];
  for (const { id } of cells) configs.push(decode(await session.configuration(id)));
  const system = configs[0] as SystemConfig;
  const known = cells.map(({ id }, index) => {
    const config = configs[index]!;
    return { id, config: config.kind === "system" ? config.rootCell : config };
  });
  return { log, cells, situation: { system, cells: known } };
}

/** The configuration of one cell with everything that it lacked, as a file's bytes. */
function repairedConfig(facts: Facts, id: number, explanations: readonly Explanation[]): Config {
  const own = explanations.filter(({ denial }) => denial.cell === id);
  const { system, cells } = facts.situation;
  // What the machine was told to do for once is no part of its configuration.
  const flags = (system.flags & ~LEARN_FLAG) >>> 0;
  if (id === ROOT_ID) return { ...system, flags, rootCell: repaired(system.rootCell, own) };
  const { config } = cells.find((cell) => cell.id === id)!;
  return repaired(config as Cell & Config, own);
}

/** Explains what the cell, or every cell, was denied since `enable`. */
export async function explainDenials(
  io: Io,
  ref: string | undefined,
  options: ExplainOptions,
): Promise<void> {
  const facts = await withMachine(io, options, (session) => attempt(WHAT, gather(session)));
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
    await writeConfig(io, options.output, config, "jailhouse explain");
    io.out(`Wrote ${options.output}.\n`);
    return;
  }
  if (options.fix) {
    io.out(fixText(facts.situation, explanations));
    return;
  }
  const disassemble = await loadDisassembler();
  io.out(
    options.json
      ? denialsJson(explanations, disassemble)
      : denialsText(facts.log.missed, explanations, disassemble),
  );
}
