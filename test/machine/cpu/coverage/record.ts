// Counts, while `npm run coverage` asks for it, how often the oracles' cases execute each row of instructions.txt: on the processor that
// runs the tests, and in the boot images that QEMU runs, too.
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { encodingOf, readRows, tableOrder } from "../../../../tools/instructions.ts";
import { compile } from "../compile.ts";

/** Who says what an instruction does. */
export type Oracle = "processor" | "QEMU";
/** For each encoding how often it was executed. */
export type Counts = Record<string, number>;

/** Where counts go; undefined where nobody asks. */
const DIRECTORY = process.env.CPU_COVERAGE;
/** Sizes of code, as the decoder numbers them (WIDTH_* of decode/fields.ts). */
export const CODE_16 = 1;
export const CODE_32 = 2;
export const CODE_64 = 3;
const LONGEST = 15;
const WASM_PAGES = 4;

/** Finds the row of an instruction's bytes. */
class Identifier {
  readonly #encodings = tableOrder(readRows()).map(encodingOf);
  readonly #bytes: Uint8Array;
  readonly #exports: Record<string, (code?: number) => number>;

  constructor() {
    const memory = new WebAssembly.Memory({ initial: WASM_PAGES });
    const module = new WebAssembly.Module(compile("test/machine/cpu/coverage/rows.as.ts"));
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    this.#exports = instance.exports as unknown as Record<string, (code?: number) => number>;
    this.#bytes = new Uint8Array(memory.buffer, this.#exports.bytes!(), LONGEST);
  }

  /** Encoding and length of the first instruction; undefined where there is none. */
  first(bytes: Uint8Array, code: number): { encoding: string; length: number } | undefined {
    this.#bytes.fill(0);
    this.#bytes.set(bytes.subarray(0, LONGEST));
    const encoding = this.#encodings[this.#exports.rowOf!(code)];
    return encoding === undefined ? undefined : { encoding, length: this.#exports.lengthOf!() };
  }
}

let identifier: Identifier | undefined;
const counted: Record<Oracle, Counts> = { processor: {}, QEMU: {} };

/** Whether somebody asks. */
export const isCounting = DIRECTORY !== undefined;

/** Counts the first instruction of code for a size of code (CODE_*); its length, 0 where there is none. */
export function countFirst(oracle: Oracle, bytes: Uint8Array, code: number, times = 1): number {
  identifier ??= new Identifier();
  const found = identifier.first(bytes, code);
  if (!found) return 0;
  counted[oracle][found.encoding] = (counted[oracle][found.encoding] ?? 0) + times;
  return found.length;
}

/** Counts all instructions of 64-bit code that the processor executes so many times. */
export function countCode(code: ArrayLike<number>, times = 1): void {
  if (!isCounting) return;
  const bytes = Uint8Array.from(code);
  for (let at = 0, length = 1; at < bytes.length && length > 0; at += length)
    length = countFirst("processor", bytes.subarray(at), CODE_64, times);
}

if (DIRECTORY !== undefined)
  afterAll(() => writeFileSync(join(DIRECTORY, `${randomUUID()}.json`), JSON.stringify(counted)));
