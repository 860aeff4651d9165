// /dev/jailhouse: requests, the hypervisor's console, and what both and the kernel log say about a refusal.

import { closeSync, constants, openSync, readSync } from "node:fs";
import { EACCES, ENOENT } from "../../abi/errno.ts";
import { reasonIn } from "../console-ring.ts";
import { SystemError, toSystemError } from "../errors.ts";
import type { LinuxCalls } from "./calls.ts";
import { DEVICE, type Host, inHost } from "./host.ts";

const KERNEL_LOG = "/dev/kmsg";
/** More than one record of the kernel log, or the ring of the console, in bytes. */
const CHUNK = 8192;
/** Most chunks taken at once, should somebody write without an end. */
const CHUNKS_MAX = 256;
/** A record of /dev/kmsg: priority, number, time and flags, then the text (Documentation/ABI/testing/dev-kmsg). */
const RECORD = /^(\d+),\d+,\d+,[^;]*;jailhouse: *(.*)$/i;
/** A priority's low bits are its level: up to this one it is a warning or worse (printk's KERN_WARNING). */
const LEVEL_MASK = 7;
const WARNING = 4;

const HINTS: ReadonlyMap<number, string> = new Map([
  [EACCES, "Only root may use it: try sudo."],
  [ENOENT, "The driver is not loaded: see docs/metal.md; -m NAME uses an emulated machine."],
]);

/** Opens for reading without ever waiting, and, for the device, for requests. */
function openQuietly(host: Host, path: string, flags: number): number {
  return openSync(inHost(host, path), flags | constants.O_NONBLOCK);
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

/** What the driver put into the kernel log, one line each, at that level or a more urgent one. */
function driverLines(records: string, level = LEVEL_MASK): string[] {
  return records.split("\n").flatMap((line) => {
    const [, priority, text] = RECORD.exec(line) ?? [];
    return text !== undefined && (Number(priority) & LEVEL_MASK) <= level ? [text] : [];
  });
}

/** The open device. What the console held when it was opened comes with the first `readConsole`. */
export class Device {
  readonly #fd: number;
  readonly #log: number | undefined;
  readonly #calls: LinuxCalls | undefined;

  private constructor(fd: number, log: number | undefined, calls: LinuxCalls | undefined) {
    this.#fd = fd;
    this.#log = log;
    this.#calls = calls;
  }

  static #open(host: Host, flags: number): number {
    try {
      return openQuietly(host, DEVICE, flags);
    } catch (cause) {
      const { errno, hint } = toSystemError(cause);
      const options = { subject: `opening ${DEVICE}`, hint: HINTS.get(errno) ?? hint, cause };
      throw new SystemError(errno, options);
    }
  }

  /** For requests. Throws what open(2) says, about the device; ENOSYS where requests cannot be made. */
  static async open(host: Host): Promise<Device> {
    const fd = Device.#open(host, constants.O_RDWR);
    let log: number | undefined;
    try {
      const calls = await host.loadCalls();
      try {
        log = openQuietly(host, KERNEL_LOG, constants.O_RDONLY);
      } catch {
        // Reasons are then only the hypervisor's.
      }
      return new Device(fd, log, calls);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** For its console only: needs no more than Node has. */
  static openConsole(host: Host): Device {
    return new Device(Device.#open(host, constants.O_RDONLY), undefined, undefined);
  }

  /** The console's text since the last call. Throws EPERM when the configuration forbids to read it. */
  readConsole(): string {
    return readAvailable(this.#fd);
  }

  /**
   * Makes a request whose argument `encode` builds, given what turns bytes into their address. Returns the driver's
   * warnings. Throws its error number, with the words of driver and hypervisor as the hint.
   */
  request(
    request: number,
    encode: (addressOf: LinuxCalls["addressOf"]) => Uint8Array | null,
  ): string[] {
    const calls = this.#calls;
    if (!calls) throw new Error("the device was opened for its console only");
    this.#skip();
    const argument = encode((bytes) => calls.addressOf(bytes));
    const result = calls.ioctl(this.#fd, request, argument);
    const log = this.#log === undefined ? "" : this.#wordsOf(this.#log);
    if (result < 0) throw new SystemError(-result, { hint: this.#reason(driverLines(log)) });
    return driverLines(log, WARNING);
  }

  /** Passes over what was said before a request. */
  #skip(): void {
    this.#wordsOf(this.#fd);
    if (this.#log !== undefined) this.#calls?.seekToEnd(this.#log);
  }

  /** What the driver said, and the console unless the driver has passed that on; cells may print there as well. */
  #reason(driver: readonly string[]): string | undefined {
    const hypervisor = reasonIn(this.#wordsOf(this.#fd));
    const isNew = hypervisor && !driver.some((line) => line.includes(hypervisor));
    return (
      [...driver, ...(isNew ? [`the console says: ${hypervisor}`] : [])].join("; ") || undefined
    );
  }

  #wordsOf(fd: number): string {
    try {
      return readAvailable(fd);
    } catch {
      return "";
    }
  }

  close(): void {
    closeSync(this.#fd);
    if (this.#log !== undefined) closeSync(this.#log);
  }
}
