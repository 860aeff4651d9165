// jailhouse enable SYSCONFIG

import { connect } from "../control/client.ts";
import { launch } from "../control/launch.ts";
import { listMachines } from "../control/registry.ts";
import { readConfig } from "./config-file.ts";
import { type CommonOptions, machineName, pathsOf, withMachine } from "./context.ts";
import { attempt, perror } from "./failure.ts";
import type { Io } from "./io.ts";

const REQUEST = "JAILHOUSE_ENABLE";

/** Takes over the machine, which is started with its defaults if it does not run yet. */
export async function enable(io: Io, file: string, options: CommonOptions): Promise<void> {
  const config = await readConfig(io, file, REQUEST);
  await startIfMissing(io, options);
  await withMachine(io, options, (session) => attempt(REQUEST, session.enable(config)));
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
    } catch (error) {
      // Another command may have started it in the meantime.
      if (!listMachines(io.env).some((other) => other.name === name)) {
        throw perror(`starting machine ${name}`, error);
      }
    }
  }
}
