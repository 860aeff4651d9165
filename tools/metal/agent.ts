// Builds agent/, once for each state of its sources.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { CACHE } from "./kernel.ts";

const SOURCES = join(ROOT, "agent");
const SOURCE = /\.[ch]$|^Makefile$/;

/**
 * The agent's path. `driver` is a C file in the place of the one that asks the driver, with the directory that it lies in.
 * Throws with the compiler's words.
 */
export function buildAgent(driver?: string): string {
  const files = readdirSync(SOURCES)
    .filter((name) => SOURCE.test(name))
    .map((name) => join(SOURCES, name))
    .sort();
  const hash = createHash("sha256");
  for (const path of driver ? [...files, driver] : files) hash.update(readFileSync(path));
  const product = join(CACHE, `agent-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(product)) return product;
  mkdirSync(CACHE, { recursive: true });
  const temporary = `${product}.${process.pid}`;
  const options = [`OUT=${temporary}`, ...(driver ? [`DRIVER=${driver}`] : [])];
  try {
    execFileSync("make", ["-s", "-C", SOURCES, ...options], {
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
    });
    renameSync(temporary, product);
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    throw new Error(`The agent cannot be built:\n${stderr || (error as Error).message}`);
  } finally {
    rmSync(temporary, { force: true });
  }
  return product;
}
