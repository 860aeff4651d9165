// jailhouse machine status [NAME]

import type { MachineStatus, PoolUse } from "../control/api.ts";
import type { DaemonInfo } from "../control/protocol.ts";
import { cpuList } from "../control/sysfs.ts";
import { type CommonOptions, machineName, withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";
import { machineMap } from "./machine-map.ts";
import { fittedTable, json } from "./table.ts";

const MIB = 2 ** 20;
const NS_PER_SECOND = 1e9;

/** Shows what is known about one machine, and what went wrong in its daemon. */
export async function machineStatus(
  io: Io,
  name: string | undefined,
  options: CommonOptions,
): Promise<void> {
  const machine = name ?? machineName(io, options);
  await withMachine(io, { ...options, machine }, async (session) => {
    await session.refresh();
    const status = await attempt(`reading machine ${machine}`, session.status());
    const info = await session.info();
    io.out(options.json ? json({ ...status, daemon: info }) : describe(status, info));
    const colours = io.terminal !== undefined && !io.env.NO_COLOR;
    if (!options.json && status.enabled) io.out(`\n${machineMap(status, colours)}`);
  });
}

const pool = ({ used, size }: PoolUse) => `${used} of ${size} pages`;

function describe(status: MachineStatus, info: DaemonInfo): string {
  const rows = [
    ["Machine", status.name],
    ["CPUs", `${status.cpus}`],
    ["Offline CPUs", cpuList(status.offline) || "none"],
    ["Memory", `${status.memory / MIB} MiB`],
    ["Time", `${(status.time / NS_PER_SECOND).toFixed(3)} s (${status.pace})`],
    ["Jailhouse", status.enabled ? "enabled" : "disabled"],
    ["Cells", status.cells.map(({ name }) => name).join(", ") || "none"],
    ["Page pool", pool(status.pools.memory)],
    ["Remap pool", pool(status.pools.remap)],
    ["Daemon", `process ${info.pid}`],
    ["sysfs", info.sysfs],
    ["Record", info.record],
    ...info.problems.map((problem) => ["Problem", problem]),
  ];
  return fittedTable(rows);
}
