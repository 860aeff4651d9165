// jailhouse enable [--yes] [--try SECONDS] SYSCONFIG

import { connect } from "../control/client.ts";
import { launch } from "../control/launch.ts";
import { learning } from "../control/learning.ts";
import { TRIAL_SECONDS_MAX } from "../control/linux/requests.ts";
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
import { attempt, perror, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

const REQUEST = "JAILHOUSE_ENABLE";
const LEARNING =
  "Learning: the root cell may use everything that no cell has, whether its configuration lists it or not.\n" +
  "`jailhouse explain --fix` prints what it used; leave this mode once the configuration has it.\n";

export interface EnableOptions extends CommonOptions {
  /** The risk is taken. */
  readonly yes?: boolean;
  /** Seconds after which the machine is handed back by itself. */
  readonly try?: string;
  /** Allow and record what the root cell's configuration forgot. */
  readonly learn?: boolean;
}

/** Takes over the machine. An emulated one is started with its defaults if it does not run yet. */
export async function enable(io: Io, file: string, options: EnableOptions): Promise<void> {
  const seconds = options.try === undefined ? undefined : trialSeconds(options.try);
  enterMachine(io, options);
  const given = await readConfig(io, file, REQUEST);
  const config = options.learn ? learning(given) : given;
  if (!isComputer(io, options)) await startIfMissing(io, options);
  await withMachine(io, options, async (session) => {
    const risk = await session.risk();
    if (risk !== undefined) await wantYes(io, risk, options.yes);
    const enabling =
      seconds === undefined ? session.enable(config) : session.enableTrial(config, seconds);
    await attempt(REQUEST, enabling);
    for (const caveat of await session.caveats()) io.err(`Warning: ${caveat}\n`);
  });
  if (options.learn) io.err(LEARNING);
  io.out("The Jailhouse is opening.\n");
  if (seconds !== undefined)
    io.err(`It closes by itself in ${seconds} s unless \`jailhouse confirm\` comes before.\n`);
}

function trialSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= TRIAL_SECONDS_MAX) return seconds;
  throw new UsageError(`--try takes seconds, 1 to ${TRIAL_SECONDS_MAX}`);
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
