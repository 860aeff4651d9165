// Kernel modules: which files are needed, in the order in which they must be inserted.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ENOENT } from "../../abi/errno.ts";
import { SystemError } from "../errors.ts";
import { unpackXz } from "./unpack.ts";

/** A module's object code under the name that other modules know. */
export interface KernelModule {
  readonly name: string;
  readonly data: Uint8Array;
}

const FILE = /^(.+)\.ko(\.xz)?$/;
const DEPENDS = "depends=";

/** Modules are spelt with either sign. */
const canonical = (name: string) => name.replaceAll("-", "_");

async function readModule(path: string): Promise<Buffer> {
  const data = readFileSync(path);
  // From 6.12 on Debian compresses them.
  return path.endsWith(".xz") ? Buffer.from(await unpackXz(data)) : data;
}

/** The modules that a module's .modinfo section names. */
function dependencies(data: Buffer): string[] {
  const start = data.indexOf(`\0${DEPENDS}`);
  if (start < 0) return [];
  const text = data.subarray(start + 1 + DEPENDS.length, data.indexOf(0, start + 1));
  return text.toString("latin1").split(",").filter(Boolean);
}

function builtinModules(directory: string): Set<string> {
  const list = join(directory, "modules.builtin");
  const text = existsSync(list) ? readFileSync(list, "utf8") : "";
  return new Set(text.split("\n").map((path) => canonical(basename(path, ".ko"))));
}

function modulePaths(directory: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const path of readdirSync(directory, { recursive: true }) as string[]) {
    const name = FILE.exec(basename(path))?.[1];
    if (name) paths.set(canonical(name), join(directory, path));
  }
  return paths;
}

/**
 * The modules named and all that they depend on, each after those that it needs, from a kernel's /lib/modules/VERSION. Modules that are
 * built into the kernel are left out. Throws ENOENT when there is no such directory or module.
 */
export async function collectModules(
  directory: string,
  names: readonly string[],
): Promise<KernelModule[]> {
  if (!existsSync(directory))
    throw new SystemError(ENOENT, { hint: `There are no kernel modules at ${directory}.` });
  const paths = modulePaths(directory);
  const builtin = builtinModules(directory);
  const result = new Map<string, KernelModule>();
  const add = async (name: string) => {
    const key = canonical(name);
    if (result.has(key)) return;
    const path = paths.get(key);
    if (!path) {
      if (builtin.has(key)) return;
      throw new SystemError(ENOENT, { hint: `There is no module ${name} below ${directory}.` });
    }
    const data = await readModule(path);
    for (const each of dependencies(data)) await add(each);
    result.set(key, { name: key, data });
  };
  for (const name of names) await add(name);
  return [...result.values()];
}
