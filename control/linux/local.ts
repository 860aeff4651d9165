// The computer that this process runs on.

import { closeSync, constants, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { EACCES, ENOENT } from "../../abi/errno.ts";
import { SystemError, toSystemError } from "../errors.ts";
import type { LinuxCalls } from "./calls.ts";
import { type Entry, Files, patternToRegExp } from "./files.ts";
import { DEVICE, type Host, inHost, THIS_HOST } from "./host.ts";
import type { ConsoleReader, DriverRequest, Outcome, Target } from "./target.ts";

const KERNEL_LOG = "/dev/kmsg";
/** More than one record of the kernel log, or the ring of the console, in bytes. */
const CHUNK = 8192;
/** Most chunks taken at once, should somebody write without an end. */
const CHUNKS_MAX = 256;
const MSR_SIZE = 8;

const HINTS: ReadonlyMap<number, string> = new Map([
  [EACCES, "Only root may use it: try sudo."],
  [ENOENT, "The driver is not loaded: see docs/metal.md; -m NAME uses an emulated machine."],
]);

/** Opens for reading without ever waiting, and, for the device, for requests. */
function openQuietly(host: Host, path: string, flags: number): number {
  return openSync(inHost(host, path), flags | constants.O_NONBLOCK);
}

function openDevice(host: Host, flags: number): number {
  try {
    return openQuietly(host, DEVICE, flags);
  } catch (cause) {
    const { errno, hint } = toSystemError(cause);
    const options = { subject: `opening ${DEVICE}`, hint: HINTS.get(errno) ?? hint, cause };
    throw new SystemError(errno, options);
  }
}

/** Everything that can be read at once. Throws a SystemError when nothing may be read. */
function readAvailable(fd: number): string {
  const buffer = Buffer.alloc(CHUNK);
  let text = "";
  for (let count = 0; count < CHUNKS_MAX; count++) {
    try {
      const length = readSync(fd, buffer);
      if (length === 0) break;
      text += buffer.toString("latin1", 0, length);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN") break;
      // EPIPE: the oldest records of the log were overwritten while they were read.
      if (code !== "EINTR" && code !== "EPIPE") throw toSystemError(error);
    }
  }
  return text;
}

function wordsOf(fd: number): string {
  try {
    return readAvailable(fd);
  } catch {
    return "";
  }
}

/** The open device. */
interface Device {
  readonly fd: number;
  /** The kernel's log, where it may be read. */
  readonly log: number | undefined;
  readonly calls: LinuxCalls;
}

async function openForRequests(host: Host): Promise<Device> {
  const fd = openDevice(host, constants.O_RDWR);
  try {
    const calls = await host.loadCalls();
    let log: number | undefined;
    try {
      log = openQuietly(host, KERNEL_LOG, constants.O_RDONLY);
    } catch {
      // Reasons are then only the hypervisor's.
    }
    return { fd, log, calls };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The argument with the addresses of what it points to. It holds while the caller keeps the request. */
function withAddresses({ argument, pointers }: DriverRequest, calls: LinuxCalls) {
  if (!argument || pointers.length === 0) return argument;
  const copy = Uint8Array.from(argument);
  const view = new DataView(copy.buffer);
  for (const { at, bytes } of pointers) view.setBigUint64(at, calls.addressOf(bytes), true);
  return copy;
}

export class LocalTarget implements Target {
  readonly name = DEVICE;
  readonly lost = new Promise<never>(() => {});
  readonly #host: Host;
  #device: Promise<Device> | undefined;

  /** `host`: this computer, unless a test has another one. */
  constructor(host: Host = THIS_HOST) {
    this.#host = host;
  }

  async gather(patterns: readonly string[]): Promise<Files> {
    const entries = new Map<string, Entry>();
    for (const pattern of patterns)
      for (const path of this.#expand(pattern)) entries.set(path, this.#read(path));
    return new Files(entries);
  }

  /** Paths that a pattern names, and that exist if it has wildcards. */
  #expand(pattern: string): string[] {
    let paths = [""];
    for (const segment of pattern.slice(1).split("/")) {
      if (!segment.includes("*")) paths = paths.map((path) => `${path}/${segment}`);
      else {
        const fits = patternToRegExp(segment);
        paths = paths.flatMap((path) =>
          this.#names(path)
            .filter((name) => fits.test(name))
            .map((name) => `${path}/${name}`),
        );
      }
    }
    return paths;
  }

  #names(path: string): string[] {
    try {
      return readdirSync(inHost(this.#host, path)).sort();
    } catch {
      return [];
    }
  }

  #read(path: string): Entry {
    try {
      const where = inHost(this.#host, path);
      return path.endsWith("/") ? Buffer.from(readdirSync(where).join("\n")) : readFileSync(where);
    } catch (error) {
      return toSystemError(error).errno;
    }
  }

  async request(request: DriverRequest): Promise<Outcome> {
    this.#device ??= openForRequests(this.#host);
    const { fd, log, calls } = await this.#device;
    // What was said before is passed over.
    wordsOf(fd);
    if (log !== undefined) calls.seekToEnd(log);
    const result = calls.ioctl(fd, request.number, withAddresses(request, calls));
    return { result, log: log === undefined ? "" : wordsOf(log), console: wordsOf(fd) };
  }

  async openConsole(): Promise<ConsoleReader> {
    const fd = openDevice(this.#host, constants.O_RDONLY);
    return { read: async () => readAvailable(fd), close: async () => closeSync(fd) };
  }

  async readMsr(number: number): Promise<bigint | undefined> {
    const buffer = Buffer.alloc(MSR_SIZE);
    let fd: number | undefined;
    try {
      fd = openSync(inHost(this.#host, "/dev/cpu/0/msr"), "r");
      const length = readSync(fd, buffer, 0, MSR_SIZE, number);
      return length === MSR_SIZE ? buffer.readBigUInt64LE() : undefined;
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** CLOCK_MONOTONIC, which Linux begins at its start. */
  async time(): Promise<number> {
    return Number(process.hrtime.bigint());
  }

  async close(): Promise<void> {
    const device = await this.#device?.catch(() => undefined);
    this.#device = undefined;
    if (!device) return;
    closeSync(device.fd);
    if (device.log !== undefined) closeSync(device.log);
  }
}
