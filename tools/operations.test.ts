import { describe, expect, it } from "vitest";
import * as OPS from "../machine/cpu/operations.gen.ts";
import { makeInnerLoop, makeNumbers, makeOutside, readOperations } from "./operations.ts";

const FILES = "@a ./a.ts\n@b ./b.ts\n";
const INNER = "ADD bwdq do a.add<T>(s, record) | sum\nADD~ bwdq do a.addQuiet<T>(record)\n";
const LOAD = "LOAD .w try a.load<T>(record) else b.slowLoad(s, record) | load\n";
const OUTER = "BT - compute b.bt(record) | bit\nHLT - system b.hlt(s) | halt\n";

describe("the table of operations", () => {
  it("numbers a width after another, and a family after another", () => {
    const numbers = makeNumbers(readOperations(FILES + INNER + LOAD + OUTER));
    const found = [...numbers.matchAll(/const (\w+): u32 = (\d+);/g)].map(([, name, number]) => [
      name,
      Number(number),
    ]);
    expect(Object.fromEntries(found)).toEqual({
      ...{ ADD: 0, LOAD: 8, BT: 10, HLT: 11 },
      ...{ QUIET: 4, COLD: 10, SYSTEM: 11, OP_COUNT: 12 },
    });
  });

  it("gives the inner loop a case for each number, in the type of its width, and none for the rest", () => {
    const loop = makeInnerLoop(readOperations(FILES + INNER + LOAD + OUTER));
    const cases = [...loop.matchAll(/case (\d+): \/\/ (.*)\n\s+(.*)\n/g)].map((one) =>
      one.slice(1),
    );
    expect(cases.map(([number]) => Number(number))).toEqual([...Array(10).keys()]);
    expect(cases[2]).toEqual(["2", "ADD + 2", "a.add<u32>(s, record);"]);
    expect(cases[8]).toEqual(["8", "LOAD", "then = LEAVE;"]);
    expect(cases[9]).toEqual(["9", "LOAD + 1", "if (a.load<u16>(record)) {"]);
    expect(loop).toContain('import * as a from "./a.ts";');
    expect(loop).not.toContain("./b.ts");
  });

  it("executes outside what fails inside and what is not there", () => {
    const outside = makeOutside(readOperations(FILES + INNER + LOAD + OUTER));
    expect(outside).toContain("    case 9: // LOAD\n      b.slowLoad(s, record);\n");
    expect(outside).toContain("    case 10: // BT\n      b.bt(record);\n");
    expect(outside).toContain("    case 11: // HLT\n      b.hlt(s);\n");
    expect(outside).not.toContain("./a.ts");
  });

  it("refuses what would be executed wrongly", () => {
    const twins = `${FILES}ADD bwdq do a.add<T>(s) | x\nSUB bwdq do a.sub<T>(s) | x\nSUB~ bwdq do a.quiet<T>(s)\n`;
    expect(() => makeNumbers(readOperations(twins + OUTER))).toThrow(
      "SUB~ is not where the twin of ADD belongs",
    );
    expect(() => makeNumbers(readOperations(FILES + INNER + OUTER + LOAD))).toThrow("come last");
    expect(() => readOperations("ADD bwdq jumps a.add(s) | x\n")).toThrow("cannot be read");
  });

  it("is the one that the interpreter has", () => {
    const { operations } = readOperations();
    const numbers = OPS as Record<string, number>;
    const named = operations.filter(({ name }) => !name.endsWith("~"));
    expect(named.map(({ name }) => numbers[name])).toEqual(named.map(({ number }) => number));
    expect(named.length).toBeGreaterThan(200);
  });
});
