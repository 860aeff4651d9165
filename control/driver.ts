// What Linux' jailhouse module does, on the emulated PC: it checks what it must, keeps records of CPUs and cells, and
// issues hypercalls on root CPUs. Every refusal is a SystemError with the errno of ABI section 7 and, as its hint, the
// hypervisor's own words.
import * as errno from "../abi/errno.ts";
import * as hc from "../abi/hypercall.ts";
import type { EmulatedPlatform } from "../platforms/emulated/platform.ts";
import { RootCpuLost, type RootCpus, STAGING_SIZE } from "../platforms/emulated/root-cpus.ts";
import type { CellInfo, CellRef, CellState, Counters, DenialLog, Image, PoolUse } from "./api.ts";
import { isConsoleReadable, prepared, withFrequencies } from "./configuration-bytes.ts";
import { ConsoleReader } from "./console-ring.ts";
import { readDenials } from "./denials.ts";
import { SystemError } from "./errors.ts";
import { type CellHeader, readCellHeader, readSystemHeader } from "./headers.ts";
import { divideMemory, type Extent, type MemoryRange } from "./memory-map.ts";

const STAT = "STAT_";
/** Names and numbers of the counters (STAT_*), the names as in sysfs without `vmexits_`. */
const COUNTERS = Object.entries(hc)
  .filter(([name]) => name.startsWith(STAT) && name !== "STAT_COUNT")
  .map(([name, number]) => [name.slice(STAT.length).toLowerCase(), number] as const)
  .sort(([, a], [, b]) => a - b);
const STATES: readonly CellState[] = [
  "running",
  "running/locked",
  "shut down",
  "failed",
  "Comm ABI mismatch",
];
const ROOT_ID = 0;
/** CPUs that a refusal names. */
const CPUS_SHOWN = 8;

interface Cell extends CellHeader {
  readonly id: number;
  /** Its configuration as it was given; the root cell's is the system's. */
  readonly config: Uint8Array;
  /** Whether something was loaded at the reset address since the cell was created. */
  ready: boolean;
}

/** What a snapshot holds of a driver. */
export interface DriverSnapshot {
  readonly cells: readonly Cell[];
  readonly consoleReadable: boolean;
}

export class Driver {
  readonly #platform: EmulatedPlatform;
  readonly #roots: RootCpus;
  readonly #cells = new Map<number, Cell>();
  readonly console: ConsoleReader;
  #hypervisor: Extent = { start: 0, size: 0 };

  constructor(platform: EmulatedPlatform, roots: RootCpus) {
    this.#platform = platform;
    this.#roots = roots;
    this.console = new ConsoleReader(() => platform.consolePage());
  }

  /** Whether the system configuration lets the root cell read the hypervisor's console. */
  consoleReadable = false;

  get enabled(): boolean {
    return this.#cells.size > 0;
  }

  /** Takes over the machine. EBUSY when enabled; EINVAL, ENOMEM … as the hypervisor says. */
  enable(config: Uint8Array): void {
    if (this.enabled) fail(errno.EBUSY, "The hypervisor is already enabled.");
    const root = readSystemHeader(config);
    const online = new Set(this.#roots.online);
    const missing = root.cpus.filter((cpu) => !online.has(cpu));
    if (missing.length > 0) {
      fail(
        errno.EINVAL,
        `The configuration names CPUs that are not online: ${missing.join(", ")}.`,
      );
    }
    const result = this.#platform.enable(withFrequencies(config), this.#roots.online);
    if (result !== 0) fail(-result, this.#refusal());
    this.consoleReadable = isConsoleReadable(config);
    this.#hypervisor = root.hypervisor;
    this.#cells.set(ROOT_ID, {
      ...root,
      id: ROOT_ID,
      config: Uint8Array.from(config),
      ready: true,
    });
  }

  /** Why the hypervisor has just refused to be enabled, in its own words. */
  #refusal(): string | undefined {
    return new ConsoleReader(() => this.#platform.refusedConsolePage()).since();
  }

  /** Hands the machine back, or changes nothing: EBUSY with an offline root CPU, EPERM when a cell refuses. */
  disable(): void {
    this.#needEnabled();
    const owned = new Set(this.#guests().flatMap((cell) => cell.cpus));
    const missing = this.offline.filter((cpu) => !owned.has(cpu));
    if (missing.length > 0)
      fail(errno.EBUSY, `CPUs of the root cell are offline: ${missing.join(", ")}.`);
    if (owned.size > 0) this.#destroyAll();
    for (const cpu of this.#roots.online) this.#call(hc.HC_DISABLE, 0, 0, cpu);
    this.#cells.clear();
    this.console.forget();
  }

  createCell(config: Uint8Array): number {
    this.#needEnabled();
    const header = readCellHeader(config);
    this.#checkNew(header, config.length);
    const id = this.#freeId();
    const bytes = prepared(config, id);
    for (const cpu of header.cpus) this.#roots.takeOffline(cpu);
    try {
      this.#try(() => this.#roots.hypercallWith(this.#issuer, hc.HC_CELL_CREATE, bytes));
    } catch (error) {
      // When the CPU that asked is lost nobody knows how far the hypervisor came: its CPUs may be another cell's.
      if (!isCpuLost(error)) for (const cpu of header.cpus) this.#try(() => this.#online(cpu));
      throw error;
    }
    this.#cells.set(id, { ...header, id, config: Uint8Array.from(config), ready: false });
    return id;
  }

  loadCell(ref: CellRef, images: readonly Image[]): void {
    const cell = this.#find(ref);
    const targets = images.map((image) => targetOf(cell, image));
    this.#call(hc.HC_CELL_SET_LOADABLE, cell.id);
    images.forEach((image, index) => {
      this.#try(() => this.#copy(targets[index]!, image.data));
      if (covers(image, cell.resetAddress)) cell.ready = true;
    });
  }

  /** Starts a cell; returns warnings. */
  startCell(ref: CellRef): string[] {
    const cell = this.#find(ref);
    this.#call(hc.HC_CELL_START, cell.id);
    if (cell.ready) return [];
    const where = `0x${cell.resetAddress.toString(16)}`;
    return [
      `Nothing was loaded at ${where}, where the CPUs of cell "${cell.name}" start (cpu_reset_address).`,
    ];
  }

  destroyCell(ref: CellRef, force: boolean): void {
    const cell = this.#find(ref);
    this.#call(force ? hc.HC_CELL_DESTROY_FORCED : hc.HC_CELL_DESTROY, cell.id);
    this.#cells.delete(cell.id);
    for (const cpu of cell.cpus) this.#try(() => this.#online(cpu));
  }

  /** All cells, by id; none while disabled. */
  cells(): CellInfo[] {
    return [...this.#cells.values()].sort((a, b) => a.id - b.id).map((cell) => this.#info(cell));
  }

  info(ref: CellRef): CellInfo {
    this.#needEnabled();
    return this.#info(this.#lookUp(ref));
  }

  /** Counters of each CPU of a cell. */
  counters(ref: CellRef): Map<number, Counters> {
    this.#needEnabled();
    const info = this.#info(this.#lookUp(ref));
    return new Map(info.cpusAssigned.map((cpu) => [cpu, this.#cpuCounters(cpu)]));
  }

  /** What cells were denied. */
  denials(): DenialLog {
    this.#needEnabled();
    const view = this.#platform.denialTable();
    return view ? readDenials(view) : fail(errno.EINVAL);
  }

  /** The configuration of a cell as it was given, for the root cell the system's. */
  configuration(ref: CellRef): Uint8Array {
    this.#needEnabled();
    return Uint8Array.from(this.#lookUp(ref).config);
  }

  pools(): { memory: PoolUse; remap: PoolUse } {
    const figure = (type: number) =>
      this.enabled ? this.#call(hc.HC_HYPERVISOR_GET_INFO, type) : 0;
    return {
      memory: { size: figure(hc.INFO_MEM_POOL_SIZE), used: figure(hc.INFO_MEM_POOL_USED) },
      remap: { size: figure(hc.INFO_REMAP_POOL_SIZE), used: figure(hc.INFO_REMAP_POOL_USED) },
    };
  }

  /** Whose the first `size` bytes of RAM are; nothing while disabled. */
  memoryMap(size: number): MemoryRange[] {
    const [root, ...guests] = [...this.#cells.values()].map(({ id, memory }) => ({
      owner: id,
      extents: memory,
    }));
    if (!root) return [];
    const hypervisor = { owner: "hypervisor", extents: [this.#hypervisor] } as const;
    return divideMemory([root, hypervisor, ...guests], size);
  }

  /** Root CPUs that cannot be used at present: given to cells, or parked. */
  get offline(): number[] {
    return [...new Set([...this.#roots.offline, ...this.#roots.lost])].sort((a, b) => a - b);
  }

  /** The records, for a snapshot. */
  save(): DriverSnapshot {
    const { consoleReadable } = this;
    return { cells: [...this.#cells.values()].map((cell) => ({ ...cell })), consoleReadable };
  }

  restore({ cells, consoleReadable }: DriverSnapshot): void {
    this.#cells.clear();
    for (const cell of cells) this.#cells.set(cell.id, { ...cell });
    this.consoleReadable = consoleReadable;
  }

  get #issuer(): number {
    const cpu = this.#roots.online.find((candidate) => !this.#roots.lost.includes(candidate));
    return cpu ?? fail(errno.EIO, "No CPU of the root cell is left to issue a hypercall.");
  }

  #cpuCounters(cpu: number): Counters {
    const read = (number: number) =>
      this.#call(hc.HC_CPU_GET_INFO, cpu, hc.CPU_INFO_STAT_BASE + number);
    return Object.fromEntries(COUNTERS.map(([name, number]) => [name, read(number)]));
  }

  #guests(): Cell[] {
    return [...this.#cells.values()].filter((cell) => cell.id !== ROOT_ID);
  }

  #info(cell: Cell): CellInfo {
    const given = new Set(this.#guests().flatMap((guest) => guest.cpus));
    const cpus = cell.id === ROOT_ID ? cell.cpus.filter((cpu) => !given.has(cpu)) : cell.cpus;
    const isFailed = (cpu: number) =>
      this.#call(hc.HC_CPU_GET_INFO, cpu, hc.CPU_INFO_STATE) === hc.CPU_FAILED;
    return {
      id: cell.id,
      name: cell.name,
      state: this.#state(cell),
      cpusAssigned: cpus,
      cpusFailed: cpus.filter(isFailed),
    };
  }

  #state(cell: Cell): CellState {
    try {
      return STATES[this.#call(hc.HC_CELL_GET_STATE, cell.id)] ?? "invalid";
    } catch (error) {
      if (error instanceof SystemError && error.errno === errno.EINVAL) return "invalid";
      throw error;
    }
  }

  #checkNew(header: CellHeader, size: number): void {
    if (size > STAGING_SIZE) {
      fail(errno.E2BIG, `The configuration has ${size} bytes; the limit is ${STAGING_SIZE}.`);
    }
    for (const cell of this.#cells.values()) {
      if (cell.name === header.name) fail(errno.EEXIST, `There is already a cell "${cell.name}".`);
    }
    if (header.cpus.includes(0)) fail(errno.EINVAL, "Cannot assign CPU 0 to other cells");
    const online = new Set(this.#roots.online);
    const taken = header.cpus.filter((cpu) => !online.has(cpu));
    if (taken.length === 0) return;
    const shown = taken.slice(0, CPUS_SHOWN).map((cpu) => {
      const owner = this.#guests().find(({ cpus }) => cpus.includes(cpu));
      return owner ? `${cpu} (cell "${owner.name}" has it)` : `${cpu}`;
    });
    fail(errno.EBUSY, `CPUs that the root cell does not have: ${shown.join(", ")}.`);
  }

  #freeId(): number {
    for (let id = ROOT_ID + 1; ; id++) if (!this.#cells.has(id)) return id;
  }

  #lookUp(ref: CellRef): Cell {
    const cell =
      typeof ref === "number"
        ? this.#cells.get(ref)
        : [...this.#cells.values()].find(({ name }) => name === ref);
    return cell ?? fail(errno.ENOENT, `There is no cell ${JSON.stringify(ref)}.`);
  }

  /** A cell that an operation may be applied to: not the root cell. */
  #find(ref: CellRef): Cell {
    this.#needEnabled();
    const cell = this.#lookUp(ref);
    if (cell.id === ROOT_ID) fail(errno.EINVAL, "The root cell cannot be the target of this.");
    return cell;
  }

  #needEnabled(): void {
    if (!this.enabled) fail(errno.EINVAL, "The hypervisor is not enabled.");
  }

  #destroyAll(): void {
    this.#call(hc.HC_DESTROY_ALL, 0);
    for (const cell of this.#guests()) {
      this.#cells.delete(cell.id);
      for (const cpu of cell.cpus) this.#try(() => this.#online(cpu));
    }
  }

  #online(cpu: number): number {
    this.#roots.bringOnline(this.#issuer, cpu);
    return 0;
  }

  #copy(address: bigint, data: Uint8Array): number {
    this.#roots.copy(this.#issuer, Number(address), data);
    return 0;
  }

  #call(code: number, argument1: number, argument2 = 0, cpu = this.#issuer): number {
    return this.#try(() => this.#roots.hypercall(cpu, code, argument1, argument2));
  }

  /** Carries out something on a root CPU; a negative result, or the loss of the CPU, becomes a SystemError. */
  #try(action: () => number): number {
    this.console.mark();
    try {
      const result = action();
      if (result < 0) fail(-result, this.console.since());
      return result;
    } catch (error) {
      if (!(error instanceof RootCpuLost)) throw error;
      const words = this.console.since();
      throw new SystemError(errno.EIO, {
        hint: words ? `${error.message}: ${words}` : `${error.message}.`,
        cause: error,
      });
    }
  }
}

function fail(number: number, hint?: string): never {
  throw new SystemError(number, { hint });
}

function isCpuLost(error: unknown): boolean {
  return error instanceof SystemError && error.cause instanceof RootCpuLost;
}

/** Physical address for an image, which must lie inside one loadable region. */
function targetOf(cell: Cell, { data, address }: Image): bigint {
  const size = BigInt(data.length);
  const region = cell.loadable.find(
    ({ virt, size: length }) =>
      address >= virt && address - virt <= length && size <= length - (address - virt),
  );
  if (region) return region.phys + (address - region.virt);
  const end = (address + size).toString(16);
  return fail(
    errno.EINVAL,
    `0x${address.toString(16)} to 0x${end} is not inside one loadable region of cell "${cell.name}".`,
  );
}

function covers({ data, address }: Image, target: bigint): boolean {
  return target >= address && target < address + BigInt(data.length);
}
