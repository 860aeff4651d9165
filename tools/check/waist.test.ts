import { describe, expect, it } from "vitest";
import { declaredSignatures, moduleFaults } from "./waist.ts";

const PLATFORM = `
/** Maps. */
export declare function map(cell: u32, virt: u64): i32;
// export declare function old(): void;
export declare function unlock(): void;
export declare function now(): u64;
`;
const IMPORTS = [
  ' (import "env" "memory" (memory $m 1))',
  ' (import "platform" "map" (func $a (param i32 i64) (result i32)))',
  ' (import "platform" "unlock" (func $b))',
  ' (import "platform" "now" (func $c (result i64)))',
];
const moduleText = (...more: string[]) => ["(module", ...IMPORTS, ...more, ")"].join("\n");

describe("declaredSignatures", () => {
  it("reads declarations, not comments", () => {
    expect([...declaredSignatures(PLATFORM)]).toEqual([
      ["map", "(param i32 i64) (result i32)"],
      ["unlock", ""],
      ["now", "(result i64)"],
    ]);
  });
});

describe("moduleFaults", () => {
  it("finds nothing in a module that keeps to its declarations", () => {
    expect(moduleFaults(moduleText(" (global $g i32 (i32.const 1))"), PLATFORM)).toEqual([]);
  });

  it.each([
    [' (import "env" "abort" (func $d (param i32)))', "env.abort"],
    [' (import "platform" "reboot" (func $d))', "platform.reboot"],
    [' (import "platform" "table" (table $t 1 funcref))', "table platform.table"],
    [" (global $g (mut i32) (i32.const 0))", "mutable global"],
    [" (start $d)", "start function"],
    ["  (drop (memory.grow (i32.const 1)))", "grows its memory"],
    [" (table $0 1 1 funcref)", "table (indirect calls)"],
  ])("%s", (line, message) => {
    const faults = moduleFaults(moduleText(line), PLATFORM);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  it("finds another signature, and a declaration that nothing uses", () => {
    const changed = moduleText().replace("(param i32 i64)", "(param i32 i32)");
    expect(moduleFaults(changed, PLATFORM)).toEqual([
      'imports map as "(param i32 i32) (result i32)", declared as "(param i32 i64) (result i32)"',
    ]);
    const more = `${PLATFORM}export declare function halt(): void;\n`;
    expect(moduleFaults(moduleText(), more)).toEqual([
      "hypervisor/platform.ts declares halt, which nothing uses",
    ]);
  });
});
