// The waist's contracts, read from the files that declare them: hypervisor/platform.ts and exports.ts, and those of each architecture.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";

export interface Parameter {
  readonly name: string;
  readonly type: string;
}

/** One function of the waist. */
export interface Member {
  readonly name: string;
  readonly comment: string;
  readonly parameters: readonly Parameter[];
  /** Type of the result, or `void`. */
  readonly result: string;
}

/** `platform`: what the core asks for; `exports`: what a platform calls. */
export type Side = "platform" | "exports";

const MEMBER =
  /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?^export declare function (\w+)\(([^)]*)\): (\w+);/gm;

/** The members that a contract's text declares, in order. */
export function membersOf(source: string): Member[] {
  return [...source.matchAll(MEMBER)].map(
    ([, comment = "", name = "", list = "", result = ""]) => ({
      name,
      comment: comment
        .replace(/^\s*\* ?/gm, "")
        .replace(/\s+/g, " ")
        .trim(),
      parameters: [...list.matchAll(/(\w+): (\w+)/g)].map(([, parameter = "", type = ""]) => ({
        name: parameter,
        type,
      })),
      result,
    }),
  );
}

/** Architectures that have a contract of their own beside the one of all. */
export type Architecture = "x86" | "arm64";

/** Path of a contract from the root. */
export function contractPath(side: Side, architecture?: Architecture): string {
  return ["hypervisor", architecture, `${side}.ts`].filter(Boolean).join("/");
}

/** All members of one side of the waist on an architecture: those of all architectures first. */
export function contract(side: Side, architecture: Architecture): Member[] {
  const paths = [contractPath(side), contractPath(side, architecture)];
  return paths.flatMap((path) => membersOf(readFileSync(join(ROOT, path), "utf8")));
}

/** How WebAssembly names the types that contracts use. */
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

/** What WebAssembly calls a type. @throws Error for one that no contract may use */
export function valueType(type: string): string {
  const found = VALUE_TYPES[type];
  if (found === undefined) throw new Error(`a contract of the waist uses the type ${type}`);
  return found;
}

/** A member's type as wasm-dis prints it: `(param i32 i64) (result i32)`. */
export function signatureOf({ parameters, result }: Member): string {
  const types = parameters.map(({ type }) => valueType(type));
  return [
    ...(types.length > 0 ? [`(param ${types.join(" ")})`] : []),
    ...(result === "void" ? [] : [`(result ${valueType(result)})`]),
  ].join(" ");
}
