// The programs that turn an inmate into machine code, how they are found, and how they are run.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

/** Something that the user can put right; the message is all there is to say. */
export class InmateError extends Error {
  override readonly name = "InmateError";
}

/** 64 for long mode, 32 for protected mode. */
export type Bits = 32 | 64;

/** The version that the committed images were built with: taken before all others. */
const PREFERRED = 14;
/** The oldest that will do. */
const MIN_VERSION = 14;
/** Bytes that a program may print: the disassembly of the biggest module. */
const MAX_OUTPUT = 64 << 20;
const BUILTINS_32 = "libclang_rt.builtins-i386.a";
/** The same in the layout with a directory for each target. */
const BUILTINS_32_BY_TARGET = /^i[3-6]86-.*linux/;
const ASSEMBLYSCRIPT = "assemblyscript";

function directories(): string[] {
  return (process.env.PATH ?? "").split(delimiter).filter((directory) => directory !== "");
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isInPath(program: string): boolean {
  return directories().some((directory) => isProgram(join(directory, program)));
}

/** Versions N for which there is a program `name-N`, the preferred one first, then the newest. */
function numbered(name: string): number[] {
  const found = directories().flatMap((directory) => {
    try {
      return readdirSync(directory).filter((file) => isProgram(join(directory, file)));
    } catch {
      return [];
    }
  });
  return found
    .filter((file) => file.startsWith(`${name}-`))
    .map((file) => file.slice(name.length + 1))
    .filter((version) => /^\d+$/.test(version) && Number(version) >= MIN_VERSION)
    .map(Number)
    .sort((a, b) => Number(b === PREFERRED) - Number(a === PREFERRED) || b - a);
}

/** What a program of LLVM says of itself; undefined when it is not there or says nothing. */
function versionOf(program: string): number | undefined {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const version = /(?:version|LLD) (\d+)\./.exec(stdout ?? "")?.[1];
  return version === undefined ? undefined : Number(version);
}

/** A program that was found, and its version. */
interface Found {
  readonly program: string;
  readonly version: number;
}

const searches = new Map<string, Found | undefined>();

/** `name-14`, or else `name` if it is new enough, or else the newest `name-N`. Looked for once for each PATH. */
function find(name: string): Found | undefined {
  const key = `${name}\0${process.env.PATH}`;
  if (!searches.has(key)) searches.set(key, search(name));
  return searches.get(key);
}

function search(name: string): Found | undefined {
  const [best] = numbered(name);
  if (best === PREFERRED) return { program: `${name}-${best}`, version: best };
  const plain = versionOf(name);
  if (plain !== undefined && plain >= MIN_VERSION) return { program: name, version: plain };
  return best === undefined ? undefined : { program: `${name}-${best}`, version: best };
}

function need(name: string, packageName: string): string {
  const found = find(name);
  if (found) return found.program;
  throw new InmateError(`${name} ${MIN_VERSION} or newer is needed (Debian: ${packageName}).`);
}

/** Runs the C compiler, as `run`. */
export const runClang = (args: readonly string[], cwd?: string): string =>
  run(need("clang", "clang"), args, cwd);
/** Runs the linker, as `run`. */
export const runLld = (args: readonly string[], cwd?: string): string =>
  run(need("ld.lld", "lld"), args, cwd);

/** Clang's own directory: freestanding headers, and the arithmetic that 32-bit code calls. */
export function resourceDirectory(): string {
  return runClang(["-print-resource-dir"]).trim();
}

/** Path of the library with 64-bit arithmetic for 32-bit code, where this clang has it or would have it. */
export function builtins32(): string {
  const libraries = join(resourceDirectory(), "lib");
  const targets = existsSync(libraries) ? readdirSync(libraries) : [];
  const places = targets
    .filter((target) => BUILTINS_32_BY_TARGET.test(target))
    .map((target) => join(libraries, target, "libclang_rt.builtins.a"));
  const usual = join(libraries, "linux", BUILTINS_32);
  return places.find((path) => existsSync(path)) ?? usual;
}

/** Where the compiler from TypeScript is: it is an optional dependency. */
export function hasAssemblyScript(): boolean {
  try {
    createRequire(import.meta.url).resolve(`${ASSEMBLYSCRIPT}/asc`);
    return true;
  } catch (error) {
    // It is only for import, not for require, but it is there.
    return (error as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
  }
}

/** Debian's packages that have to be installed before inmates can be built; empty when all is there. */
export function missingPackages(bits: readonly Bits[]): string[] {
  const missing = isInPath("wasm2c") && isInPath("wasm-objdump") ? [] : ["wabt"];
  const compiler = find("clang");
  if (!compiler) missing.push("clang");
  if (!find("ld.lld")) missing.push("lld");
  if (bits.includes(32) && !(compiler && existsSync(builtins32())))
    missing.push(`libclang-rt-${compiler?.version ?? PREFERRED}-dev`);
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
