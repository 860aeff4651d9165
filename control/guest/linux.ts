// A Linux in this process, booted and ready: what a test has its commands run in.
import { createHash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { EIO, ENOENT, ETIMEDOUT } from "../../abi/errno.ts";
import type { BootFile, MachineOptions } from "../api.ts";
import { buildIdentity } from "../build.ts";
import { SystemError } from "../errors.ts";
import { createRecord, Journal } from "../record/journal.ts";
import { hashOptions } from "../record/options.ts";
import { type LocalSession, type SessionSnapshot, startSession } from "../session.ts";
import { keep, loadKept } from "./cache.ts";
import type { Tree } from "./cpio.ts";
import { EXIT_PORT, initramfs, MARK, READY } from "./initramfs.ts";

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
/** The kernel's command line. */
export const APPEND = "console=ttyS0 panic=-1";

export interface LinuxOptions extends Pick<MachineOptions, "cpus" | "memory" | "cpu" | "seed"> {
  /** A bzImage, or a vmlinux, which may be compressed: a path, or the file. Default: the newest of /boot. */
  readonly kernel?: string | BootFile;
  /** More files, by their paths without the leading slash. */
  readonly files?: Tree;
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

function readKernel(kernel: string | BootFile = installedKernel()): BootFile {
  if (typeof kernel !== "string") return kernel;
  try {
    return { name: basename(kernel), data: readFileSync(kernel), path: resolve(kernel) };
  } catch (cause) {
    const hint = `The kernel ${kernel} cannot be read: ${(cause as Error).message}`;
    throw new SystemError(ENOENT, { hint, cause });
  }
}

/** Linux on an emulated PC; virtual time passes only inside its calls. */
export class Linux {
  /** The machine. */
  readonly session: LocalSession;
  #number = 0;
  /** What came on COM2 since the last command. */
  #answer = "";

  readonly #beforeClose: () => Promise<void>;

  /** Called by `startLinux`. */
  constructor(session: LocalSession, beforeClose = async (): Promise<void> => {}) {
    this.session = session;
    this.#beforeClose = beforeClose;
    void session.serial(1).follow((text) => {
      this.#answer += text;
    });
  }

  /** All that the console has said. */
  console(): Promise<string> {
    return this.session.serial(0).text();
  }

  /**
   * Runs a shell command without input, in a shell of its own, beside what is typed. Throws ETIMEDOUT when it takes longer than `timeout`
   * virtual nanoseconds, EIO when the machine ends instead; then nothing more can be run.
   */
  async run(command: string, { timeout = DEFAULT_TIMEOUT } = {}): Promise<CommandResult> {
    const number = ++this.#number;
    const end = new RegExp(`${MARK}${number} (\\d+)${MARK}`);
    this.#answer = "";
    const code = Buffer.from(command).toString("base64");
    await this.session.serial(1).write(`${number} ${code}\n`);
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

  /** Powers off, and waits for it. */
  async powerOff({ timeout = DEFAULT_TIMEOUT } = {}): Promise<void> {
    await this.session.serial(1).write(`0 ${Buffer.from("kill -TERM 1").toString("base64")}\n`);
    await this.session.waitForEnd(timeout);
  }

  /** Throws the machine away, powered off or not. */
  async close(): Promise<void> {
    await this.#beforeClose();
    await this.session.close();
  }

  /** Waits for init. Called by `startLinux`. */
  async ready(timeout: number, onProgress?: LinuxOptions["onProgress"]): Promise<void> {
    await this.#waitFor(new RegExp(READY), timeout, "init", onProgress);
  }

  async #waitFor(
    pattern: RegExp,
    timeout: number,
    what: string,
    onProgress?: LinuxOptions["onProgress"],
  ): Promise<RegExpMatchArray> {
    const { session } = this;
    const end = session.machine.time + timeout;
    let seen = 0;
    for (;;) {
      const match = this.#answer.match(pattern);
      if (match) return match;
      const time = session.machine.time;
      const said = await this.console();
      const panic = said.length === seen ? null : said.match(PANIC);
      if (panic) throw await this.#failure(EIO, `${what}: ${panic[0].trimEnd()}`);
      seen = said.length;
      if (session.ended !== undefined) throw await this.#failure(EIO, `${what}: the machine ended`);
      if (time >= end) {
        const limit = `${timeout / SECOND} virtual seconds`;
        throw await this.#failure(ETIMEDOUT, `${what} was not done within ${limit}`);
      }
      onProgress?.(time, lastLines(said, 1));
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
  const machine = machineOf(options);
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

function machineOf({
  cpus = 1,
  memory = DEFAULT_MEMORY,
  ...options
}: LinuxOptions): MachineOptions {
  const { cpu, seed, append } = options;
  const initrd = { name: "initramfs", data: initramfs(options.files) };
  const commandLine = append ? `${APPEND} ${append}` : APPEND;
  return {
    ...{ cpus, memory, exitPort: EXIT_PORT },
    ...(cpu !== undefined && { cpu }),
    ...(seed !== undefined && { seed }),
    kernel: { image: readKernel(options.kernel), modules: [initrd], commandLine },
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
  if (snapshot) await linux.session.restore(snapshot);
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
