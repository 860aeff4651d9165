// Where a configuration threw: file and line as its author wrote them, in every way in which modules are run.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadInput } from "./check/files.ts";
import { ConfigError, loadConfig } from "./index.ts";
import { placeOfThrown, thrownText } from "./thrown.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "thrown (1)#-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, ...lines: string[]): string {
  writeFileSync(join(directory, name), lines.join("\n"));
  return name;
}

async function refusal(name: string): Promise<ConfigError> {
  const error = await loadConfig(name, directory).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return error as ConfigError;
}

const IMPORT = 'import { defineCell, type CellDefinition } from "jailhouse-ts/config";';
const CELL = 'export default defineCell({ name: "a", cpus: [1] });';
/** A statement that only the large translator takes. */
const ENUM = "enum Colour {";
const TYPE = "const none: { a?: { b: number } } = {};";

test.each<[string, string, string[], number, string]>([
  ["an Error", "a.ts", [IMPORT, "", 'throw new Error("no luck\\nat all");'], 3, "no luck"],
  ["an Error in .js", "b.js", ["", 'throw new RangeError("no luck");'], 2, "no luck"],
  ["an Error in .mjs", "c.mjs", ["", 'throw new Error("no luck");'], 2, "no luck"],
  ["an Error in .cjs", "d.cjs", ["", "", 'throw new Error("no luck");'], 3, "no luck"],
  ["an Error in .cts", "e.cts", ["", "", 'throw new Error("no luck");'], 3, "no luck"],
  ["a property of undefined", "f.ts", [TYPE, "", "none.a.b;", CELL], 3, "reading 'b'"],
  ["one of it in .js", "g.js", ["const none = {};", "none.a.b;"], 2, "reading 'b'"],
  ["a string", "h.ts", [IMPORT, "", 'throw "no luck";'], 3, "no luck"],
  ["a string in .js", "i.js", ["", "", 'throw "no luck";'], 3, "no luck"],
  ["a number", "j.ts", ["throw 42;"], 1, "42"],
  ["an object", "k.ts", ["", 'throw { message: "no luck" };'], 2, "no luck"],
  ["nothing", "l.ts", ["", "throw undefined;"], 2, "undefined"],
  ["an Error without words", "m.ts", ["", "throw new Error();"], 2, "without a message"],
  ["what cannot be text", "n.ts", ["", "throw Object.create(null);"], 2, "without a message"],
  ["a stack that is none", "o.ts", ["", "throw { message: 'no luck', stack: 5 };"], 2, "no luck"],
  [
    "a getter that throws",
    "p.ts",
    ["", "throw { get message() { throw 1; } };"],
    2,
    "[object Object]",
  ],
  ["JSON.parse, a SyntaxError", "q.ts", ["", 'JSON.parse("{ nonsense");'], 2, "JSON"],
  ["a function below", "r.ts", ["function f() {", "  null!.x;", "}", "f();"], 2, "reading 'x'"],
  ["an await", "s.ts", ["", 'await Promise.reject(new Error("no luck"));'], 2, "no luck"],
  ["a helper's argument", "t.ts", [IMPORT, "defineCell(", "  undefined as any,", ");"], 2, ""],
  ["a class and an enum", "u.ts", [ENUM, "  Red,", "}", 'throw "no luck";'], 4, "no luck"],
  ["an Error behind an enum", "v.ts", [ENUM, "}", "", "null!.x;"], 4, "reading 'x'"],
  ["a require of nothing", "w.cjs", ["", 'require("./nothing.cjs");'], 2, "nothing.cjs"],
])("%s gives its line", async (_, name, lines, line, what) => {
  const { message, origin } = await refusal(file(name, ...lines));
  expect(message.startsWith(`${name}:${line}: `), message).toBe(true);
  expect(message).toContain(what);
  expect(message).not.toMatch(/\n|data:|node_modules/);
  expect(origin?.line).toBe(line);
});

test.each<[string, string[]]>([
  ["library-a.ts", ['import "node:fs";', "export const count: number = null!.x;"]],
  ["library-b.js", ["", 'throw "no luck";']],
  ["library-c.ts", [`${ENUM}}`, "export const count = null!.x;"]],
  ["library-d.cjs", ["", "null.x;"]],
])("an import of it gives its own file and line: %s", async (library, lines) => {
  file(library, ...lines);
  const name = file(`with-${library}.ts`, "", `import "./${library}";`, CELL);
  const { message, origin } = await refusal(name);
  expect(message.startsWith(`${join(directory, library)}:2: `), message).toBe(true);
  expect(origin).toEqual({ file: join(directory, library), line: 2 });
  const { failure } = await loadInput(name, directory);
  expect(failure).toMatchObject({ file: join(directory, library), line: 2 });
  expect(failure?.message).not.toContain(directory);
});

test("each of two files with the same text is called by its own name", async () => {
  const text = ["", "throw new Error('no luck');"];
  expect((await refusal(file("one.ts", ...text))).message).toMatch(/^one\.ts:2: /);
  expect((await refusal(file("two.ts", ...text))).message).toMatch(/^two\.ts:2: /);
});

test("a value of definitions has the line of its helper's call", async () => {
  const lines = [
    'import { defineCell, uart } from "jailhouse-ts/config";',
    "",
    'uart("COM9" as any);',
  ];
  const { message } = await refusal(file("helper.ts", ...lines));
  expect(message).toMatch(/^helper\.ts:3: /);
});

test("what no configuration threw has no place", () => {
  expect(placeOfThrown(new Error("ours"))).toBeUndefined();
  expect(placeOfThrown("text")).toBeUndefined();
  expect(thrownText(new Error("\n  first\nsecond"))).toBe("first");
});
