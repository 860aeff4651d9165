// Projects as `jailhouse inmate new --c` writes them, outside of the clone, and their builds.
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Surroundings } from "../../cli/testing/surroundings.ts";
import { findProgram } from "../../tools/metal/packages.ts";
import { ROOT } from "../../tools/root.ts";

const NEEDED = ["gcc", "clang", "make", "cmake"];
const MISSING = NEEDED.filter((program) => findProgram(program) === undefined);

/** Whether everything is there that inmates in C are built with. In CI it has to be, so there the tests fail without it. */
export const CAN_BUILD = process.env.CI === "true" || MISSING.length === 0;
if (!CAN_BUILD) console.warn(`Skipped: building inmates in C needs ${MISSING.join(" ")}.`);

/** A program's way through both compilers and both widths and layouts. */
export interface Variant {
  readonly compiler: "gcc" | "clang";
  readonly bits: 64 | 32;
  readonly reset: "0xffff0" | "0";
}

export const VARIANTS: readonly Variant[] = (["gcc", "clang"] as const).flatMap((compiler) =>
  ([64, 32] as const).flatMap((bits) =>
    (["0xffff0", "0"] as const).map((reset) => ({ compiler, bits, reset })),
  ),
);

/** All that the compilers have to say about a program is an error. */
const STRICT = "-O2 -g -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Werror";

/** A project that the command has just written, into a directory of its own below the system's for such things. */
export class Project {
  readonly name: string;
  readonly directory: string;
  readonly #surroundings: Surroundings;

  private constructor(surroundings: Surroundings, name: string) {
    this.#surroundings = surroundings;
    this.name = name;
    this.directory = join(surroundings.directory, name);
  }

  static async create(name: string, options = ""): Promise<Project> {
    const surroundings = new Surroundings();
    const { status, err } = await surroundings.run(`inmate new --c ${name} ${options}`);
    if (status !== 0) throw new Error(err);
    return new Project(surroundings, name);
  }

  /** Puts a program of the repository in the place of the one that was written. */
  use(source: string): this {
    copyFileSync(join(ROOT, source), join(this.directory, `${this.name}.c`));
    return this;
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.directory, file), text);
  }

  /** Runs a program here; what it prints, and whether it went well. */
  run(program: string, ...args: string[]): { ok: boolean; output: string } {
    const env = { ...process.env, LC_ALL: "C" };
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd: this.directory,
      env,
      encoding: "utf8",
    });
    if (error) throw error;
    return { ok: status === 0, output: stdout + stderr };
  }

  /** Builds with make; any warning is an error. */
  make({ compiler, bits, reset }: Variant, flags = STRICT): Uint8Array {
    const { ok, output } = this.run(
      "make",
      ...[`CC=${compiler}`, `BITS=${bits}`, `RESET_ADDRESS=${reset}`, `CFLAGS=${flags}`],
    );
    expect(ok, output).toBe(true);
    expect(output).not.toMatch(/warning/i);
    return readFileSync(join(this.directory, `${this.name}.bin`));
  }

  /** Builds with CMake. */
  cmake({ compiler, bits, reset }: Variant): Uint8Array {
    const build = `build/cmake-${compiler}-${bits}-${reset}`;
    for (const args of [
      ...[["-B", build, `-DCMAKE_C_COMPILER=${compiler}`, `-DJAILHOUSE_BITS=${bits}`]].map(
        (list) => [
          ...list,
          `-DJAILHOUSE_RESET_ADDRESS=${reset}`,
          `-DCMAKE_C_FLAGS_RELWITHDEBINFO=${STRICT}`,
        ],
      ),
      ["--build", build],
    ]) {
      const { ok, output } = this.run("cmake", ...args);
      expect(ok, output).toBe(true);
      expect(output).not.toMatch(/warning/i);
    }
    return readFileSync(join(this.directory, build, `${this.name}.bin`));
  }

  close(): Promise<void> {
    return this.#surroundings.close();
  }
}
