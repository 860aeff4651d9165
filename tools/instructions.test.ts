import { expect, test } from "vitest";
import { makeEmitters, readRows } from "./instructions.ts";

const rows = readRows().slice(0, 1);
const emitter = rows[0]!.emitter;

test("an emitter is the function of its name, in the file that has it", () => {
  const files = new Map([[emitter, { file: "data", call: "emitIt" }]]);
  const text = makeEmitters(rows, files);
  expect(text).toContain('import * as data from "./emit-data.ts";');
  expect(text).toContain(`    case 0: // ${emitter}\n      return data.emitIt();\n`);
});

test("a row whose emitter is no function is refused", () => {
  expect(() => makeEmitters(rows, new Map())).toThrow(`unknown emitter ${emitter}`);
});
