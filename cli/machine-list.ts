// jailhouse machine list

import { table } from "../config/columns.ts";
import type { MachineStatus } from "../control/api.ts";
import { connect } from "../control/client.ts";
import { DEVICE, hasDevice } from "../control/linux/host.ts";
import { listMachines } from "../control/registry.ts";
import { type CommonOptions, givenTarget, withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";
import { json, text } from "./table.ts";

const MIB = 2 ** 20;

/** Shows this user's machines, and first the target, and this computer if its driver is loaded. */
export async function listMachinesOf(io: Io, options: CommonOptions): Promise<void> {
  const states: MachineStatus[] = [];
  if (givenTarget(io, options) !== undefined)
    states.push(await withMachine(io, options, (session) => session.status()));
  if (hasDevice(io.host)) {
    states.push(await withMachine(io, { machine: DEVICE }, (session) => session.status()));
  }
  for (const paths of listMachines(io.env)) {
    const session = await connect(paths).catch(() => undefined);
    if (!session) continue;
    try {
      states.push(await attempt(`reading machine ${paths.name}`, session.status()));
    } finally {
      await session.close();
    }
  }
  if (options.json) io.out(json(states));
  else if (states.length > 0) io.out(text(table(HEADING, states.map(machineRow), io.columns)));
}

const HEADING = ["Name", "CPUs", "Memory", "Pace", "Jailhouse", "Cells"];

function machineRow({ name, cpus, memory, pace, enabled, cells }: MachineStatus): string[] {
  const state = enabled ? "enabled" : "disabled";
  return [name, `${cpus}`, `${Math.round(memory / MIB)} MiB`, pace, state, `${cells.length}`];
}
