// A configuration in C, as the original's users have written them, and what its comments are about.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as abi from "../../abi/config.ts";
import { CELL_HEADER, LISTS } from "../cell-structures.ts";
import { decode } from "../decode.ts";
import type { Remarks } from "../decompile/remarks.ts";
import { ConfigError } from "../errors.ts";
import type { Config } from "../types.ts";
import { type CompilerOptions, compileC } from "./compiler.ts";
import { variableOf } from "./elf.ts";
import { filesOf, type Initialised, readInitialiser } from "./initialiser.ts";
import { placesOf } from "./places.ts";

export interface Imported {
  readonly config: Config;
  /** The configuration's bytes. */
  readonly bytes: Uint8Array;
  /** Bytes that the variable has behind them: more entries than its counts say. Nobody looks at them. */
  readonly trailing: number;
  readonly remarks: Remarks;
}

/** What the variable of a configuration is called. */
const VARIABLE = "config";

/** The bytes that belong to a configuration: what its counts say, and no more than there are. */
function sizeOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isSystem = Buffer.from(bytes.subarray(0, abi.SIGNATURE_SIZE)).toString() === "JHSYS";
  const base = isSystem ? abi.SYS_ROOT_CELL : 0;
  if (bytes.length < base + CELL_HEADER.size) return bytes.length;
  const lists = LISTS.map(({ count, size }) => count.read(view, base) * size);
  const set = view.getUint32(base + abi.CELL_CPU_SET_SIZE, true);
  const size = lists.reduce((sum, one) => sum + one, base + CELL_HEADER.size + set);
  return Math.min(size, bytes.length);
}

function remarksOf(initialised: Initialised): Remarks {
  const placeOf = placesOf(initialised);
  const head: string[][] = [];
  const byPlace = new Map<string, string[]>();
  for (const { path, lines } of initialised.remarks) {
    const place = path && placeOf(path);
    if (place === undefined) head.push([...lines]);
    else byPlace.set(place, [...(byPlace.get(place) ?? []), ...lines]);
  }
  return { head, byPlace };
}

/** Reads a configuration in C. Throws a ConfigError that says what is wrong with it, or with the compiler. */
export function importC(path: string, options: CompilerOptions, directory: string): Imported {
  const absolute = resolve(directory, path);
  if (!existsSync(absolute))
    throw new ConfigError("file", `opening ${path}: No such file or directory`);
  const compiled = compileC(absolute, options);
  const { name, bytes } = variableOf(compiled.object, VARIABLE);
  const size = sizeOf(bytes);
  const config = decode(bytes.subarray(0, size));
  const isOurs = (file: string) => file === "" || file.startsWith(compiled.headerDirectory);
  const sources = filesOf(compiled.text)
    .filter((file) => !isOurs(file) && existsSync(file))
    .map((file) => readFileSync(file, "utf8"));
  return {
    config,
    bytes: bytes.slice(0, size),
    trailing: bytes.length - size,
    remarks: remarksOf(readInitialiser(compiled.text, name, sources, isOurs)),
  };
}
