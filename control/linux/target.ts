// A computer whose driver is meant: this one (local.ts), or one at the other end of a line (control/remote). The session
// and all above it know only this.

import type { Files } from "./files.ts";

/** A request to the driver. */
export interface DriverRequest {
  readonly number: number;
  /** The structure; its pointers are zero. */
  readonly argument: Uint8Array | null;
  /** In the order of their offsets. */
  readonly pointers: readonly Pointer[];
}

/** Where the argument has a pointer, and to what. */
export interface Pointer {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** What became of a request. */
export interface Outcome {
  /** 0 or more, or a negative error number. */
  readonly result: number;
  /** What the kernel's log has got meanwhile, as /dev/kmsg has it. */
  readonly log: string;
  /** What the hypervisor's console has got meanwhile. */
  readonly console: string;
}

/** Reads the hypervisor's console from what it holds at first on. */
export interface ConsoleReader {
  /** What came since the last call; never waits for more. Throws EPERM when the configuration forbids it. */
  read(): Promise<string>;
  close(): Promise<void>;
}

export interface Target {
  /** What the machine is called. */
  readonly name: string;
  /** Rejects when the way to the computer is lost; never settles otherwise. */
  readonly lost: Promise<never>;
  /**
   * All files that the patterns name: `*` stands for any part of one name, and a pattern that ends with `/` for the names
   * in directories.
   */
  gather(patterns: readonly string[]): Promise<Files>;
  /** Makes a request, once. Throws what open(2) says of the device, with that as the subject. */
  request(request: DriverRequest): Promise<Outcome>;
  openConsole(): Promise<ConsoleReader>;
  /** A model-specific register of CPU 0; undefined when it cannot be read. */
  readMsr(number: number): Promise<bigint | undefined>;
  /** Nanoseconds since the computer's start. */
  time(): Promise<number>;
  close(): Promise<void>;
}
