// The computer that the command runs on, through the driver's device and its tree in sysfs: the Session of a root cell
// under Linux, with our driver or the original's.

import { setTimeout as sleep } from "node:timers/promises";
import { EINVAL, ENOENT, ENOTTY, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import * as abi from "../../abi/ioctl.ts";
import { directoryTree, type Tree } from "../../config/create/tree.ts";
import type * as api from "../api.ts";
import { readDenials } from "../denials.ts";
import { SystemError } from "../errors.ts";
import { readCellHeader } from "../headers.ts";
import { isVirtual, memorySize, offlineCpus, presentCpus, splitCores } from "./computer.ts";
import { Device } from "./device.ts";
import { DEVICE, type Host, SYSFS, THIS_HOST } from "./host.ts";
import { canExist, encodeCell, encodeCreate, encodeLoad } from "./requests.ts";
import {
  findCell,
  isEnabled,
  readCells,
  readPools,
  readStatistics,
  readTable,
} from "./sysfs-reader.ts";

/** Milliseconds between two looks at the console, as often as the driver looks. */
const CONSOLE_PERIOD = 100;
/** What a timer of the event loop can count to, in milliseconds. */
const LONGEST_SLEEP = 2 ** 31 - 1;
const NS_PER_MS = 1e6;

const RISK =
  "This is a physical computer. The hypervisor takes over its processors: a mistake in it, or in a configuration, can " +
  "stop the machine at once, and what is not on disk is lost. docs/metal.md says what was tried, and how to prepare.";

/** Lines of the hypervisor's console that a person should see. */
const CAVEAT = /^(warning: |No IOMMU )/i;
const PREFIX = /^warning: /i;
const NO_SERIAL =
  "The serial lines of a computer are its connectors: another computer at the cable shows what comes.";

function unsupported(hint: string): never {
  throw new SystemError(EOPNOTSUPP, { hint });
}

/** Talks to the driver only when something needs it: the rest is in sysfs, which anybody may read. */
export class LinuxSession implements api.OpenSession {
  readonly #host: Host;
  readonly #followers = new Set<() => void>();
  #device: Promise<Device> | undefined;
  /** Of the driver, about the enable of this session. */
  #warnings: readonly string[] = [];
  #end: () => void = () => {};
  readonly closed: Promise<void>;

  constructor(host: Host = THIS_HOST) {
    this.#host = host;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async #request(
    number: number,
    encode: Parameters<Device["request"]>[1] = () => null,
  ): Promise<string[]> {
    this.#device ??= Device.open(this.#host);
    try {
      return (await this.#device).request(number, encode);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** The most common reason for EINVAL is one that nobody prints. */
  #explained(error: unknown): unknown {
    if (!(error instanceof SystemError) || error.errno !== EINVAL || error.hint) return error;
    if (isEnabled(this.#host)) return error;
    return new SystemError(EINVAL, { hint: "The hypervisor is not enabled.", cause: error });
  }

  async #cellRequest(number: number, cell: api.CellRef): Promise<void> {
    this.#needPossible(cell);
    await this.#request(number, () => encodeCell(cell));
  }

  #needPossible(cell: api.CellRef): void {
    if (canExist(cell)) return;
    throw new SystemError(ENOENT, { hint: `There is no cell ${JSON.stringify(cell)}.` });
  }

  async status(): Promise<api.MachineStatus> {
    const host = this.#host;
    return {
      name: DEVICE,
      cpus: presentCpus(host).length,
      memory: memorySize(host),
      pace: "real",
      enabled: isEnabled(host),
      learning: await this.#isLearning(),
      time: await this.time(),
      cells: readCells(host),
      pools: readPools(host),
      offline: offlineCpus(host),
      memoryMap: [],
    };
  }

  /** CLOCK_MONOTONIC, which Linux begins at its start. */
  async time(): Promise<number> {
    return Number(process.hrtime.bigint());
  }

  async enable(systemConfig: Uint8Array): Promise<void> {
    this.#warnings = await this.#request(abi.JAILHOUSE_ENABLE, () => systemConfig);
  }

  async disable(): Promise<void> {
    await this.#request(abi.JAILHOUSE_DISABLE);
  }

  async createCell(cellConfig: Uint8Array): Promise<api.CreatedCell> {
    const ours = this.#coreWarnings(cellConfig);
    const theirs = await this.#request(abi.JAILHOUSE_CELL_CREATE, (addressOf) =>
      encodeCreate(cellConfig, addressOf),
    );
    // A driver that knows the cores of offline CPUs, too, has said it better.
    const knows = theirs.some((line) => line.includes("shares a core"));
    return { ...this.#created(cellConfig), warnings: knows ? theirs : [...ours, ...theirs] };
  }

  /** To be asked while the cell's CPUs are still Linux': it forgets the cores of those that are offline. */
  #coreWarnings(config: Uint8Array): string[] {
    let name: string;
    let cpus: readonly number[];
    try {
      ({ name, cpus } = readCellHeader(config));
    } catch {
      return [];
    }
    return splitCores(this.#host, cpus).map(
      ([cpu, others]) =>
        `CPU ${cpu} of cell "${name}" shares a core with CPU ${others.join(", ")}, which is not in the cell: they can slow each other down, and watch each other through the core's caches.`,
    );
  }

  /** The original's driver answers "done" to a configuration of another architecture, and does nothing. */
  #created(config: Uint8Array): api.CellInfo {
    return findCell(this.#host, readCellHeader(config).name);
  }

  async loadCell(cell: api.CellRef, images: readonly api.Image[]): Promise<void> {
    this.#needPossible(cell);
    await this.#request(abi.JAILHOUSE_CELL_LOAD, (addressOf) =>
      encodeLoad(cell, images, addressOf),
    );
  }

  async startCell(cell: api.CellRef): Promise<api.StartReport> {
    await this.#cellRequest(abi.JAILHOUSE_CELL_START, cell);
    return { warnings: [] };
  }

  shutdownCell(cell: api.CellRef): Promise<void> {
    return this.loadCell(cell, []);
  }

  async destroyCell(cell: api.CellRef, { force = false } = {}): Promise<void> {
    if (!force) return this.#cellRequest(abi.JAILHOUSE_CELL_DESTROY, cell);
    try {
      await this.#cellRequest(abi.JAILHOUSE_CELL_DESTROY_FORCED, cell);
    } catch (error) {
      const { errno, hint } = error as SystemError;
      // What a driver says to a request that it does not know.
      if (errno !== ENOTTY && (errno !== EINVAL || hint)) throw error;
      unsupported("This driver always asks a cell before it destroys it.");
    }
  }

  async cells(): Promise<readonly api.CellInfo[]> {
    return readCells(this.#host);
  }

  async statistics(cell: api.CellRef): Promise<api.CellStatistics> {
    return readStatistics(this.#host, cell);
  }

  /** False where it cannot be known: to anybody but root, and with the original's driver. */
  async #isLearning(): Promise<boolean> {
    return this.denials().then(
      ({ learning }) => learning,
      () => false,
    );
  }

  async denials(): Promise<api.DenialLog> {
    const bytes = readTable(this.#host, `${SYSFS}/denials`);
    return readDenials(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  async configuration(cell: api.CellRef): Promise<Uint8Array> {
    return readTable(this.#host, `${SYSFS}/cells/${findCell(this.#host, cell).id}/config`);
  }

  async devices(): Promise<Tree> {
    return directoryTree(this.#host.root);
  }

  #readConsole(device: Device): string {
    try {
      return device.readConsole();
    } catch (error) {
      if (!(error instanceof SystemError) || error.errno !== EPERM) throw error;
      const hint =
        "The system configuration does not make the hypervisor's console readable (VIRTUAL_DEBUG_CONSOLE).";
      throw new SystemError(EPERM, { hint, cause: error });
    }
  }

  async consoleText(): Promise<string> {
    const device = Device.openConsole(this.#host);
    try {
      return this.#readConsole(device);
    } finally {
      device.close();
    }
  }

  async followConsole(listener: (text: string) => void): Promise<api.Unsubscribe> {
    return (await this.attachConsole(listener)).stop;
  }

  async attachConsole(listener: (text: string) => void): Promise<api.Attachment> {
    const device = Device.openConsole(this.#host);
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      if (!this.#followers.delete(stop)) return;
      clearInterval(timer);
      device.close();
    };
    this.#followers.add(stop);
    try {
      const text = this.#readConsole(device);
      timer = setInterval(() => {
        const piece = this.#pieceOf(device);
        if (piece !== "") listener(piece);
      }, CONSOLE_PERIOD);
      return { text, stop };
    } catch (error) {
      stop();
      throw error;
    }
  }

  /** What came since the last look; nothing while it may not be read, which another configuration may change. */
  #pieceOf(device: Device): string {
    try {
      return device.readConsole();
    } catch {
      return "";
    }
  }

  serial(_line: 0 | 1): api.SerialLine {
    const refuse = async () => unsupported(NO_SERIAL);
    return { text: refuse, follow: refuse, write: refuse, waitFor: refuse };
  }

  async attachSerial(): Promise<api.Attachment> {
    return unsupported(NO_SERIAL);
  }

  /** Time passes by itself: waits. */
  async run(nanoseconds: number, signal?: AbortSignal): Promise<void> {
    const options = signal ? { signal } : {};
    const end = (await this.time()) + nanoseconds;
    // A timer of the event loop may be early by a millisecond.
    for (let left = nanoseconds; left > 0 && !signal?.aborted; left = end - (await this.time())) {
      const milliseconds = Math.min(Math.ceil(left / NS_PER_MS), LONGEST_SLEEP);
      await sleep(milliseconds, undefined, options).catch(() => {});
    }
  }

  async fingerprint(): Promise<string> {
    return unsupported("Only an emulated machine can be compared bit for bit.");
  }

  async risk(): Promise<string | undefined> {
    return isVirtual(this.#host) ? undefined : RISK;
  }

  /** What driver and hypervisor said about it; of the latter nothing when that may not be read. */
  async caveats(): Promise<readonly string[]> {
    const text = await this.consoleText().catch(() => "");
    const lines = text.split("\n").map((line) => line.trim());
    const caveats = lines.filter((line) => CAVEAT.test(line));
    return [...this.#warnings, ...caveats.map((line) => line.replace(PREFIX, ""))];
  }

  async close(): Promise<void> {
    for (const stop of [...this.#followers]) stop();
    const device = await this.#device?.catch(() => undefined);
    device?.close();
    this.#device = undefined;
    this.#end();
  }
}
