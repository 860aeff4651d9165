// Compiles the numeric core (float.as.ts) and runs it over the cases of native.ts.
import { compile } from "../compile.ts";
import { CASE_SIZE } from "./native.ts";

const PAGE = 0x10000;

/** The numeric core, with room for cases. */
export class Core {
  readonly cases: Uint8Array;
  readonly #at: number;
  readonly #run: (operation: number, at: number, count: number) => void;

  constructor(count: number) {
    const memory = new WebAssembly.Memory({
      initial: Math.ceil((count * CASE_SIZE) / PAGE) + 4,
    });
    const module = new WebAssembly.Module(compile("test/machine/cpu/float/float.as.ts"));
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    this.#at = ((exports.heapBase as () => number)() + 15) & ~15;
    this.#run = exports.run as (operation: number, at: number, count: number) => void;
    this.cases = new Uint8Array(memory.buffer, this.#at, count * CASE_SIZE);
  }

  run(operation: number, count: number): void {
    this.#run(operation, this.#at, count);
  }
}
