// A computer through the driver's device and its tree in sysfs, this one or one at the other end of a line: the Session of
// a root cell under Linux, with our driver or the original's.

import { setTimeout as sleep } from "node:timers/promises";
import { EINVAL, ENOENT, ENOTTY, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import * as abi from "../../abi/ioctl.ts";
import type { Tree } from "../../config/create/tree.ts";
import { printable } from "../../config/printable.ts";
import { projectVersion } from "../../config/version.ts";
import type * as api from "../api.ts";
import { readDenials } from "../denials.ts";
import { SystemError, toSystemError } from "../errors.ts";
import { readCellHeader } from "../headers.ts";
import * as computer from "./computer.ts";
import type { Files } from "./files.ts";
import { SYSFS } from "./host.ts";
import * as requests from "./requests.ts";
import * as sysfs from "./sysfs-reader.ts";
import type { ConsoleReader, DriverRequest, Target } from "./target.ts";
import { refusalIn, warningsIn } from "./words.ts";

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

const ENABLING: readonly number[] = [abi.JAILHOUSE_ENABLE, abi.JAILHOUSE_ENABLE_TRIAL];

function unsupported(hint: string): never {
  throw new SystemError(EOPNOTSUPP, { hint });
}

/** What of PCI functions is shown to who explains. */
const DEVICE_FILES = ["config", "resource"].map((file) => `/sys/bus/pci/devices/*/${file}`);
const VERSION = `${SYSFS}/version`;
/** Characters of a release that are shown. */
const VERSION_MAX = 16;
const CELLS = [...sysfs.ENABLED_FILES, ...sysfs.CELL_FILES];
const STATUS = [
  ...[...CELLS, ...sysfs.POOL_FILES, ...computer.CPU_FILES, ...computer.MEMORY_FILES],
  ...[`${SYSFS}/denials`, `${SYSFS}/trial`],
];

/** Why the way to a computer was lost, in a line. */
function reasonOf(error: unknown): string {
  const { message, hint } = toSystemError(error);
  return `The way to the computer was lost: ${hint ?? message}`;
}

/** Talks to the driver only when something needs it: the rest is in sysfs, which anybody may read. */
export class LinuxSession implements api.OpenSession {
  readonly #target: Target;
  readonly #followers = new Set<() => Promise<void>>();
  /** Of the driver, about the enable of this session. */
  #warnings: readonly string[] = [];
  #end: (reason?: string) => void = () => {};
  readonly closed: Promise<string | undefined>;

  /** The session closes the target with itself. */
  constructor(target: Target) {
    this.#target = target;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
    target.lost.catch((error: Error) => this.#end(reasonOf(error)));
  }

  /** Returns the driver's warnings. Throws its error number, with the words of driver and hypervisor as the hint. */
  async #request(request: DriverRequest): Promise<string[]> {
    const outcome = await this.#target.request(request);
    if (outcome.result >= 0) return warningsIn(outcome);
    const error = new SystemError(-outcome.result, { hint: refusalIn(outcome) });
    const isEnable = ENABLING.includes(request.number);
    throw isEnable ? error : await this.#explained(error);
  }

  /** The most common reason for EINVAL is one that nobody prints. */
  async #explained(error: SystemError): Promise<SystemError> {
    if (error.errno !== EINVAL || error.hint) return error;
    if (sysfs.isEnabled(await this.#target.gather(sysfs.ENABLED_FILES))) return error;
    return new SystemError(EINVAL, { hint: "The hypervisor is not enabled.", cause: error });
  }

  async #cellRequest(number: number, cell: api.CellRef): Promise<void> {
    this.#needPossible(cell);
    await this.#request(requests.cellRequest(number, cell));
  }

  #needPossible(cell: api.CellRef): void {
    if (requests.canExist(cell)) return;
    throw new SystemError(ENOENT, { hint: `There is no cell ${JSON.stringify(cell)}.` });
  }

  async status(): Promise<api.MachineStatus> {
    const files = await this.#target.gather(STATUS);
    return {
      name: this.#target.name,
      cpus: computer.presentCpus(files).length,
      memory: computer.memorySize(files),
      pace: "real",
      enabled: sysfs.isEnabled(files),
      learning: isLearning(files),
      ...trialOf(files),
      time: await this.time(),
      cells: sysfs.readCells(files),
      pools: sysfs.readPools(files),
      offline: computer.offlineCpus(files),
      memoryMap: [],
    };
  }

  time(): Promise<number> {
    return this.#target.time();
  }

  /** The driver of another release may mean something else by the same words; the original's tells none. */
  async #needThisRelease(): Promise<void> {
    const files = await this.#target.gather([VERSION]);
    const theirs = files.textIfAny(VERSION);
    const ours = projectVersion();
    if (theirs === undefined || theirs === ours) return;
    throw new SystemError(EINVAL, {
      hint: `The driver is of jailhouse-ts ${printable(theirs.slice(0, VERSION_MAX))}, this command of ${ours}: install both of one release.`,
    });
  }

  async enable(systemConfig: Uint8Array): Promise<void> {
    await this.#needThisRelease();
    this.#warnings = await this.#request(requests.enableRequest(systemConfig));
  }

  async enableTrial(systemConfig: Uint8Array, seconds: number): Promise<void> {
    await this.#needThisRelease();
    const request = requests.trialRequest(systemConfig, seconds);
    this.#warnings = await unlessUnknown(
      this.#request(request),
      "This driver cannot hand the machine back by itself.",
    );
  }

  async confirm(): Promise<void> {
    await unlessUnknown(
      this.#request(requests.plainRequest(abi.JAILHOUSE_CONFIRM)),
      "This driver knows no trials.",
    );
  }

  async disable(): Promise<void> {
    await this.#request(requests.plainRequest(abi.JAILHOUSE_DISABLE));
  }

  async createCell(cellConfig: Uint8Array): Promise<api.CreatedCell> {
    const ours = await this.#coreWarnings(cellConfig);
    const theirs = await this.#request(requests.createRequest(cellConfig));
    // A driver that knows the cores of offline CPUs, too, has said it better.
    const knows = theirs.some((line) => line.includes("shares a core"));
    return {
      ...(await this.#created(cellConfig)),
      warnings: knows ? theirs : [...ours, ...theirs],
    };
  }

  /** To be asked while the cell's CPUs are still Linux': it forgets the cores of those that are offline. */
  async #coreWarnings(config: Uint8Array): Promise<string[]> {
    let name: string;
    let cpus: readonly number[];
    try {
      ({ name, cpus } = readCellHeader(config));
    } catch {
      return [];
    }
    const files = await this.#target.gather(computer.CORE_FILES);
    return computer
      .splitCores(files, cpus)
      .map(
        ([cpu, others]) =>
          `CPU ${cpu} of cell "${name}" shares a core with CPU ${others.join(", ")}, which is not in the cell: they can slow each other down, and watch each other through the core's caches.`,
      );
  }

  /** The original's driver answers "done" to a configuration of another architecture, and does nothing. */
  async #created(config: Uint8Array): Promise<api.CellInfo> {
    return sysfs.findCell(await this.#target.gather(CELLS), readCellHeader(config).name);
  }

  async loadCell(cell: api.CellRef, images: readonly api.Image[]): Promise<void> {
    this.#needPossible(cell);
    await this.#request(requests.loadRequest(cell, images));
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
    await unlessUnknown(
      this.#cellRequest(abi.JAILHOUSE_CELL_DESTROY_FORCED, cell),
      "This driver always asks a cell before it destroys it.",
    );
  }

  async cells(): Promise<readonly api.CellInfo[]> {
    return sysfs.readCells(await this.#target.gather(CELLS));
  }

  async statistics(cell: api.CellRef): Promise<api.CellStatistics> {
    const info = sysfs.findCell(await this.#target.gather(CELLS), cell);
    return sysfs.readStatistics(await this.#target.gather(sysfs.counterFiles(info.id)), info);
  }

  async denials(): Promise<api.DenialLog> {
    const path = `${SYSFS}/denials`;
    return tableOfDenials(await this.#target.gather([...sysfs.ENABLED_FILES, path]));
  }

  async configuration(cell: api.CellRef): Promise<Uint8Array> {
    const path = `${SYSFS}/cells/*/config`;
    const files = await this.#target.gather([...CELLS, path]);
    return sysfs.readTable(files, path.replace("*", `${sysfs.findCell(files, cell).id}`));
  }

  async devices(): Promise<Tree> {
    return (await this.#target.gather(DEVICE_FILES)).tree;
  }

  async consoleText(): Promise<string> {
    const reader = await this.#target.openConsole();
    try {
      return await readConsole(reader);
    } finally {
      await reader.close();
    }
  }

  async followConsole(listener: (text: string) => void): Promise<api.Unsubscribe> {
    return (await this.attachConsole(listener)).stop;
  }

  async attachConsole(listener: (text: string) => void): Promise<api.Attachment> {
    const reader = await this.#target.openConsole();
    const ended = new AbortController();
    let pieces: Promise<void> = Promise.resolve();
    const stop = async () => {
      if (!this.#followers.delete(stop)) return;
      ended.abort();
      await pieces;
      await reader.close().catch(() => {});
    };
    this.#followers.add(stop);
    try {
      const text = await readConsole(reader);
      pieces = listen(reader, listener, ended.signal);
      return { text, stop: () => void stop() };
    } catch (error) {
      await stop();
      throw error;
    }
  }

  serial(_line: api.LineNumber): api.SerialLine {
    const refuse = async () => unsupported(NO_SERIAL);
    return { text: refuse, follow: refuse, write: refuse, waitFor: refuse };
  }

  async attachSerial(): Promise<api.Attachment> {
    return unsupported(NO_SERIAL);
  }

  /** Time passes by itself, here as there: waits. */
  async run(nanoseconds: number, signal?: AbortSignal): Promise<void> {
    const options = signal ? { signal } : {};
    const now = () => Number(process.hrtime.bigint());
    const end = now() + nanoseconds;
    // A timer of the event loop may be early by a millisecond.
    for (let left = nanoseconds; left > 0 && !signal?.aborted; left = end - now()) {
      const milliseconds = Math.min(Math.ceil(left / NS_PER_MS), LONGEST_SLEEP);
      await sleep(milliseconds, undefined, options).catch(() => {});
    }
  }

  async waitForEnd(): Promise<number> {
    throw new SystemError(EOPNOTSUPP, { hint: "A computer has no exit port." });
  }

  async fingerprint(): Promise<string> {
    return unsupported("Only an emulated machine can be compared bit for bit.");
  }

  async risk(): Promise<string | undefined> {
    const files = await this.#target.gather(computer.VIRTUAL_FILES);
    return computer.isVirtual(files) ? undefined : RISK;
  }

  /** What driver and hypervisor said about it; of the latter nothing when that may not be read. */
  async caveats(): Promise<readonly string[]> {
    const text = await this.consoleText().catch(() => "");
    const lines = text.split("\n").map((line) => line.trim());
    const caveats = lines.filter((line) => CAVEAT.test(line));
    return [...this.#warnings, ...caveats.map((line) => line.replace(PREFIX, ""))];
  }

  async close(): Promise<void> {
    for (const stop of [...this.#followers]) await stop();
    await this.#target.close();
    this.#end();
  }
}

/** What drivers say to a request that they do not know becomes EOPNOTSUPP, with this hint. */
async function unlessUnknown<T>(request: Promise<T>, refusal: string): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const { errno, hint } = error as SystemError;
    if (errno !== ENOTTY && (errno !== EINVAL || hint)) throw error;
    return unsupported(refusal);
  }
}

function tableOfDenials(files: Files): api.DenialLog {
  const bytes = sysfs.readTable(files, `${SYSFS}/denials`);
  return readDenials(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

function trialOf(files: Files): { readonly trial?: number } {
  const trial = Number(files.textIfAny(`${SYSFS}/trial`) ?? 0);
  return trial > 0 ? { trial } : {};
}

/** False where it cannot be known: to anybody but root, and with the original's driver. */
function isLearning(files: Files): boolean {
  try {
    return tableOfDenials(files).learning;
  } catch {
    return false;
  }
}

async function readConsole(reader: ConsoleReader): Promise<string> {
  try {
    return await reader.read();
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== EPERM) throw error;
    const hint =
      "The system configuration does not make the hypervisor's console readable (VIRTUAL_DEBUG_CONSOLE).";
    throw new SystemError(EPERM, { hint, cause: error });
  }
}

/** Hands on what comes, until the signal. What may not be read now, another configuration may allow. */
async function listen(
  reader: ConsoleReader,
  listener: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const piece = await reader.read().catch(() => "");
    if (piece !== "" && !signal.aborted) listener(piece);
    await sleep(CONSOLE_PERIOD, undefined, { signal }).catch(() => {});
  }
}
