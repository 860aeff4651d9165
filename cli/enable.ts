// jailhouse enable [--yes] SYSCONFIG

import { connect } from "../control/client.ts";
import { launch } from "../control/launch.ts";
import { learning } from "../control/learning.ts";
import { listMachines } from "../control/registry.ts";
import { wantYes } from "./ask.ts";
import { readConfig } from "./config-file.ts";
import {
  type CommonOptions,
  enterMachine,
  isComputer,
  machineName,
  pathsOf,
  withMachine,
} from "./context.ts";
import { attempt, perror } from "./failure.ts";
import type { Io } from "./io.ts";

const REQUEST = "JAILHOUSE_ENABLE";
const LEARNING =
  "Learning: the root cell may use everything that no cell has, whether its configuration lists it or not.\n" +
  "`jailhouse explain --fix` prints what it used; leave this mode once the configuration has it.\n";

export interface EnableOptions extends CommonOptions {
  /** The risk is taken. */
  readonly yes?: boolean;
  /** Allow and record what the root cell's configuration forgot. */
  readonly learn?: boolean;
}

/** Takes over the machine. An emulated one is started with its defaults if it does not run yet. */
export async function enable(io: Io, file: string, options: EnableOptions): Promise<void> {
  enterMachine(io, options);
  const given = await readConfig(io, file, REQUEST);
  const config = options.learn ? learning(given) : given;
  if (!isComputer(io, options)) await startIfMissing(io, options);
  await withMachine(io, options, async (session) => {
    const risk = await session.risk();
    if (risk !== undefined) await wantYes(io, risk, options.yes);
    await attempt(REQUEST, session.enable(config));
    for (const caveat of await session.caveats()) io.err(`Warning: ${caveat}\n`);
  });
  if (options.learn) io.err(LEARNING);
  io.out("The Jailhouse is opening.\n");
}

async function startIfMissing(io: Io, options: CommonOptions): Promise<void> {
  const paths = pathsOf(io, options);
  try {
    await (await connect(paths)).close();
  } catch {
    const name = machineName(io, options);
    try {
      await launch({ machine: { name } }, io.env);
      io.err(`Started machine "${name}", an emulated one.\n`);
    } catch (error) {
      // Another command may have started it in the meantime.
      if (!listMachines(io.env).some((other) => other.name === name)) {
        throw perror(`starting machine ${name}`, error);
      }
    }
  }
}
