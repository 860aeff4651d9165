import { describe, expect, it } from "vitest";
import { membersOf } from "../reference/contracts.ts";
import { declared, dialectFaults, exportsOf, importsFrom, sideFaults } from "./waist.ts";

const PLATFORM = `
/** Maps. */
export declare function map(cell: u32, virt: u64): i32;
// export declare function old(): void;
export declare function unlock(): void;
export declare function now(): u64;
/** Many. */
export declare function many(
  first: u32,
  second: u64,
): void;
`;
const WANTED = declared(membersOf(PLATFORM));
const IMPORTS = [
  ' (import "env" "memory" (memory $m 1))',
  ' (import "platform" "map" (func $a (param i32 i64) (result i32)))',
  ' (import "platform" "unlock" (func $b))',
  ' (import "platform" "now" (func $c (result i64)))',
  ' (import "platform" "many" (func $d (param i32 i64)))',
];
const EXPORTS = [
  ' (export "map" (func $x/map))',
  ' (export "unlock" (func $x/unlock))',
  ' (export "now" (func $x/now))',
  ' (export "many" (func $x/many))',
  " (func $x/map (param $0 i32) (param $1 i64) (result i32)",
  " (func $x/unlock",
  " (func $x/now (result i64)",
  " (func $x/many (param $0 i32) (param $1 i64)",
];
const moduleText = (...more: string[]) => ["(module", ...IMPORTS, ...more, ")"].join("\n");

describe("declared", () => {
  it("reads declarations, not comments", () => {
    expect([...WANTED]).toEqual([
      ["map", "(param i32 i64) (result i32)"],
      ["unlock", ""],
      ["now", "(result i64)"],
      ["many", "(param i32 i64)"],
    ]);
  });

  it("takes no type that WebAssembly and C would see differently", () => {
    expect(() => declared(membersOf("export declare function f(a: string): void;"))).toThrow(
      "uses the type string",
    );
  });
});

describe.each([
  ["imports", importsFrom(moduleText(), "platform")],
  ["exports", exportsOf(EXPORTS.join("\n"))],
] as const)("what a module %s", (what, found) => {
  it("is as declared", () => {
    expect(sideFaults(what, found, WANTED)).toEqual([]);
  });

  it("may not have another type, in either place", () => {
    const changed = declared(membersOf(PLATFORM.replace("virt: u64", "virt: u32")));
    expect(sideFaults(what, found, changed)).toEqual([
      `${what} map as "(param i32 i64) (result i32)", declared as "(param i32 i32) (result i32)"`,
    ]);
    const narrowed = new Map([...found, ["now", "(result i32)"] as const]);
    expect(sideFaults(what, narrowed, WANTED)).toEqual([
      `${what} now as "(result i32)", declared as "(result i64)"`,
    ]);
  });

  it("is all that is declared, and no more", () => {
    const more = declared(membersOf(`${PLATFORM}export declare function halt(): void;\n`));
    expect(sideFaults(what, found, more)).toEqual([
      `a contract declares halt, which nothing ${what}`,
    ]);
    const strange = new Map([...found, ["reboot", ""] as const]);
    expect(sideFaults(what, strange, WANTED)).toEqual([
      `${what} reboot, which no contract declares`,
    ]);
  });
});

describe("dialectFaults", () => {
  it("finds nothing in a module that keeps to it", () => {
    expect(dialectFaults(moduleText(" (global $g i32 (i32.const 1))"))).toEqual([]);
  });

  it.each([
    [' (import "env" "abort" (func $d (param i32)))', "env.abort"],
    [' (import "platform" "table" (table $t 1 funcref))', "table platform.table"],
    [" (global $g (mut i32) (i32.const 0))", "mutable global"],
    [" (start $d)", "start function"],
    ["  (drop (memory.grow (i32.const 1)))", "grows its memory"],
    [" (table $0 1 1 funcref)", "table (indirect calls)"],
  ])("%s", (line, message) => {
    const faults = dialectFaults(moduleText(line));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });
});
