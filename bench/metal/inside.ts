// The part of the metal bench that runs in the guest: one measurement for each call, its result as JSON. It makes the
// driver's requests itself, so that the same program measures our driver and the original's.
//
//   calls SYSTEM CELL IMAGE ADDRESS ROUNDS   milliseconds of each request
//   enable SYSTEM                            pools afterwards
//   launch CELL IMAGE ADDRESS [PARAMETERS]   pools afterwards; parameters are the inmate's
//   rates SECONDS idle|busy                  exits of each cell in that time
//   end                                      destroys the cells, disables

import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import * as abi from "../../abi/ioctl.ts";
import type { Counters, PoolUse } from "../../control/api.ts";
import { SystemError } from "../../control/errors.ts";
import { readCellHeader } from "../../control/headers.ts";
import { loadCalls } from "../../control/linux/calls.ts";
import { THIS_HOST } from "../../control/linux/host.ts";
import { LocalTarget } from "../../control/linux/local.ts";
import { LinuxSession } from "../../control/linux/session.ts";
import { BEGIN, END } from "./groups.ts";

/** Milliseconds of each request, by its name. */
export type CallTimes = Record<string, number[]>;
export type Pools = Readonly<Record<"memory" | "remap", PoolUse>>;

/** What a cell's CPUs did in a time. */
export interface Rates {
  /** As measured. */
  readonly seconds: number;
  /** Exits in that time, by the cell's name. */
  readonly cells: Readonly<Record<string, Counters>>;
}

const NAMES = new Map<number, string>([
  [abi.JAILHOUSE_ENABLE, "enable"],
  [abi.JAILHOUSE_DISABLE, "disable"],
  [abi.JAILHOUSE_CELL_CREATE, "create"],
  [abi.JAILHOUSE_CELL_LOAD, "load"],
  [abi.JAILHOUSE_CELL_START, "start"],
  [abi.JAILHOUSE_CELL_DESTROY, "destroy"],
]);

/**
 * Milliseconds between load and start, and for a cell to come up: a start that follows a load at once can be lost by the
 * original (its CPU has not parked yet).
 */
const PAUSE = 300;
const MS_PER_SECOND = 1000;
/** Where an inmate finds its parameters (ABI section 5). */
const COMMAND_LINE = 0x1000n;
/** Forks, system calls, page faults and copying. */
const BUSY =
  "while :; do head -c 65536 /dev/urandom >/tmp/busy.$$; cat /tmp/busy.$$ >/dev/null; done";

/** Level of messages that the console always shows. */
const ERROR = "<3>";
/** Milliseconds after which what this process did to start is over. */
const SETTLE = 1000;

const times: CallTimes = {};

function note(name: string, ms: number): void {
  times[name] = [...(times[name] ?? []), ms];
}

/** A session that notes how long ioctl(2) takes. */
function timedSession(): LinuxSession {
  const host = {
    ...THIS_HOST,
    loadCalls: async () => {
      const calls = await loadCalls();
      return {
        ...calls,
        ioctl: (fd: number, request: number, argument: Uint8Array | null) => {
          const start = performance.now();
          const result = calls.ioctl(fd, request, argument);
          const name = NAMES.get(request) ?? `request ${request}`;
          note(result < 0 ? `${name}, refused` : name, performance.now() - start);
          return result;
        },
      };
    },
  };
  return new LinuxSession(new LocalTarget(host));
}

const session = timedSession();

/** A cell that refuses once is asked twice. */
async function destroy(cell: string): Promise<void> {
  await session.destroyCell(cell).catch(async (error) => {
    if (!(error instanceof SystemError) || error.code !== "EPERM") throw error;
    await session.destroyCell(cell);
  });
}

async function launch(
  config: string,
  image: string,
  address: string,
  parameters?: string,
): Promise<string> {
  const bytes = readFileSync(config);
  const { name } = readCellHeader(bytes);
  await session.createCell(bytes);
  const images = [{ data: readFileSync(image), address: BigInt(address) }];
  if (parameters) images.push({ data: Buffer.from(`${parameters}\0`), address: COMMAND_LINE });
  await session.loadCell(name, images);
  await sleep(PAUSE);
  await session.startCell(name);
  return name;
}

async function calls([
  system,
  config,
  image,
  address,
  rounds,
]: readonly string[] = []): Promise<CallTimes> {
  for (let round = 0; round < Number(rounds); round++) {
    await session.enable(readFileSync(system!));
    const name = await launch(config!, image!, address!);
    await sleep(PAUSE);
    await destroy(name);
    await session.disable();
  }
  return times;
}

async function exits(): Promise<Record<string, Counters>> {
  const all = await session.cells();
  const entries = all.map(async ({ id, name }) => [name, (await session.statistics(id)).total]);
  return Object.fromEntries(await Promise.all(entries));
}

const difference = (after: Counters, before: Counters = {}): Counters =>
  Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]),
  );

async function rates([seconds, load]: readonly string[]): Promise<Rates> {
  const count = load === "busy" ? (await session.status()).cpus : 0;
  const workers = Array.from({ length: count }, () =>
    spawn("sh", ["-c", BUSY], { detached: true, stdio: "ignore" }),
  );
  try {
    await sleep(SETTLE);
    const before = await exits();
    const start = performance.now();
    writeFileSync("/dev/kmsg", `${ERROR}${BEGIN}\n`);
    await sleep(Number(seconds) * MS_PER_SECOND);
    writeFileSync("/dev/kmsg", `${ERROR}${END}\n`);
    const after = await exits();
    const passed = (performance.now() - start) / MS_PER_SECOND;
    const cells = Object.entries(after).map(([name, counters]) => [
      name,
      difference(counters, before[name]),
    ]);
    return { seconds: passed, cells: Object.fromEntries(cells) };
  } finally {
    for (const { pid } of workers) if (pid) process.kill(-pid, "SIGKILL");
  }
}

async function pools(): Promise<Pools> {
  return (await session.status()).pools;
}

async function end(): Promise<CallTimes> {
  for (const { id, name } of await session.cells()) if (id !== 0) await destroy(name);
  await session.disable();
  return times;
}

const VERBS: Readonly<Record<string, (args: readonly string[]) => Promise<unknown>>> = {
  calls,
  rates,
  end,
  enable: async ([system]) => {
    await session.enable(readFileSync(system!));
    return pools();
  },
  launch: async ([config, image, address, parameters]) => {
    await launch(config!, image!, address!, parameters);
    return pools();
  },
};

const [verb = "", ...args] = process.argv.slice(2);
try {
  const measure = VERBS[verb];
  if (!measure) throw new Error(`no such measurement: ${verb}`);
  process.stdout.write(`${JSON.stringify(await measure(args))}\n`);
} catch (error) {
  const { message, hint = "" } = error as SystemError;
  process.stderr.write(`${verb}: ${message}\n${hint}\n`);
  process.exitCode = 1;
} finally {
  await session.close();
}
