// What Linux says of this machine's processor and firmware, read below a root directory: tests put their own in place.

import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

export class Facts {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** A file's text without blanks around it; undefined when it cannot be read. */
  text(path: string): string | undefined {
    try {
      return readFileSync(join(this.#root, path), "utf8").trim();
    } catch {
      return undefined;
    }
  }

  list(path: string): string[] {
    try {
      return readdirSync(join(this.#root, path)).sort();
    } catch {
      return [];
    }
  }

  /** The value of a key in /proc/cpuinfo, of the first processor; empty when there is none. */
  processor(key: string): string {
    const line = new RegExp(`^${key}\\s*:\\s*(.*)$`, "m").exec(this.text("/proc/cpuinfo") ?? "");
    return line?.[1] ?? "";
  }

  /** Whether /proc/cpuinfo lists a feature of the processor. */
  has(flag: string): boolean {
    return this.processor("flags").split(" ").includes(flag);
  }

  /** A model-specific register of CPU 0, by Linux' msr module; undefined when it cannot be read. */
  msr(number: number): bigint | undefined {
    const size = 8;
    const buffer = Buffer.alloc(size);
    let file: number | undefined;
    try {
      file = openSync(join(this.#root, "/dev/cpu/0/msr"), "r");
      return readSync(file, buffer, 0, size, number) === size
        ? buffer.readBigUInt64LE()
        : undefined;
    } catch {
      return undefined;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
}
