// The programs that turn an inmate into machine code, and how they are run.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Something that the user can put right; the message is all there is to say. */
export class InmateError extends Error {
  override readonly name = "InmateError";
}

/** 64 for long mode, 32 for protected mode. */
export type Bits = 32 | 64;

/** Debian's packages and what each gives us. Names carry the version that the committed images were built with. */
const PROGRAMS: readonly (readonly [program: string, packageName: string])[] = [
  ["wasm2c", "wabt"],
  ["clang-14", "clang"],
  ["ld.lld-14", "lld"],
];
/** Bytes that a program may print: the disassembly of the biggest module. */
const MAX_OUTPUT = 64 << 20;
const RESOURCES_32 = "libclang-rt-14-dev";
const BUILTINS_32 = "lib/linux/libclang_rt.builtins-i386.a";

function isInPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Clang's own directory: freestanding headers, and the arithmetic that 32-bit code calls. */
export function resourceDirectory(): string {
  return run("clang-14", ["-print-resource-dir"]).trim();
}

/** Path of the library with 64-bit arithmetic for 32-bit code. */
export function builtins32(): string {
  return join(resourceDirectory(), BUILTINS_32);
}

/** Debian's packages that have to be installed before inmates can be built; empty when all is there. */
export function missingPackages(bits: readonly Bits[]): string[] {
  const missing = PROGRAMS.filter(([program]) => !isInPath(program)).map(([, name]) => name);
  const needsBuiltins = bits.includes(32);
  if (needsBuiltins && (missing.includes("clang") || !existsSync(builtins32()))) {
    missing.push(RESOURCES_32);
  }
  return missing;
}

/** Runs a program and returns what it printed; its complaint becomes the error's message. */
export function run(program: string, args: readonly string[], cwd?: string): string {
  const env = { ...process.env, LC_ALL: "C" };
  const options = { encoding: "utf8", env, maxBuffer: MAX_OUTPUT } as const;
  const result = spawnSync(program, args, cwd === undefined ? options : { ...options, cwd });
  if (result.error) throw new InmateError(`${program}: ${result.error.message}`);
  if (result.status !== 0) {
    const complaint = `${result.stderr}${result.stdout}`.trim();
    throw new InmateError(`${program} failed:\n${complaint}`);
  }
  return result.stdout;
}
