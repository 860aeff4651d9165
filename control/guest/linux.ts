// A Linux in this process, booted and ready: what a test has its commands run in.
import { createHash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { EINVAL, EIO, ENOENT, ETIMEDOUT } from "../../abi/errno.ts";
import type { BootFile, LineNumber, MachineOptions } from "../api.ts";
import { buildIdentity } from "../build.ts";
import { SystemError } from "../errors.ts";
import { createRecord, Journal } from "../record/journal.ts";
import { hashOptions } from "../record/options.ts";
import { type LocalSession, type SessionSnapshot, startSession } from "../session.ts";
import { keep, loadKept } from "./cache.ts";
import type { Tree } from "./cpio.ts";
import { EXIT_PORT, initramfs, MARK, READY } from "./initramfs.ts";
import { collectModules, type KernelModule } from "./modules.ts";

export type { Entry, Tree } from "./cpio.ts";

const MIB = 1 << 20;
const DEFAULT_MEMORY = 256 * MIB;
/** Least virtual time between two turns of other work, in nanoseconds. */
const TURN = 1e6;
const SECOND = 1e9;
const DEFAULT_TIMEOUT = 60 * SECOND;
/** Console lines that an error shows. */
const SHOWN_LINES = 5;
const BOOT = "/boot";
const PANIC = /Kernel panic - not syncing.*/;
const VERSION = /^vmlinuz-(.+)$/;
/** What a disk wants of a kernel that is made of modules. */
const DISK_MODULES = ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4"];
const CONSOLE_MODULES = ["virtio_pci", "virtio_console"];
/** Lines that commands may go by: COM2, and the virtio console. */
const CHANNELS = [1, 2] as const;
/** The kernel's command line. */
export const APPEND = "console=ttyS0 panic=-1";

export interface LinuxOptions
  extends Pick<MachineOptions, "cpus" | "memory" | "cpu" | "seed" | "disks" | "virtioConsole"> {
  /** A bzImage, or a vmlinux, which may be compressed: a path, or the file. Default: the newest of /boot. */
  readonly kernel?: string | BootFile;
  /** More files, by their paths without the leading slash. */
  readonly files?: Tree;
  /**
   * Kernel modules that init inserts, by name, each after those that it needs. Default: those of virtio and ext4 for disks, those of
   * virtio for a console.
   */
  readonly modules?: readonly string[];
  /** Where modules are. Default: lib/modules/VERSION beside the directory of a kernel that is the path of a vmlinuz-VERSION. */
  readonly moduleDirectory?: string;
  /** More of the kernel's command line. */
  readonly append?: string;
  /** Boots anew, and keeps no snapshot. Others are kept in the user's cache directory. */
  readonly fresh?: boolean;
  /** A file for the record of this Linux, from its boot until it is closed, for `jailhouse machine replay`; it boots anew. */
  readonly record?: string;
  /** Virtual nanoseconds that the boot may take; default 60 seconds. */
  readonly timeout?: number;
  /** Gets what the console (COM1) says, as it says it, with virtual time in nanoseconds. */
  readonly onConsole?: (text: string, time: number) => void;
  /** Is called now and then while it boots, with virtual time in nanoseconds and the console's last line. */
  readonly onProgress?: (time: number, line: string) => void;
  /** Is called when it has booted. */
  readonly onReady?: () => void;
}

/** What became of a command. */
export interface CommandResult {
  /** As in the shell's `$?`. */
  readonly status: number;
  /** Standard output and standard error. */
  readonly out: string;
}

/** The newest kernel that is installed. */
function installedKernel(): string {
  const names = (() => {
    try {
      return readdirSync(BOOT).filter((name) => name.startsWith("vmlinuz-"));
    } catch {
      return [];
    }
  })();
  const newest = names.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  if (newest !== undefined) return join(BOOT, newest);
  const hint = `There is no kernel ${BOOT}/vmlinuz-*: give one in the option "kernel".`;
  throw new SystemError(ENOENT, { hint });
}

/** Where a kernel's modules are, if its path says so. */
function modulesOf(kernel: string): string | undefined {
  const version = VERSION.exec(basename(kernel))?.[1];
  return version && join(dirname(dirname(kernel)), "lib/modules", version);
}

async function readModules(
  kernel: string | BootFile,
  { modules, moduleDirectory, disks = [], virtioConsole }: LinuxOptions,
): Promise<KernelModule[]> {
  const own = typeof kernel === "string" ? modulesOf(kernel) : undefined;
  const directory = moduleDirectory ?? own;
  const wanted = [
    ...(disks.length > 0 ? DISK_MODULES : []),
    ...(virtioConsole ? CONSOLE_MODULES : []),
  ];
  const names = modules ?? (directory === undefined ? [] : wanted);
  if (names.length === 0) return [];
  if (directory !== undefined) return collectModules(directory, names);
  const hint =
    'Where the kernel\'s modules are is not known: say so in the option "moduleDirectory".';
  throw new SystemError(EINVAL, { hint });
}

function readKernel(kernel: string | BootFile): BootFile {
  if (typeof kernel !== "string") return kernel;
  try {
    return { name: basename(kernel), data: readFileSync(kernel), path: resolve(kernel) };
  } catch (cause) {
    const hint = `The kernel ${kernel} cannot be read: ${(cause as Error).message}`;
    throw new SystemError(ENOENT, { hint, cause });
  }
}

/** What goes on while something is waited for. */
interface Awaited {
  readonly onProgress?: LinuxOptions["onProgress"];
  /** Resets that belong to it. */
  readonly resets?: number;
}

/** Linux on an emulated PC; virtual time passes only inside its calls. */
export class Linux {
  /** The machine. */
  readonly session: LocalSession;
  #number = 0;
  /** What came by way of the channel, and on the console, since the last command. */
  #answer = "";
  #said = "";
  #channel: LineNumber = 1;

  readonly #beforeClose: () => Promise<void>;

  /** Called by `startLinux`. */
  constructor(session: LocalSession, beforeClose = async (): Promise<void> => {}) {
    this.session = session;
    this.#beforeClose = beforeClose;
    for (const line of session.options.virtioConsole ? CHANNELS : ([1] as const))
      void session.serial(line).follow((text) => {
        this.#answer += text;
        this.#channel = line;
      });
    void session.serial(0).follow((text) => {
      this.#said += text;
    });
  }

  /** Goes on from a snapshot of a Linux that was ready. Called by `startLinux`. */
  async restore(snapshot: SessionSnapshot): Promise<void> {
    const { session } = this;
    await session.restore(snapshot);
    if (!session.options.virtioConsole) return;
    this.#channel = (await session.serial(2).text()).includes(READY) ? 2 : 1;
  }

  /** The line that commands go by: COM2, or the virtio console. */
  get channel(): LineNumber {
    return this.#channel;
  }

  /** All that the console has said. */
  console(): Promise<string> {
    return this.session.serial(0).text();
  }

  /**
   * Runs a shell command without input, in a shell of its own, beside what is typed. Throws ETIMEDOUT when it takes longer than `timeout`
   * virtual nanoseconds, EIO when the machine ends or is reset instead; then nothing more can be run (after a reset, see `reboot`).
   */
  async run(command: string, { timeout = DEFAULT_TIMEOUT } = {}): Promise<CommandResult> {
    const number = ++this.#number;
    const end = new RegExp(`${MARK}${number} (\\d+)${MARK}`);
    await this.#send(number, command);
    const match = await this.#waitFor(end, timeout, `"${command}"`);
    const out = Buffer.from(this.#answer.slice(0, match.index), "latin1").toString();
    return { status: Number(match[1]), out };
  }

  /** Types on the console; a line ends with "\n". */
  type(text: string): Promise<void> {
    return this.session.serial(0).write(text);
  }

  /** Waits until the console has said something; `timeout` in virtual nanoseconds. Throws ETIMEDOUT. */
  waitFor(pattern: RegExp | string, timeout = DEFAULT_TIMEOUT): Promise<RegExpMatchArray> {
    return this.session.serial(0).waitFor(pattern, timeout);
  }

  /** Has it boot anew, and waits until it has: RAM is lost, disks keep what was written to them. Throws as `run`. */
  async reboot({ timeout = DEFAULT_TIMEOUT } = {}): Promise<void> {
    await this.#send(0, "sync; reboot -f");
    await this.#waitFor(new RegExp(READY), timeout, "reboot", { resets: 1 });
  }

  /** Powers off, and waits for it. */
  async powerOff({ timeout = DEFAULT_TIMEOUT } = {}): Promise<void> {
    await this.#send(0, "kill -TERM 1");
    await this.session.waitForEnd(timeout);
  }

  /** Throws the machine away, powered off or not. */
  async close(): Promise<void> {
    await this.#beforeClose();
    await this.session.close();
  }

  /** Waits for init. Called by `startLinux`. */
  async ready(timeout: number, onProgress?: LinuxOptions["onProgress"]): Promise<void> {
    await this.#waitFor(new RegExp(READY), timeout, "init", { onProgress });
  }

  #send(number: number, command: string): Promise<void> {
    this.#answer = "";
    this.#said = "";
    const code = Buffer.from(command).toString("base64");
    return this.session.serial(this.#channel).write(`${number} ${code}\n`);
  }

  async #waitFor(
    pattern: RegExp,
    timeout: number,
    what: string,
    { onProgress, resets = 0 }: Awaited = {},
  ): Promise<RegExpMatchArray> {
    const { session } = this;
    const most = session.resets + resets;
    const end = session.machine.time + timeout;
    let seen = 0;
    for (;;) {
      const match = this.#answer.match(pattern);
      if (match) return match;
      const time = session.machine.time;
      const panic = this.#said.length === seen ? null : this.#said.match(PANIC);
      if (panic) throw await this.#failure(EIO, `${what}: ${panic[0].trimEnd()}`);
      seen = this.#said.length;
      if (session.resets > most) {
        const { cause, rip } = session.machine.lastReset!;
        const place = rip === undefined ? "" : ` at RIP 0x${rip}`;
        throw await this.#failure(EIO, `${what}: the guest was reset (${cause}${place})`);
      }
      if (session.ended !== undefined) throw await this.#failure(EIO, `${what}: the machine ended`);
      if (time >= end) {
        const limit = `${timeout / SECOND} virtual seconds`;
        throw await this.#failure(ETIMEDOUT, `${what} was not done within ${limit}`);
      }
      onProgress?.(time, lastLines(this.#said, 1));
      await session.advance(TURN, () => this.#answer.endsWith(MARK));
      await new Promise(setImmediate);
    }
  }

  async #failure(errno: number, what: string): Promise<SystemError> {
    const hint = `${what}. The console's last lines:\n${lastLines(await this.console(), SHOWN_LINES)}`;
    return new SystemError(errno, { hint });
  }
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split(/\r?\n/).slice(-count).join("\n");
}

/** Snapshots after boot, by what was booted. */
const kept = new Map<string, SessionSnapshot>();

/** What a snapshot depends on: what is booted, on what machine, and what that one is built of. */
const keyOf = (options: MachineOptions) =>
  createHash("sha256")
    .update(`${buildIdentity()} ${hashOptions(options)}`)
    .digest("hex");

/**
 * Boots Linux with a shell on COM1 and an init that runs commands. The first one of a kind takes seconds; the others, in other processes
 * too, go on from a snapshot of it, in the same state at the same virtual time. Throws ENOENT without kernel or busybox, EINVAL for what no
 * machine is or boots, ETIMEDOUT and EIO, with the console's last lines, for a boot that does not come to an end.
 */
export async function startLinux(options: LinuxOptions = {}): Promise<Linux> {
  const { record, onConsole } = options;
  const machine = await machineOf(options);
  const session = await startSession(machine);
  const linux =
    record === undefined ? new Linux(session) : recordTo(resolve(record), session, machine);
  if (onConsole) await session.serial(0).follow((text) => onConsole(text, session.machine.time));
  const isFresh = (options.fresh ?? false) || record !== undefined;
  try {
    if (isFresh) await linux.ready(options.timeout ?? DEFAULT_TIMEOUT, options.onProgress);
    else await bootOrGoOn(linux, machine, options);
  } catch (error) {
    await linux.close();
    throw error;
  }
  options.onReady?.();
  return linux;
}

async function machineOf(options: LinuxOptions): Promise<MachineOptions> {
  const { cpus = 1, memory = DEFAULT_MEMORY, cpu, seed, disks, virtioConsole, append } = options;
  const kernel = options.kernel ?? installedKernel();
  const image = readKernel(kernel);
  const archive = initramfs(options.files, await readModules(kernel, options));
  const initrd = { name: "initramfs", data: archive };
  const commandLine = append ? `${APPEND} ${append}` : APPEND;
  return {
    ...{ cpus, memory, exitPort: EXIT_PORT, onReset: "boot" },
    ...(cpu !== undefined && { cpu }),
    ...(seed !== undefined && { seed }),
    ...(disks !== undefined && { disks }),
    ...(virtioConsole !== undefined && { virtioConsole }),
    kernel: { image, modules: [initrd], commandLine },
  };
}

/** Goes on from a snapshot of the same, or boots and keeps one. */
async function bootOrGoOn(
  linux: Linux,
  machine: MachineOptions,
  { timeout = DEFAULT_TIMEOUT, onProgress }: LinuxOptions,
): Promise<void> {
  const key = keyOf(machine);
  const snapshot = kept.get(key) ?? (await loadKept(key));
  if (snapshot) await linux.restore(snapshot);
  else await linux.ready(timeout, onProgress);
  const moment = snapshot ?? (await linux.session.snapshot());
  if (!snapshot) await keep(key, moment);
  kept.set(key, moment);
}

/** Records a Linux that is about to boot. Throws what creating the file does. */
function recordTo(path: string, session: LocalSession, machine: MachineOptions): Linux {
  createRecord(path);
  const journal = new Journal(machine, (line) => appendFileSync(path, line));
  const recorded = journal.record(session);
  return new Linux(recorded, async () => appendFileSync(path, (await journal.seal(session)).end));
}
