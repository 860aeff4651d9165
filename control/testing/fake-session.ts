// A test double of a machine: cells with states and refusals, a serial line that ticks, and time; no CPU executes
// anything. For tests of what stands above a session.

import { createHash } from "node:crypto";
import { EBUSY, EEXIST, EINVAL, ENOENT, EPERM } from "../../abi/errno.ts";
import { fileTree, type Tree } from "../../config/create/tree.ts";
import type {
  CellInfo,
  CellRef,
  CellState,
  CellStatistics,
  CheckPoint,
  Denial,
  DenialLog,
  LineNumber,
  MachineOptions,
  MachineStatus,
  SerialLine,
  SteppedSession,
} from "../api.ts";
import { SystemError } from "../errors.ts";
import { Feed } from "../feed.ts";

const TICK = 100_000_000;
const NAME = { offset: 8, size: 32 };
const CPU_SET = 132;
const COUNTERS = ["total", "mmio", "management", "hypercall", "pio", "xapic"];

interface FakeCell {
  id: number;
  name: string;
  state: CellState;
  cpus: number[];
  loaded: boolean;
  refusals: number;
}

/** A configuration as far as the double reads one: name and first CPU-set byte. */
export function fakeConfig(name: string, cpus: readonly number[]): Uint8Array {
  const config = new Uint8Array(CPU_SET + 8);
  config.set(Buffer.from("JHCLL"));
  config.set(Buffer.from(name), NAME.offset);
  config[CPU_SET] = cpus.reduce((bits, cpu) => bits | (1 << cpu), 0);
  return config;
}

/** Cells whose name begins with "locked" refuse their first destruction. */
export class FakeSession implements SteppedSession {
  /** How often a call began while another was in progress. */
  overlaps = 0;
  closed = false;
  /** What `denials` says while enabled. */
  denied: Denial[] = [];
  /** What `devices` shows. */
  files = new Map<string, Uint8Array>();
  /** Prints on the hypervisor's console and on COM1. */
  say(text: string): void {
    this.#console.push(text);
    this.#lines[0].push(text);
  }

  /** How long a change takes, in milliseconds. */
  delay = 1;
  onTime: ((time: number) => void) | undefined;
  /** Set to end the machine. */
  ended: number | undefined;
  /** Set to make each further step of time fail. */
  broken: Error | undefined;
  readonly #options: MachineOptions;
  readonly #lines = [new Feed(), new Feed(), new Feed()] as const;
  readonly #console = new Feed();
  #time = 0;
  #cells: FakeCell[] | undefined;
  #busy = 0;
  #received = "";

  constructor(options: MachineOptions = {}) {
    this.#options = options;
  }

  async #change<T>(action: () => T): Promise<T> {
    if (this.#busy++ > 0) this.overlaps++;
    await new Promise((resolve) => setTimeout(resolve, this.delay));
    this.#time += 1000;
    this.#busy--;
    return action();
  }

  #enabled(): FakeCell[] {
    if (!this.#cells) throw new SystemError(EINVAL, { hint: "Not enabled." });
    return this.#cells;
  }

  #find(cell: CellRef): FakeCell {
    const found = this.#enabled().find(({ id, name }) => id === cell || name === cell);
    if (!found) throw new SystemError(ENOENT, { hint: `There is no cell ${cell}.` });
    return found;
  }

  #target(cell: CellRef): FakeCell {
    const found = this.#find(cell);
    if (found.id === 0) throw new SystemError(EINVAL, { hint: "This is the root cell." });
    return found;
  }

  #info({ id, name, state, cpus }: FakeCell): CellInfo {
    return { id, name, state, cpusAssigned: cpus, cpusFailed: [] };
  }

  async time(): Promise<number> {
    return this.#time;
  }

  async status(): Promise<MachineStatus> {
    const pool = this.#cells ? { size: 979, used: 202 } : { size: 0, used: 0 };
    return {
      name: this.#options.name ?? "default",
      cpus: this.#options.cpus ?? 4,
      memory: this.#options.memory ?? 1 << 30,
      pace: this.#options.pace ?? "paced",
      enabled: this.#cells !== undefined,
      learning: false,
      time: this.#time,
      cells: (this.#cells ?? []).map((cell) => this.#info(cell)),
      pools: { memory: pool, remap: pool },
      offline: [],
      memoryMap: this.#cells ? [{ owner: 0, start: 0, size: 1 << 30 }] : [],
    };
  }

  enable(config: Uint8Array): Promise<void> {
    return this.#change(() => {
      if (this.#cells) throw new SystemError(EBUSY, { hint: "Enabled already." });
      if (Buffer.from(config.subarray(0, 5)).toString() !== "JHSYS") throw new SystemError(EINVAL);
      const cpus = Array.from({ length: this.#options.cpus ?? 4 }, (_, cpu) => cpu);
      const root = { id: 0, name: "fake", state: "running" as const, cpus };
      this.#cells = [{ ...root, loaded: false, refusals: 0 }];
      this.#console.push("Activating hypervisor\n");
    });
  }

  disable(): Promise<void> {
    return this.#change(() => {
      this.#enabled();
      this.#cells = undefined;
    });
  }

  createCell(config: Uint8Array): Promise<CellInfo> {
    return this.#change(() => {
      const cells = this.#enabled();
      const bytes = config.subarray(NAME.offset, NAME.offset + NAME.size);
      const name = Buffer.from(bytes).toString().replaceAll("\0", "");
      if (cells.some((cell) => cell.name === name)) throw new SystemError(EEXIST);
      const cpus = cells[0]!.cpus.filter((cpu) => (config[CPU_SET]! >> cpu) & 1);
      if (cpus.length === 0) throw new SystemError(EBUSY);
      cells[0]!.cpus = cells[0]!.cpus.filter((cpu) => !cpus.includes(cpu));
      const id = Math.max(...cells.map((cell) => cell.id)) + 1;
      const refusals = name.startsWith("locked") ? 1 : 0;
      const cell: FakeCell = { id, name, state: "shut down", cpus, loaded: false, refusals };
      cells.push(cell);
      return this.#info(cell);
    });
  }

  loadCell(cell: CellRef, images: readonly { address: bigint }[]): Promise<void> {
    return this.#change(() => {
      const target = this.#target(cell);
      if (images.some(({ address }) => address > 0xfffffn)) throw new SystemError(EINVAL);
      target.state = "shut down";
      target.loaded = images.length > 0;
    });
  }

  startCell(cell: CellRef) {
    return this.#change(() => {
      const target = this.#target(cell);
      target.state = target.refusals > 0 ? "running/locked" : "running";
      return { warnings: target.loaded ? [] : ["Nothing was loaded at the reset address."] };
    });
  }

  shutdownCell(cell: CellRef): Promise<void> {
    return this.loadCell(cell, []);
  }

  destroyCell(cell: CellRef, { force = false } = {}): Promise<void> {
    return this.#change(() => {
      const target = this.#target(cell);
      if (!force && target.refusals-- > 0) {
        throw new SystemError(EPERM, { hint: "The cell refused." });
      }
      const root = this.#cells![0]!;
      root.cpus = [...root.cpus, ...target.cpus].sort((a, b) => a - b);
      this.#cells = this.#cells!.filter((other) => other !== target);
    });
  }

  async cells(): Promise<readonly CellInfo[]> {
    return (await this.status()).cells;
  }

  async denials(): Promise<DenialLog> {
    this.#enabled();
    return { learning: false, missed: 0, denials: [...this.denied] };
  }

  async devices(): Promise<Tree> {
    return fileTree(this.files);
  }

  async configuration(): Promise<Uint8Array> {
    this.#enabled();
    return new TextEncoder().encode("JHSYS");
  }

  async statistics(cell: CellRef): Promise<CellStatistics> {
    const found = this.#find(cell);
    const value = Math.floor(this.#time / TICK);
    const counters = Object.fromEntries(COUNTERS.map((name, index) => [name, value * index]));
    return {
      cell: this.#info(found),
      total: counters,
      cpus: new Map(found.cpus.map((cpu) => [cpu, counters])),
    };
  }

  async consoleText(): Promise<string> {
    return this.#console.text;
  }

  async followConsole(listener: (text: string) => void) {
    return this.#console.follow(listener);
  }

  serial(line: LineNumber): SerialLine {
    return {
      text: async () => this.#lines[line].text,
      follow: async (listener) => this.#lines[line].follow(listener),
      write: async (text) => {
        this.#received += text;
        this.#lines[line].push(`${text}`);
      },
      waitFor: () => Promise.reject(new Error("the daemon waits by itself")),
    };
  }

  /** Running cells print a line every 100 ms. */
  async run(nanoseconds: number): Promise<void> {
    if (this.broken) throw this.broken;
    if (this.#busy > 0) this.overlaps++;
    const end = this.#time + nanoseconds;
    for (let tick = (Math.floor(this.#time / TICK) + 1) * TICK; tick <= end; tick += TICK) {
      for (const { id, name, state } of this.#cells ?? []) {
        if (id > 0 && state.startsWith("running")) this.#lines[0].push(`${name} ${tick / TICK}\n`);
      }
    }
    this.#time = end;
    this.onTime?.(end);
  }

  checkPoint(): CheckPoint {
    const digest = (value: unknown) =>
      createHash("sha256").update(JSON.stringify(value)).digest("hex");
    return {
      console: digest(this.#lines.map(({ text }) => text)),
      state: digest([this.#time, this.#cells, this.#received]),
    };
  }

  /** Asks once a millisecond of virtual time whether it is late. */
  async advance(nanoseconds: number, isLate: () => boolean): Promise<boolean> {
    const end = this.#time + nanoseconds;
    while (this.#time < end) {
      await this.run(Math.min(1e6, end - this.#time));
      if (isLate()) break;
    }
    return this.#time < end;
  }

  async waitForEnd(): Promise<number> {
    while (this.ended === undefined) await this.run(TICK);
    return this.ended;
  }

  async fingerprint(): Promise<string> {
    const state = [this.#time, this.#cells, this.#received, this.#lines.map(({ text }) => text)];
    return createHash("sha256").update(JSON.stringify(state)).digest("hex");
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
