// The C text that wasm2c makes, turned into what the image needs: no instances (there is one of each module), no indirection
// between the modules, no preamble (native/wasm.h is ours), and the data as one table.

import { pack } from "./pack.ts";

/** A translated module: its exports' prototypes, and everything. */
export interface Translation {
  readonly prototypes: string;
  readonly text: string;
}

/** Which module's functions an import means, by the import's module and name. */
export type Resolve = (module: string, name: string) => string;

const SEGMENT = /static const u8 data_segment_data_w2c_d(\d+)\[\] = \{([^}]*)\};\n/g;
const LOAD =
  /LOAD_DATA\(\(\*instance->Z_envZ_memory\), (\d+)u, data_segment_data_w2c_d(\d+), \d+\);/g;
/** wasm2c's text between the preamble and the functions, and behind the exports. */
const FUNCTIONS_START = /static void init_func_types\(void\) \{[^}]*\}\n/;
const FUNCTIONS_END = "static void init_instance_import(";
const SETUP = /static void init_(memories|data_instances)\([^)]*\) \{[^}]*\}\n/g;
const SETUP_PROTOTYPE = /static void init_\w+\([^)]*\);\n/g;
const EXPORT = /\/\* export: '\w+' \*\/\n([^{]*) \{/g;

/** A segment of a module's data: address in its memory, bytes. */
interface Segment {
  readonly address: number;
  readonly bytes: readonly number[];
}

function segmentsOf(text: string): Segment[] {
  const contents = new Map(
    [...text.matchAll(SEGMENT)].map(([, index, bytes]) => [
      index!,
      bytes!.split(",").map(Number).slice(0, -1),
    ]),
  );
  return [...text.matchAll(LOAD)].map(([, address, index]) => ({
    address: Number(address),
    bytes: contents.get(index!)!,
  }));
}

/** The module's data as the bytes that start.c's load_data makes it from; and where they begin and end. */
function dataTable(name: string, segments: readonly Segment[]): string {
  const isEmpty = segments.length === 0;
  const start = Math.min(...segments.map(({ address }) => address));
  const end = Math.max(...segments.map(({ address, bytes }) => address + bytes.length));
  const memory = new Uint8Array(Math.max(0, end - start));
  for (const { address, bytes } of segments) memory.set(bytes, address - start);
  const packed = pack(memory);
  return [
    `enum { ${name}_data_start = ${isEmpty ? 0 : start}, ${name}_data_end = ${isEmpty ? 0 : end} };`,
    `static const u8 ${name}_data[] = {${packed.join(",")}};\n`,
  ].join("\n");
}

/** Takes instances out of a text, and calls what imports mean directly. */
function withoutInstances(text: string, resolve: Resolve): string {
  return text
    .replace(
      /\(\*Z_([a-z]+)Z_(\w+)\)\(instance->Z_\w+_instance(?:, )?/g,
      (_, module: string, name: string) => `${resolve(module, name)}(`,
    )
    .replace(/\(Z_\w+_instance_t\*(?: instance)?(?:, |(?=\)))/g, "(")
    .replace(/\(instance(?:, |(?=\)))/g, "(")
    .replace(/\bZ_([a-z]+)Z_(\w+)\(/g, "$1_$2(");
}

/** Translates what `wasm2c -n name` made of a module. */
export function translate(name: string, source: string, resolve: Resolve): Translation {
  const start = FUNCTIONS_START.exec(source);
  const end = source.indexOf(FUNCTIONS_END);
  if (!start || end < 0) throw new Error("wasm2c's output has not the form that is expected");
  const functions = source
    .slice(start.index + start[0].length, end)
    .replace(SEGMENT, "")
    .replace(SETUP, "")
    .replace(SETUP_PROTOTYPE, "");
  const text = withoutInstances(functions, resolve)
    .replaceAll("(*instance->Z_envZ_memory).pages", `memory_pages(&${name}_memory)`)
    .replaceAll("instance->Z_envZ_memory", `&${name}_memory`)
    .replace(/\bw2c_/g, `${name}_w2c_`)
    .replace(EXPORT, (_, head: string) => `static ${head} {`);
  const prototypes = [
    ...text.matchAll(new RegExp(`^static (\\w+ ${name}_(?!w2c_)[^{]*) \\{`, "gm")),
  ]
    .map(([, head]) => `static ${head};\n`)
    .join("");
  return { prototypes, text: dataTable(name, segmentsOf(source)) + text };
}
