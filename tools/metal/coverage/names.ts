// What the functions of an image are called in the sources: translated code has their numbers only. The modules are compiled again with
// names, and are the same but for these.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "../../inmates/toolchain.ts";
import { ROOT } from "../../root.ts";

/** What tools/build.mjs tells of a module. */
interface Module {
  readonly name: string;
}

/** Sections of a WebAssembly module. */
const CUSTOM = 0;
const CODE = 10;
const HEADER = 8;
/** Of the name section: the functions' names. */
const FUNCTION_NAMES = 1;

/** Reads LEB128 numbers, and what they count. */
class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get isOver(): boolean {
    return this.at >= this.#bytes.length;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  bytes(size: number): Uint8Array {
    this.at += size;
    return this.#bytes.subarray(this.at - size, this.at);
  }

  text(): string {
    return Buffer.from(this.bytes(this.number())).toString();
  }
}

/** Contents of the sections with a number. */
function sectionsOf(module: Uint8Array, wanted: number): Uint8Array[] {
  const reader = new Reader(module, HEADER);
  const found: Uint8Array[] = [];
  while (!reader.isOver) {
    const id = reader.number();
    const content = reader.bytes(reader.number());
    if (id === wanted) found.push(content);
  }
  return found;
}

/** The names of a module's functions, by their numbers. */
export function functionNames(module: Uint8Array): Map<number, string> {
  const names = new Map<number, string>();
  for (const section of sectionsOf(module, CUSTOM)) {
    const reader = new Reader(section);
    if (reader.text() !== "name") continue;
    while (!reader.isOver) {
      const kind = reader.number();
      const part = new Reader(reader.bytes(reader.number()));
      if (kind !== FUNCTION_NAMES) continue;
      for (let left = part.number(); left > 0; left--) names.set(part.number(), part.text());
    }
  }
  return names;
}

async function compiledWithNames(name: string): Promise<Uint8Array> {
  const { MODULES, compileArgs } = (await import(
    pathToFileURL(join(ROOT, "tools/build.mjs")).href
  )) as { MODULES: readonly Module[]; compileArgs(module: Module): string[] };
  const args = compileArgs(MODULES.find((one) => one.name === name)!);
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-names-"));
  try {
    const product = join(directory, "module.wasm");
    run(process.execPath, [...args, "--debug", "-o", product], ROOT);
    return readFileSync(product);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Modules in AMD's image, and what their functions' names begin with there. */
const PARTS = [
  { module: "hypervisor", prefix: "core_w2c_f" },
  { module: "metal-amd", prefix: "metal_w2c_f" },
] as const;

/** Tells what a symbol of AMD's image is called in the sources. Throws where the modules in dist/ are of others. */
export async function sourceNames(): Promise<(symbol: string) => string> {
  const known = new Map<string, string>();
  for (const { module, prefix } of PARTS) {
    const named = await compiledWithNames(module);
    const built = readFileSync(join(ROOT, "dist", `${module}.wasm`));
    const [one, other] = [named, built].map((bytes) => Buffer.from(sectionsOf(bytes, CODE)[0]!));
    if (!one!.equals(other!))
      throw new Error(`dist/${module}.wasm is not what its sources compile to`);
    for (const [number, name] of functionNames(named)) known.set(`${prefix}${number}`, name);
  }
  return (symbol) => known.get(symbol) ?? symbol;
}
