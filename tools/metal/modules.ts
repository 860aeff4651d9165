// Kernel modules: which files are needed, in the order in which they must be inserted.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Kernel } from "./kernel.ts";

/** A module's object code under the name that other modules know. */
export interface KernelModule {
  readonly name: string;
  readonly data: Buffer;
}

const FILE = /^(.+)\.ko(\.xz)?$/;
const DEPENDS = "depends=";

/** Modules are spelt with either sign. */
const canonical = (name: string) => name.replaceAll("-", "_");

function readModule(path: string): Buffer {
  // From Debian 13 on modules are compressed.
  if (!path.endsWith(".xz")) return readFileSync(path);
  return execFileSync("xz", ["--decompress", "--stdout", path], { maxBuffer: 1 << 28 });
}

/** The modules that a module's .modinfo section names. */
function dependencies(data: Buffer): string[] {
  const start = data.indexOf(`\0${DEPENDS}`);
  if (start < 0) return [];
  const text = data.subarray(start + 1 + DEPENDS.length, data.indexOf(0, start + 1));
  return text.toString("latin1").split(",").filter(Boolean);
}

/**
 * The modules named and all that they depend on, each after those that it needs. Modules that are built into the kernel
 * are left out. Throws when there is no such module.
 */
export function collectModules(kernel: Kernel, names: readonly string[]): KernelModule[] {
  const paths = new Map<string, string>();
  for (const path of readdirSync(kernel.modules, { recursive: true }) as string[]) {
    const name = FILE.exec(basename(path))?.[1];
    if (name) paths.set(canonical(name), join(kernel.modules, path));
  }
  const builtin = readFileSync(join(kernel.modules, "modules.builtin"), "utf8");
  const isBuiltin = (name: string) =>
    builtin.split("\n").some((path) => canonical(basename(path, ".ko")) === canonical(name));

  const result = new Map<string, KernelModule>();
  const add = (name: string) => {
    if (result.has(canonical(name))) return;
    const path = paths.get(canonical(name));
    if (!path) {
      if (isBuiltin(name)) return;
      throw new Error(`Linux ${kernel.version} has no module ${name}`);
    }
    const data = readModule(path);
    for (const each of dependencies(data)) add(each);
    result.set(canonical(name), { name: canonical(name), data });
  };
  for (const name of names) add(name);
  return [...result.values()];
}
