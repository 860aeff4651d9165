// What Linux says of a machine's processor and firmware.

import type { Files } from "../control/linux/files.ts";
import type { Target } from "../control/linux/target.ts";

export class Facts {
  readonly #files: Files;
  readonly #msrs: ReadonlyMap<number, bigint | undefined>;

  private constructor(files: Files, msrs: ReadonlyMap<number, bigint | undefined>) {
    this.#files = files;
    this.#msrs = msrs;
  }

  /** Gathers files of a computer, and the registers that are worth a look by what these say. */
  static async of(
    target: Pick<Target, "gather" | "readMsr">,
    patterns: readonly string[],
    msrsFor: (facts: Facts) => readonly number[],
  ): Promise<Facts> {
    const files = await target.gather(patterns);
    const values = new Map<number, bigint | undefined>();
    for (const msr of msrsFor(new Facts(files, values))) values.set(msr, await target.readMsr(msr));
    return new Facts(files, values);
  }

  /** A file's text without blanks around it; undefined when it cannot be read. */
  text(path: string): string | undefined {
    return this.#files.textIfAny(path);
  }

  list(path: string): string[] {
    return this.#files.tree.list(path);
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
    return this.#msrs.get(number);
  }
}
