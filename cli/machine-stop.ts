// jailhouse machine stop [NAME] [--all]

import { halt } from "../control/launch.ts";
import { listMachines, type MachinePaths, machinePaths } from "../control/registry.ts";
import { type CommonOptions, isComputer, machineName, refuseComputer } from "./context.ts";
import { attempt, perror } from "./failure.ts";
import type { Io } from "./io.ts";

export interface StopOptions extends CommonOptions {
  readonly all?: boolean;
}

/** Ends a machine, or all of this user; nothing is left of it. */
export async function stopMachine(
  io: Io,
  name: string | undefined,
  options: StopOptions,
): Promise<void> {
  if (!options.all && name === undefined && isComputer(io, options)) {
    const refusal = 'This computer is the machine: "jailhouse disable" hands it back to Linux.';
    refuseComputer("machine stop", refusal);
  }
  const paths = options.all
    ? listMachines(io.env)
    : [pathsNamed(io, name ?? machineName(io, options))];
  for (const path of paths) await attempt(`stopping machine ${path.name}`, halt(path));
}

function pathsNamed(io: Io, name: string): MachinePaths {
  try {
    return machinePaths(name, io.env);
  } catch (error) {
    throw perror(`stopping machine ${name}`, error);
  }
}
