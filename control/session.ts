// A machine, its hypervisor and its cells in this process: the Session of scenario tests, and what the daemon owns.
// Virtual time advances only inside its calls.
import { createHash } from "node:crypto";
import { EBUSY, EINVAL, EIO, ENODEV, ENOMEM, EPERM, ETIMEDOUT } from "../abi/errno.ts";
import { REG_RIP } from "../abi/platform.ts";
import { filesOfFunction } from "../config/create/pci.ts";
import { fileTree, type Tree } from "../config/create/tree.ts";
import {
  EmulatedMachine,
  type Hash,
  MachineError,
  type MachineSnapshot,
  type Modules,
  SLICE,
} from "../platforms/emulated/machine.ts";
import type * as api from "./api.ts";
import { type OpenDisk, openDisks } from "./disks.ts";
import { Driver, type DriverSnapshot } from "./driver.ts";
import { SystemError } from "./errors.ts";
import { unpackKernel } from "./guest/unpack.ts";
import { canEnd, ENDLESS } from "./machine-end.ts";
import { type CompleteOptions, checkOptions } from "./machine-options.ts";
import { loadModules } from "./modules.ts";
import { LocalSerialLine, linesOf, NO_CONSOLE } from "./serial-line.ts";

/** How much virtual time passes between two looks at something awaited, in nanoseconds. */
const STEP = 100 * SLICE;
/** How much virtual time passes before other work of the process gets its turn. */
const TURN = 1e6;

/** A session at one moment; lives in this process. */
export interface SessionSnapshot {
  readonly machine: MachineSnapshot;
  readonly driver: DriverSnapshot;
  readonly console: number;
  readonly serial: readonly string[];
}

export class LocalSession implements api.SteppedSession {
  readonly options: CompleteOptions;
  /** What lies below, for tests of the machine itself. */
  readonly machine: EmulatedMachine;
  readonly #driver: Driver;
  readonly #lines: readonly LocalSerialLine[];
  readonly #consoleListeners = new Set<(text: string) => void>();
  readonly #disks: readonly OpenDisk[];
  #consolePosition = 0;
  onTime: ((time: number) => void) | undefined;

  /** `disks` are closed with the session. */
  constructor(options: CompleteOptions, modules: Modules, disks: readonly OpenDisk[] = []) {
    this.options = options;
    this.#disks = disks;
    this.#lines = linesOf(options).map((line) => this.#line(line));
    const { cpus, memory, kernel, exitPort, fwCfg, processor, seed, serialSpeed } = options;
    const serial = this.#lines.map(({ transmit }) => transmit);
    this.machine = new EmulatedMachine(modules, {
      ...{ ...processor, cpus, memory, kernel, exitPort, fwCfg, seed, serial, serialSpeed, disks },
      ...{ virtioConsole: options.virtioConsole, reboots: options.onReset === "boot" },
    });
    this.#driver = new Driver(this.machine.platform, this.machine.roots);
  }

  async status(): Promise<api.MachineStatus> {
    return this.#read(() => this.#status());
  }

  #status(): api.MachineStatus {
    const { name, cpus, memory, cpu, pace, kernel, disks, onReset } = this.options;
    const { ended } = this;
    const { endReason, lastReset } = this.machine;
    return {
      ...{ name, cpus, memory, cpu, pace },
      ...(kernel && { kernel: kernel.image.name }),
      ...(disks.length > 0 && {
        disks: disks.map((disk) => (typeof disk === "string" ? disk : disk.name)),
      }),
      ...(kernel && onReset === "boot" && { resets: this.machine.resets }),
      ...(lastReset && { lastReset }),
      ...(ended !== undefined && { ended }),
      ...(endReason !== undefined && { endReason }),
      enabled: this.#driver.enabled,
      learning: this.#driver.enabled && this.#driver.denials().learning,
      time: this.machine.time,
      cells: this.#driver.cells(),
      pools: this.#driver.pools(),
      // A kernel's CPUs are its own to switch on and off.
      offline: kernel ? [] : this.#driver.offline,
      memoryMap: this.#driver.memoryMap(memory),
    };
  }

  async time(): Promise<number> {
    return this.machine.time;
  }

  async enable(systemConfig: Uint8Array): Promise<void> {
    this.#checkEnable();
    // Another hypervisor begins its console anew.
    if (!this.#driver.enabled) this.#consolePosition = 0;
    this.#change(() => this.#driver.enable(systemConfig));
  }

  #checkEnable(): void {
    const { kernel, processor } = this.options;
    if (kernel) {
      const hint = `The kernel ${kernel.image.name} runs on this machine: only a machine that was started without --kernel can be split.`;
      throw new SystemError(EBUSY, { hint });
    }
    if (processor.features.svm === false) {
      const hint = "The processor has no AMD-V (--cpu amd,svm=off).";
      throw new SystemError(ENODEV, { hint });
    }
  }

  async disable(): Promise<void> {
    this.#change(() => this.#driver.disable());
  }

  async createCell(cellConfig: Uint8Array): Promise<api.CellInfo> {
    return this.#change(() => this.#driver.info(this.#driver.createCell(cellConfig)));
  }

  async loadCell(cell: api.CellRef, images: readonly api.Image[]): Promise<void> {
    this.#change(() => this.#driver.loadCell(cell, images));
  }

  async startCell(cell: api.CellRef): Promise<api.StartReport> {
    return { warnings: this.#change(() => this.#driver.startCell(cell)) };
  }

  async shutdownCell(cell: api.CellRef): Promise<void> {
    await this.loadCell(cell, []);
  }

  async destroyCell(cell: api.CellRef, { force = false } = {}): Promise<void> {
    this.#change(() => this.#driver.destroyCell(cell, force));
  }

  async cells(): Promise<readonly api.CellInfo[]> {
    return this.#read(() => this.#driver.cells());
  }

  async statistics(ref: api.CellRef): Promise<api.CellStatistics> {
    return this.#read(() => {
      const cpus = this.#driver.counters(ref);
      return { cell: this.#driver.info(ref), total: sum(cpus), cpus };
    });
  }

  async denials(): Promise<api.DenialLog> {
    return this.#driver.denials();
  }

  async configuration(cell: api.CellRef): Promise<Uint8Array> {
    return this.#driver.configuration(cell);
  }

  /** Configuration spaces are all there is: firmware that gives base address registers their places is not. */
  async devices(): Promise<Tree> {
    const { functions } = this.machine.pc.devices.pci;
    const files = functions.flatMap(([bdf, one]) => filesOfFunction(bdf, one.bytes()));
    return fileTree(new Map(files));
  }

  /** Without a hypervisor, the console is the kernel's: COM1. */
  async consoleText(): Promise<string> {
    if (this.options.kernel) return this.serial(0).text();
    this.#needConsole();
    return this.#driver.consoleReadable ? this.#driver.console.text() : "";
  }

  async followConsole(listener: (text: string) => void): Promise<api.Unsubscribe> {
    if (this.options.kernel) return this.serial(0).follow(listener);
    this.#needConsole();
    this.#consoleListeners.add(listener);
    return () => this.#consoleListeners.delete(listener);
  }

  serial(line: api.LineNumber): api.SerialLine {
    const found = this.#lines[line];
    if (!found) throw new SystemError(ENODEV, { hint: NO_CONSOLE });
    return found;
  }

  async run(nanoseconds: number): Promise<void> {
    const end = this.machine.time + nanoseconds;
    while (this.machine.time < end && this.ended === undefined) {
      this.#pass(Math.min(end, this.machine.time + TURN));
      await new Promise(setImmediate);
    }
  }

  async advance(nanoseconds: number, isLate: () => boolean): Promise<boolean> {
    const end = this.machine.time + nanoseconds;
    this.#change(() => this.#run(end, isLate));
    return this.machine.time < end;
  }

  /** How often a reset has booted the kernel anew. */
  get resets(): number {
    return this.machine.resets;
  }

  get ended(): number | undefined {
    return this.machine.ended;
  }

  async waitForEnd(timeout = Number.POSITIVE_INFINITY): Promise<number> {
    if (!canEnd(this.options)) throw new SystemError(EINVAL, { hint: ENDLESS });
    const end = this.machine.time + timeout;
    while (this.ended === undefined && this.machine.time < end) {
      this.#pass(Math.min(end, this.machine.time + TURN));
      await new Promise(setImmediate);
    }
    if (this.ended !== undefined) return this.ended;
    const hint = `The machine did not end within ${timeout / 1e9} virtual seconds.`;
    throw new SystemError(ETIMEDOUT, { hint });
  }

  async fingerprint(): Promise<string> {
    const hash = createHash("sha256").update(this.machine.fingerprint(fastHash()));
    if (this.machine.platform.coreMemory) hash.update(this.machine.platform.coreMemory);
    return hash.digest("hex");
  }

  checkPoint(): api.CheckPoint {
    const lines = linesOf(this.options).map((line) => this.machine.serialDigest(line));
    const console = createHash("sha256").update(lines.join()).digest("hex");
    return { console, state: this.machine.stateDigest(fastHash()) };
  }

  /** Everything at this moment, to go back to with `restore`, in this session or in another one with the same options. */
  async snapshot(): Promise<SessionSnapshot> {
    return {
      machine: this.machine.save(),
      driver: this.#driver.save(),
      console: this.#consolePosition,
      serial: await Promise.all(this.#lines.map((line) => line.text())),
    };
  }

  /** Goes back to a snapshot. Throws EINVAL, with nothing changed, for one of a machine with other options. */
  async restore(snapshot: SessionSnapshot): Promise<void> {
    try {
      this.machine.restore(snapshot.machine);
    } catch (cause) {
      throw new SystemError(EINVAL, { hint: (cause as Error).message, cause });
    }
    this.#driver.restore(snapshot.driver);
    this.#consolePosition = snapshot.console;
    for (const [index, line] of this.#lines.entries()) line.restore(snapshot.serial[index]!);
  }

  async close(): Promise<void> {
    this.#consoleListeners.clear();
    for (const disk of this.#disks) disk.close();
  }

  #line(index: api.LineNumber): LocalSerialLine {
    return new LocalSerialLine({
      now: () => this.machine.time,
      hasEnded: () => this.ended !== undefined,
      step: () => this.#pass(this.machine.time + STEP),
      receive: (bytes) => this.machine.send(index, bytes),
    });
  }

  #pass(until: number): void {
    this.#change(() => this.#run(until));
  }

  /** Where a reset is the end, a kernel's CPU that shuts down is a fault to be seen. Throws EIO then. */
  #run(until: number, isLate?: () => boolean): void {
    this.machine.run(until, isLate);
    this.onTime?.(this.machine.time);
    const cpu = this.options.kernel && this.machine.shutDown[0];
    if (cpu === undefined) return;
    const rip = this.machine.pc.processors[cpu]!.get(REG_RIP).toString(16);
    const hint = `CPU ${cpu} of the kernel's shut down at RIP 0x${rip}: a triple fault, by which a PC resets.`;
    throw new SystemError(EIO, { hint });
  }

  /** Reads something by hypercalls; they take one slice together. */
  #read<T>(action: () => T): T {
    return this.#change(() => this.machine.roots.together(action));
  }

  /** Does something with the machine, then tells the followers of the console. */
  #change<T>(action: () => T): T {
    try {
      return action();
    } finally {
      const { text, position } = this.#driver.console.after(this.#consolePosition);
      this.#consolePosition = position;
      if (text !== "") for (const listener of this.#consoleListeners) listener(text);
    }
  }

  #needConsole(): void {
    if (!this.#driver.enabled || this.#driver.consoleReadable) return;
    const hint =
      "The system configuration does not make the hypervisor's console readable (VIRTUAL_DEBUG_CONSOLE).";
    throw new SystemError(EPERM, { hint });
  }
}

/** Node's SHA-256, thirty times faster than one in JavaScript. */
function fastHash(): Hash {
  const hash = createHash("sha256");
  return { update: (bytes) => hash.update(bytes), digest: () => hash.digest("hex") };
}

function sum(cpus: ReadonlyMap<number, api.Counters>): api.Counters {
  const total: Record<string, number> = {};
  for (const counters of cpus.values()) {
    for (const [name, value] of Object.entries(counters)) total[name] = (total[name] ?? 0) + value;
  }
  return total;
}

/**
 * Starts a machine in this process. Throws EINVAL for options that no machine has and for kernels that do not boot, ENOMEM when the host lacks memory, and why a disk's file
 * cannot be used.
 */
export async function startSession(
  options: api.MachineOptions = {},
  modules: Modules = loadModules(),
): Promise<LocalSession> {
  const { kernel } = options;
  const unpacked = kernel && { ...kernel, image: await unpackKernel(kernel.image) };
  const complete = checkOptions({ ...options, kernel: unpacked });
  const disks = openDisks(complete.disks);
  try {
    return new LocalSession(complete, modules, disks);
  } catch (cause) {
    for (const disk of disks) disk.close();
    if (!(cause instanceof MachineError)) throw cause;
    const { message, hint, code } = cause;
    const errno = code === "no-memory" ? ENOMEM : EINVAL;
    throw new SystemError(errno, { hint: `${message}. ${hint}`.trimEnd(), cause });
  }
}
