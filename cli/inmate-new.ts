// jailhouse inmate new --c NAME, and jailhouse inmate sdk

import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { attempt, CommandFailure, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

export interface NewInmateOptions {
  readonly c?: boolean;
  readonly bits: string;
  readonly resetAddress: string;
}

/** The file of the SDK by which it is known. */
const MARK = join("sdk", "inmate.mk");
/** Files of a project, by the SDK's template. */
const FILES: readonly (readonly [template: string, file: string])[] = [
  ["main.c.in", "@NAME@.c"],
  ["Makefile.in", "Makefile"],
  ["CMakeLists.txt.in", "CMakeLists.txt"],
  ["cell.ts.in", "@NAME@-cell.ts"],
  ["gitignore.in", ".gitignore"],
];
/** What make, CMake, file systems and configurations all take as a name. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** That of a cell. */
const LONGEST_NAME = 31;
/** Names of targets that make and CMake have already. */
const TAKEN = ["all", "clean", "help", "install", "test", "build"];
const BITS = ["64", "32"];
const RESET_ADDRESSES = ["0xffff0", "0"];

/** The SDK's directory: beside this room, from the sources as from dist/. */
function sdk(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, MARK))) {
    const parent = dirname(directory);
    if (parent === directory)
      throw new CommandFailure(`${MARK} is missing`, "This installation is not complete.");
    directory = parent;
  }
  return join(directory, "sdk");
}

/** Prints the SDK's directory. */
export function showSdk(io: Io): void {
  io.out(`${sdk()}\n`);
}

/** How a project names the SDK: relatively if both are in the same tree, so that the tree can be moved as a whole. */
export function sdkFrom(project: string, home: string): string {
  const path = relative(project, home);
  const top = dirname(dirname(project));
  const sharesTree =
    home.startsWith(`${dirname(project)}/`) || (top !== "/" && home.startsWith(`${top}/`));
  return (sharesTree ? path : home).replaceAll("\\", "/");
}

function check(name: string, { c, bits, resetAddress }: NewInmateOptions): void {
  if (!c)
    throw new UsageError("say --c: an inmate in TypeScript is one file, which needs no project");
  if (!NAME.test(name) || name.length > LONGEST_NAME || TAKEN.includes(name.toLowerCase())) {
    throw new UsageError(
      `"${name}" is no name for an inmate: at most ${LONGEST_NAME} letters, digits, - and _, the first a letter, and none of ${TAKEN.join(", ")}`,
    );
  }
  if (!BITS.includes(bits)) throw new UsageError("--bits takes 64 or 32");
  if (!RESET_ADDRESSES.includes(resetAddress))
    throw new UsageError("--reset-address takes 0xffff0 or 0");
}

/** Writes a project that builds as it is into a new directory. */
export async function newInmate(io: Io, name: string, options: NewInmateOptions): Promise<void> {
  check(name, options);
  const home = sdk();
  const project = resolve(io.cwd, name);
  const values: Readonly<Record<string, string>> = {
    NAME: name,
    BITS: options.bits,
    RESET_ADDRESS: options.resetAddress,
    SDK: sdkFrom(project, home),
  };
  const fill = (text: string) => text.replace(/@([A-Z_]+)@/g, (all, key) => values[key] ?? all);
  await attempt(name, write(project, home, fill));
  io.out(`${name}/ is written. Next:\n  cd ${name}\n  make\n  make help\n`);
  advise(io, project, home);
}

async function write(project: string, home: string, fill: (text: string) => string): Promise<void> {
  mkdirSync(project);
  for (const [template, file] of FILES) {
    const text = readFileSync(join(home, "template", template), "utf8");
    writeFileSync(join(project, fill(file)), fill(text), { flag: "wx" });
  }
}

/** Says what will be in the way of a build. */
function advise(io: Io, project: string, home: string): void {
  const has = (program: string) => isInPath(program, io.env.PATH);
  const missing = [
    ...(has("gcc") || has("clang") ? [] : ["gcc"]),
    ...(has("make") || has("cmake") ? [] : ["make"]),
  ];
  if (missing.length > 0)
    io.err(
      `To build it, install a compiler and make; Debian: sudo apt-get install ${missing.join(" ")}\n`,
    );
  if (/\s/.test(project + home))
    io.err("make cannot work with blanks in the names of directories; CMake can.\n");
}

function isInPath(program: string, path = ""): boolean {
  return path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
