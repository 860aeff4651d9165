// Builds driver/ for the guest's kernel.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { CACHE, type Kernel } from "./kernel.ts";

const SOURCES = join(ROOT, "driver");
const MODULE = "jailhouse.ko";
/** What a module is made of. */
const SOURCE = /(\.[chS]|Makefile|Kbuild)$/;

function sources(): string[] {
  const files = (readdirSync(SOURCES, { recursive: true }) as string[]).filter(
    (path) => SOURCE.test(path) && !path.endsWith(".mod.c"),
  );
  return files.sort();
}

/**
 * The driver for this kernel, by its path. Built in the cache, once for each state of its sources.
 * Throws with the compiler's words when it cannot be built.
 */
export function driverFor(kernel: Kernel, say: (text: string) => void = () => {}): string {
  const files = sources();
  const hash = createHash("sha256").update(kernel.version);
  for (const path of files) hash.update(`${path}\0`).update(readFileSync(join(SOURCES, path)));
  const directory = join(CACHE, `driver-${hash.digest("hex").slice(0, 16)}`);
  const product = join(directory, MODULE);
  if (existsSync(product)) return product;
  say(`Building the driver for Linux ${kernel.version} …`);
  const temporary = `${directory}.${process.pid}`;
  try {
    mkdirSync(temporary, { recursive: true });
    for (const path of files) cpSync(join(SOURCES, path), join(temporary, path));
    execFileSync("make", ["-s", "-C", kernel.headers, `M=${temporary}`, "modules"], {
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
    });
    rmSync(directory, { recursive: true, force: true });
    renameSync(temporary, directory);
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`The driver cannot be built:\n${stdout}${stderr || (error as Error).message}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return product;
}
