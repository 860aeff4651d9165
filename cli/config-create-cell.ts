// jailhouse config create-cell: a proposal for a cell of a system.

import { type Proposal, proposeCell } from "../config/create/cell.ts";
import { ProposalError } from "../config/create/choose.ts";
import { readPci } from "../config/create/pci.ts";
import { decompileToSource } from "../config/decompile/source.ts";
import { isConfigError } from "../config/errors.ts";
import type { CellConfig } from "../config/types.ts";
import { cpuNumbers, size } from "./arguments.ts";
import { CommandFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { readMachine } from "./machine-tree.ts";
import { openConfig, writeConfig } from "./open-config.ts";

const ABOUT = "Proposed by jailhouse config create-cell.";

export interface CreateCellOptions {
  readonly name: string;
  readonly cpus?: string;
  readonly memory: string;
  readonly device?: readonly string[];
  readonly beside?: readonly string[];
  /** What is known of the machine. */
  readonly root?: string;
  readonly target?: string;
  readonly allowDma?: boolean;
  readonly output?: string;
}

async function cellsBeside(io: Io, files: readonly string[]): Promise<CellConfig[]> {
  const configs = await Promise.all(files.map((file) => openConfig(io, file)));
  return configs.map(({ config }, index) => {
    if (config.kind === "cell") return config;
    throw new CommandFailure(`${files[index]}: not a cell configuration`);
  });
}

/** Writes the proposal, to standard output without a file, and what is left to decide to standard error. */
export async function createCellConfig(
  io: Io,
  file: string,
  options: CreateCellOptions,
): Promise<void> {
  const cpus = options.cpus === undefined ? undefined : cpuNumbers(options.cpus);
  const memory = BigInt(size(options.memory));
  const { config: system } = await openConfig(io, file);
  if (system.kind !== "system") throw new CommandFailure(`${file}: not a system configuration`);
  const cells = await cellsBeside(io, options.beside ?? []);
  const { name, device: devices = [], root, target, allowDma } = options;
  const functions =
    root === undefined && target === undefined
      ? undefined
      : await readMachine(io, { root, target }, readPci);
  let proposal: Proposal;
  try {
    const wishes = { name, cpus, memory, devices, cells, functions, allowDma };
    proposal = proposeCell(system, wishes);
  } catch (error) {
    if (error instanceof ProposalError || isConfigError(error))
      throw new CommandFailure(`${file}: ${error.message}`);
    throw error;
  }
  const { cell, questions } = proposal;
  if (options.output === undefined) io.out(decompileToSource(cell, ABOUT));
  else await writeConfig(io, options.output, cell, ABOUT);
  for (const question of questions) io.err(`To decide: ${question}\n`);
}
