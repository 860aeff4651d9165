// Compiles the numeric core (float.as.ts) and runs it over the cases of native.ts.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CASE_SIZE } from "./native.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const PAGE = 0x10000;

function compile(): Uint8Array<ArrayBuffer> {
  const directory = mkdtempSync(join(tmpdir(), "float-"));
  try {
    const product = join(directory, "float.wasm");
    const options = ["--runtime", "stub", "--use", "abort=", "--noAssert", "--importMemory"];
    const layout = ["--noExportMemory", "--zeroFilledMemory", "--memoryBase", "4096", "-O2"];
    const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
    const args = [asc, "test/machine/cpu/float/float.as.ts", ...options, ...layout, "-o", product];
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
    return new Uint8Array(readFileSync(product));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The numeric core, with room for cases. */
export class Core {
  readonly cases: Uint8Array;
  readonly #at: number;
  readonly #run: (operation: number, at: number, count: number) => void;

  constructor(count: number) {
    const memory = new WebAssembly.Memory({
      initial: Math.ceil((count * CASE_SIZE) / PAGE) + 4,
    });
    const module = new WebAssembly.Module(compile());
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    this.#at = ((exports.heapBase as () => number)() + 15) & ~15;
    this.#run = exports.run as (operation: number, at: number, count: number) => void;
    this.cases = new Uint8Array(memory.buffer, this.#at, count * CASE_SIZE);
  }

  run(operation: number, count: number): void {
    this.#run(operation, this.#at, count);
  }
}
