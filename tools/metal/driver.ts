// Builds driver/, or another kernel module, for the guest's kernel.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { CACHE, type Kernel } from "./kernel.ts";
import { putInPlace } from "./place.ts";

/** A kernel module to build: its directory and its file's name. */
export interface Module {
  readonly sources: string;
  readonly file: string;
  /** Files that are made: their texts by their names. */
  readonly made?: ReadonlyMap<string, string>;
}

const DRIVER: Module = { sources: join(ROOT, "driver"), file: "jailhouse.ko" };
/** Types for BPF, which newer kernels' modules have and for which a program would be needed (pahole). */
const NO_BTF = "CONFIG_DEBUG_INFO_BTF_MODULES=";
/** What a module is made of. */
const SOURCE = /(\.[chS]|Makefile|Kbuild)$/;

function sourcesOf(directory: string): string[] {
  const files = (readdirSync(directory, { recursive: true }) as string[]).filter(
    (path) => SOURCE.test(path) && !path.endsWith(".mod.c"),
  );
  return files.sort();
}

/** The driver for this kernel, by its path; as moduleFor. */
export function driverFor(kernel: Kernel, say: (text: string) => void = () => {}): string {
  return moduleFor(kernel, DRIVER, say);
}

/**
 * A module for this kernel, by its path. Built in the cache, once for each state of its sources.
 * Throws with the compiler's words when it cannot be built.
 */
export function moduleFor(
  kernel: Kernel,
  { sources, file, made = new Map() }: Module,
  say: (text: string) => void = () => {},
): string {
  const files = sourcesOf(sources);
  const hash = createHash("sha256").update(`${kernel.version}\0${file}\0`);
  for (const path of files) hash.update(`${path}\0`).update(readFileSync(join(sources, path)));
  for (const [path, text] of made) hash.update(`${path}\0${text}\0`);
  const directory = join(CACHE, `module-${hash.digest("hex").slice(0, 16)}`);
  const product = join(directory, file);
  if (existsSync(product)) return product;
  say(`Building ${file} for Linux ${kernel.version} …`);
  const temporary = `${directory}.${process.pid}`;
  try {
    mkdirSync(temporary, { recursive: true });
    for (const path of files) cpSync(join(sources, path), join(temporary, path));
    for (const [path, text] of made) writeFileSync(join(temporary, path), text);
    const others = kernel.make ?? [];
    execFileSync(
      "make",
      ["-s", "-C", kernel.headers, `M=${temporary}`, NO_BTF, ...others, "modules"],
      {
        stdio: ["ignore", "pipe", "pipe"],
        encoding: "utf8",
      },
    );
    putInPlace(temporary, directory);
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${file} cannot be built:\n${stdout}${stderr || (error as Error).message}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return product;
}
