// Compiles modules of the CPU's sources for tests (*.as.ts); kept in dist/test as long as no source changes.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What tells apart all states of what such a module is made of. */
function sources(): string {
  const hash = createHash("sha256");
  const files = ["machine/cpu", "abi", "test/machine/cpu"].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
      .map((path) => join(ROOT, room, path)),
  );
  for (const path of files.sort()) hash.update(path).update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}

/** Bytes of a module, compiled if need be. `entry` is relative to the root. Safe to call from several workers at once. */
export function compile(entry: string): Uint8Array<ArrayBuffer> {
  const directory = join(ROOT, "dist", "test");
  const product = join(directory, `${basename(entry, ".as.ts")}-${sources()}.wasm`);
  if (!existsSync(product)) {
    mkdirSync(directory, { recursive: true });
    const partial = `${product}.${process.pid}`;
    const options = ["--runtime", "stub", "--use", "abort=", "--noAssert", "--importMemory"];
    const layout = ["--noExportMemory", "--zeroFilledMemory", "--memoryBase", "4096", "-O2"];
    const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
    const args = [asc, entry, ...options, ...layout, "-o", partial];
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
    renameSync(partial, product);
  }
  return new Uint8Array(readFileSync(product));
}
