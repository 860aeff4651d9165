// The module's shape: its imports are the narrow waist and nothing else, and it keeps to the dialect.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { type Check, executeTool } from "./check.ts";
import { readText } from "./files.ts";
import { withoutComments } from "./source.ts";

/** The built core. */
export const HYPERVISOR = join(ROOT, "dist", "hypervisor.wasm");

/** Names of the functions that hypervisor/platform.ts declares, in order. */
export function platformMembers(): string[] {
  const source = withoutComments(readText("hypervisor/platform.ts"));
  return [...source.matchAll(/\bexport declare function (\w+)\(/g)].map(
    ([, name]) => name as string,
  );
}

/** How WebAssembly names the types that platform.ts uses. */
const VALUE_TYPES: Readonly<Record<string, string>> = {
  u8: "i32",
  u16: "i32",
  u32: "i32",
  i32: "i32",
  bool: "i32",
  usize: "i32",
  u64: "i64",
  i64: "i64",
};

/** Signatures by name, as wasm-dis prints them: `(param i32 i64) (result i32)`. */
export function declaredSignatures(platform: string): Map<string, string> {
  const declarations = withoutComments(platform).matchAll(
    /export declare function (\w+)\(([^)]*)\)\s*:\s*(\w+);/g,
  );
  return new Map(
    [...declarations].map(([, name, parameters, result]) => {
      const types = [...(parameters as string).matchAll(/:\s*(\w+)/g)].map(
        ([, type]) => VALUE_TYPES[type as string] ?? type,
      );
      const parts = [
        ...(types.length > 0 ? [`(param ${types.join(" ")})`] : []),
        ...(result === "void" ? [] : [`(result ${VALUE_TYPES[result as string] ?? result})`]),
      ];
      return [name as string, parts.join(" ")];
    }),
  );
}

/** How a module's text, as wasm-dis prints it, differs from what `platform` declares and from the dialect. */
export function moduleFaults(text: string, platform: string): string[] {
  const declared = declaredSignatures(platform);
  const unused = [...declared.keys()].filter((name) => !importedMembers(text).has(name));
  return [
    ...importFaults(text, declared),
    ...unused.map((name) => `hypervisor/platform.ts declares ${name}, which nothing uses`),
    ...dialectFaults(text),
  ];
}

function dialectFaults(text: string): string[] {
  return FORBIDDEN.filter(([pattern]) => pattern.test(text)).map(([, what]) => what);
}

function importedMembers(text: string): Set<string> {
  return new Set([...text.matchAll(/^ \(import "platform" "([^"]+)"/gm)].map(([, name]) => name!));
}

function importFaults(text: string, declared: ReadonlyMap<string, string>): string[] {
  const faults: string[] = [];
  for (const [, module, name, kind] of text.matchAll(
    /^ \(import "([^"]+)" "([^"]+)" \((memory|func|global|table|tag) /gm,
  )) {
    if (module === "env" && name === "memory" && kind === "memory") continue;
    if (module !== "platform" || kind !== "func" || !declared.has(name as string))
      faults.push(
        `imports ${kind} ${module}.${name}, which hypervisor/platform.ts does not declare`,
      );
  }
  for (const [, name, signature] of text.matchAll(
    /^ \(import "platform" "([^"]+)" \(func \$\S+((?: \([^)]*\))*)\)\)$/gm,
  )) {
    const found = (signature as string).trim();
    const wanted = declared.get(name as string);
    if (wanted !== undefined && wanted !== found)
      faults.push(`imports ${name} as "${found}", declared as "${wanted}"`);
  }
  return faults;
}

/** Things that must not be in the module, and what they look like in its text. */
const FORBIDDEN: readonly [RegExp, string][] = [
  [/^ \(global \S+ \(mut /m, "has a mutable global"],
  [/^ \(start /m, "has a start function"],
  [/\(memory\.grow/, "grows its memory"],
  [/^ \(table /m, "has a table (indirect calls)"],
];

export const waist: Check = {
  name: "the narrow waist: imports of hypervisor.wasm",
  run() {
    if (!existsSync(HYPERVISOR)) return { failures: ["dist/hypervisor.wasm is not built"] };
    const { status, output } = executeTool("binaryen/bin/wasm-dis", [HYPERVISOR]);
    if (status !== 0) return { failures: [output] };
    return {
      failures: moduleFaults(output, readText("hypervisor/platform.ts")),
      note: `${platformMembers().length} imports, ${output.match(/^ \(export /gm)?.length ?? 0} exports`,
    };
  },
};

/** The core for Arm64, and what it may import: the neutral file still has x86's members, so it need not import all. */
const ARM64 = join(ROOT, "dist", "hypervisor-arm64.wasm");
const ARM64_WAIST = ["hypervisor/platform.ts", "hypervisor/arm64/platform.ts"];

export const arm64Waist: Check = {
  name: "the narrow waist on Arm64",
  run() {
    if (!existsSync(ARM64)) return { failures: ["dist/hypervisor-arm64.wasm is not built"] };
    const { status, output } = executeTool("binaryen/bin/wasm-dis", [ARM64]);
    if (status !== 0) return { failures: [output] };
    const declared = declaredSignatures(ARM64_WAIST.map(readText).join("\n"));
    return {
      failures: [...importFaults(output, declared), ...dialectFaults(output)],
      note: `${importedMembers(output).size} imports`,
    };
  },
};
