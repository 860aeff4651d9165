// jailhouse machine status [NAME]

import { facts } from "../config/columns.ts";
import type { MachineStatus, OpenSession, PoolUse } from "../control/api.ts";
import { SYSFS } from "../control/linux/host.ts";
import type { DaemonInfo } from "../control/protocol.ts";
import { cpuList } from "../control/sysfs.ts";
import {
  type CommonOptions,
  isComputer,
  machineName,
  withEmulated,
  withMachine,
} from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";
import { machineMap } from "./machine-map.ts";
import { json, text } from "./table.ts";

const MIB = 2 ** 20;
const NS_PER_SECOND = 1e9;

/** Shows what is known about one machine, and what went wrong in its daemon. */
export async function machineStatus(
  io: Io,
  name: string | undefined,
  options: CommonOptions,
): Promise<void> {
  const target = name === undefined ? options : { ...options, machine: name };
  if (isComputer(io, target)) {
    const where = `reading ${SYSFS}`;
    const read = (session: OpenSession) => attempt(where, session.status());
    show(io, options, await withMachine(io, target, read));
  } else {
    const { status, info } = await askDaemon(io, target);
    show(io, options, status, info);
  }
}

async function askDaemon(io: Io, target: CommonOptions) {
  return withEmulated(io, target, { verb: "machine status", refusal: "" }, async (session) => {
    await session.refresh();
    const what = `reading machine ${machineName(io, target)}`;
    return { status: await attempt(what, session.status()), info: await session.info() };
  });
}

function show(io: Io, { json: wanted }: CommonOptions, status: MachineStatus, info?: DaemonInfo) {
  if (wanted) {
    io.out(json(info ? { ...status, daemon: info } : status));
    return;
  }
  io.out(text(facts(describe(status, info), io.columns)));
  if (status.enabled) io.draw(`\n${machineMap(status, io.colours.out, io.columns)}`);
}

/** How a machine has ended. */
function endOf({ ended, endReason }: MachineStatus): string {
  if (endReason === "power-off") return "powered off";
  return endReason === "reset" ? "by a reset" : `with ${ended} at the exit port`;
}

const CAUSES = {
  "0xcf9": "port 0xcf9",
  "0x92": "port 0x92",
  "keyboard-controller": "the keyboard controller",
  "triple-fault": "a triple fault",
};

/** How often a machine was reset, and what by. */
function resetsOf({ resets = 1, lastReset }: MachineStatus): string {
  const { cause, rip, time } = lastReset!;
  const place = rip === undefined ? "" : ` at RIP 0x${rip}`;
  return `${resets}, the last by ${CAUSES[cause]}${place} at ${(time / NS_PER_SECOND).toFixed(3)} s`;
}

const pool = ({ used, size }: PoolUse) => `${used} of ${size} pages`;

function describe(status: MachineStatus, info: DaemonInfo | undefined): string[][] {
  const daemon = info && [
    ["Daemon", `process ${info.pid}`],
    ["sysfs", info.sysfs],
    ["Record", info.record],
    ...info.problems.map((problem) => ["Problem", problem]),
  ];
  return [
    ["Machine", status.name],
    ["CPUs", `${status.cpus}`],
    ...(status.cpu === undefined ? [] : [["Processor", status.cpu]]),
    ["Offline CPUs", cpuList(status.offline) || "none"],
    ["Memory", `${Math.round(status.memory / MIB)} MiB`],
    ["Time", `${(status.time / NS_PER_SECOND).toFixed(3)} s (${status.pace})`],
    ...(status.kernel === undefined ? [] : [["Kernel", status.kernel]]),
    ...(status.disks ?? []).map((disk, index) => [`Disk ${index}`, disk]),
    ...(status.lastReset ? [["Resets", resetsOf(status)]] : []),
    ...(status.ended === undefined ? [] : [["Ended", endOf(status)]]),
    ["Jailhouse", status.enabled ? "enabled" : "disabled"],
    ...(status.trial === undefined ? [] : [["Trial", `${status.trial} s left, then it closes`]]),
    ["Cells", status.cells.map(({ name }) => name).join(", ") || "none"],
    ["Page pool", pool(status.pools.memory)],
    ["Remap pool", pool(status.pools.remap)],
    ...(daemon ?? [["sysfs", SYSFS]]),
  ];
}
