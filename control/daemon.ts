// The daemon: owns a machine and serves any number of clients on its Unix socket. Whatever touches the machine takes turns;
// waiting does not.

import { appendFileSync, chmodSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { EINVAL } from "../abi/errno.ts";
import type { LineNumber, MachineOptions, Session, StartMachine, SteppedSession } from "./api.ts";
import { Clock } from "./clock.ts";
import { SystemError, toSystemError } from "./errors.ts";
import { Feed } from "./feed.ts";
import { Budget } from "./framing.ts";
import { canEnd } from "./machine-end.ts";
import type { DaemonInfo } from "./protocol.ts";
import { createRecord, Journal, type RecordedSession, type Seal } from "./record/journal.ts";
import type { MachinePaths } from "./registry.ts";
import { linesOf } from "./serial-line.ts";
import { type Served, serveClient } from "./service.ts";
import { fileSink, type Sink } from "./sinks.ts";
import { SysfsTree } from "./sysfs.ts";
import { Turns } from "./turns.ts";

const SOCKET_MODE = 0o600;
/** Clients at once: half of the files that a process may usually have open. */
export const CLIENTS_MAX = 256;
/** How often the exported tree is brought up to date at least, in milliseconds, unless that takes long. */
const REFRESH_PERIOD = 1000;
/** What that may take is one in so many milliseconds. */
const REFRESH_SHARE = 20;

export interface DaemonOptions {
  readonly machine: MachineOptions;
  /** A file for each serial line's output, by line; undefined for none. Absolute paths. */
  readonly serialFiles?: readonly (string | undefined)[];
  /** Where the record goes, finished when the machine is stopped; default: among the machine's own files, which go with it. */
  readonly recordFile?: string | undefined;
}

/** What a daemon is made of; tests put their own in place. */
export interface DaemonParts {
  readonly startMachine: StartMachine;
  /** The hypervisor's image, shown as the tree's `core` file once an enable was tried. */
  readonly coreImage?: () => Uint8Array;
  /** Called when the daemon has stopped, for whatever reason. */
  readonly stopped?: () => void;
  readonly log?: (message: string) => void;
  /** The wall clock by which steps of time are cut short, in milliseconds. */
  readonly now?: () => number;
}

/** Less than this is nobody's concern, in seconds. */
const LAG_LEAST = 1;
const NS_PER_SECOND = 1e9;

/** What is said of a paced machine that has lost so many nanoseconds. */
function lagOf(lost: number): string[] {
  const seconds = lost / NS_PER_SECOND;
  if (seconds < LAG_LEAST) return [];
  return [
    `This host is too slow for it: its time is ${seconds.toFixed(1)} s behind the wall clock (--pace free has no such clock).`,
  ];
}

export class Daemon {
  readonly turns = new Turns();
  readonly clock: Clock;
  readonly session: RecordedSession;
  readonly serial: readonly Feed[];
  /** Memory for what clients send. */
  readonly budget = new Budget();
  /** Whether the machine can end by itself. */
  readonly canEnd: boolean;
  readonly #paths: MachinePaths;
  readonly #parts: DaemonParts;
  readonly #journal: Journal;
  /** Where the record is, and whether somebody wants it when the machine is gone. */
  readonly #recordFile: string;
  readonly #isKept: boolean;
  readonly #sinks: readonly (Sink | undefined)[];
  readonly #server: Server;
  readonly #clients = new Map<Socket, Served>();
  readonly #tree: SysfsTree;
  /** What the serial lines have sent since it was last passed on. */
  readonly #output: string[];
  readonly #problems = new Map<string, string>();
  #core: Uint8Array | undefined;
  #refreshed = { wall: 0, time: -1, cost: 0 };
  #stopping: Promise<void> | undefined;

  /** Starts the machine and listens. The machine's directory must be this process's. Throws SystemError. */
  static async start(
    parts: DaemonParts,
    options: DaemonOptions,
    paths: MachinePaths,
  ): Promise<Daemon> {
    const lines = linesOf(options.machine);
    const files = lines.map((line) => options.serialFiles?.[line]);
    const named = files.filter((file) => file !== undefined);
    if (new Set(named).size < named.length) {
      throw new SystemError(EINVAL, { hint: "The serial lines cannot share a file." });
    }
    const sinks = files.map((file) => (file === undefined ? undefined : fileSink(file)));
    const session = await parts.startMachine(options.machine);
    const daemon = new Daemon(parts, options, paths, session, sinks);
    for (const line of lines) {
      await session.serial(line).follow((text) => daemon.#serialOutput(line, text));
    }
    await daemon.refresh();
    await daemon.#listen();
    daemon.clock.start((error) => daemon.#machineFailed(error));
    return daemon;
  }

  private constructor(
    parts: DaemonParts,
    { machine, recordFile }: DaemonOptions,
    paths: MachinePaths,
    session: SteppedSession,
    sinks: readonly (Sink | undefined)[],
  ) {
    this.#parts = parts;
    this.canEnd = canEnd(machine);
    this.serial = linesOf(machine).map(() => new Feed());
    this.#output = this.serial.map(() => "");
    this.#paths = paths;
    this.#sinks = sinks;
    this.#recordFile = recordFile ?? paths.record;
    this.#isKept = recordFile !== undefined;
    createRecord(this.#recordFile);
    this.#journal = new Journal(machine, (line) => this.#record(line));
    this.session = this.#journal.record(session);
    this.#tree = new SysfsTree(paths.sysfs);
    this.clock = new Clock({
      session: this.session,
      turns: this.turns,
      pace: machine.pace ?? "paced",
      stepped: () => this.#stepped(),
      ...(parts.now ? { now: parts.now } : {}),
    });
    this.#server = createServer((socket) => this.#accept(socket));
  }

  info(): DaemonInfo {
    const sinks = this.#sinks.flatMap((sink) => sink?.problem ?? []);
    const { sysfs } = this.#paths;
    const record = this.#recordFile;
    const problems = [...this.#problems.values(), ...sinks, ...lagOf(this.clock.lost)];
    return { pid: process.pid, sysfs, record, problems };
  }

  /** A change: in its turn, and shown in the exported tree before it returns. */
  change<T>(action: (session: Session) => Promise<T>): Promise<T> {
    return this.turns.take(async () => {
      try {
        return await action(this.session);
      } finally {
        await this.#show();
      }
    });
  }

  /** To be called once an enable is tried: from then on the tree has the hypervisor's image. */
  enableTried(): void {
    this.#core ??= this.#parts.coreImage?.();
  }

  /** Ends the record here, for a copy of it. To be called in a turn. */
  sealRecord(): Promise<Seal> {
    return this.#journal.seal(this.session);
  }

  /** Brings the exported tree up to date. */
  refresh(): Promise<void> {
    return this.turns.take(() => this.#show());
  }

  /** Ends everything and leaves nothing behind but what the caller cleans (the machine's directory). */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#server.close();
    await this.clock.stop();
    if (this.#isKept)
      await this.turns
        .take(async () => this.#record((await this.sealRecord()).end))
        .catch((error) => this.#log(error));
    await this.turns.take(() => this.session.close()).catch((error) => this.#log(error));
    for (const line of this.serial.keys()) this.#passOn(line);
    for (const sink of this.#sinks) sink?.close();
    for (const client of this.#clients.values()) client.farewell();
    this.#tree.close();
    this.#parts.stopped?.();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#paths.socket, () => {
        chmodSync(this.#paths.socket, SOCKET_MODE);
        this.#server.off("error", reject);
        this.#server.on("error", (error) => this.#log(error));
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    if (this.#clients.size >= CLIENTS_MAX) this.#dismissOne();
    this.#clients.set(socket, serveClient(this, socket));
    socket.on("close", () => this.#clients.delete(socket));
    // What is wrong with one client's socket concerns nobody else; "close" follows.
    socket.on("error", () => {});
  }

  /** Makes room for a client: the one goes that was silent longest, of those that wait for something only when all do. */
  #dismissOne(): void {
    const all = [...this.#clients.entries()];
    const idle = all.filter(([, client]) => client.isIdle());
    const candidates = idle.length > 0 ? idle : all;
    const [socket, silent] = candidates.reduce((a, b) => (b[1].heard() < a[1].heard() ? b : a));
    this.#clients.delete(socket);
    silent.end();
  }

  /** Output comes by the character; what comes at once is passed on at once. */
  #serialOutput(line: LineNumber, text: string): void {
    if (this.#output[line] === "") queueMicrotask(() => this.#passOn(line));
    this.#output[line] += text;
  }

  #passOn(line: number): void {
    const text = this.#output[line]!;
    this.#output[line] = "";
    this.serial[line]!.push(text);
    this.#sinks[line]?.push(text);
  }

  async #stepped(): Promise<void> {
    for (const sink of this.#sinks) sink?.flush();
    const { wall, time, cost } = this.#refreshed;
    const period = Math.max(REFRESH_PERIOD, cost * REFRESH_SHARE);
    const due = performance.now() - wall >= period;
    if (due && time !== this.clock.time) await this.refresh();
    await this.#letClientsCatchUp();
  }

  /** In free pace output may come faster than a client takes it: gives it a moment. */
  async #letClientsCatchUp(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      if (![...this.#clients.values()].some(({ backedUp }) => backedUp())) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #show(): Promise<void> {
    const start = performance.now();
    try {
      this.#tree.update(await this.session.sysfs(), this.#core);
      this.#problems.delete("sysfs");
    } catch (error) {
      this.#problem("sysfs", `exporting ${this.#paths.sysfs}: ${toSystemError(error).message}`);
    }
    const wall = performance.now();
    this.#refreshed = { wall, time: await this.session.time(), cost: wall - start };
  }

  #record(line: string): void {
    try {
      appendFileSync(this.#recordFile, line);
    } catch (error) {
      this.#problem("record", `writing ${this.#recordFile}: ${toSystemError(error).message}`);
    }
  }

  /** Why the machine's time stands still although it has not ended; undefined while it does not. */
  get failure(): string | undefined {
    return this.#problems.get("machine");
  }

  #machineFailed(error: unknown): void {
    const { message, hint } = toSystemError(error);
    this.#problem("machine", `The machine stopped: ${hint ?? message}`);
    this.#log(error);
  }

  #problem(key: string, message: string): void {
    if (this.#problems.get(key) !== message) this.#log(message);
    this.#problems.set(key, message);
  }

  #log(message: unknown): void {
    this.#parts.log?.(message instanceof Error ? (message.stack ?? message.message) : `${message}`);
  }
}
