// Files that ship with this project, wherever it is: a clone or an installed package.
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "./errors.ts";

let found: string | undefined;

/** The clone's or package's directory: the nearest above that has a package.json, from the sources as from dist/. */
export function root(): string {
  let directory = found ?? dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "package.json"))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error("package.json was not found above config/");
    directory = parent;
  }
  found = directory;
  return directory;
}

/**
 * Absolute path of a file that ships, as "configs/qemu-x86.cell" or "inmates/demos/x86/apic-demo.bin". Throws ConfigError
 * when there is no such file.
 */
export function shipped(path: string): string {
  const absolute = join(root(), normalize(path));
  if (existsSync(absolute)) return absolute;
  throw new ConfigError("file", `opening ${path}: No such file or directory`, {
    hint: `it is not among the files in ${root()}`,
  });
}
