import { expect, test } from "vitest";
import { parseJsonText } from "./json.ts";

test.each([
  ['{\n "name": "x",\n "cpus": [1,],\n}', 'line 3, column 13: unexpected "]"'],
  ['{"a": 1\n"b": 2}', 'line 2, column 1: unexpected "\\""'],
  ['{"a": ', "line 1, column 7: unexpected end"],
  ['{"a": 1} x', 'line 1, column 10: unexpected "x"'],
  ['{"a": 0x10}', 'line 1, column 8: unexpected "x"'],
  ["{'a': 1}", 'line 1, column 2: unexpected "\'"'],
  ['{"a": "b\nc"}', 'line 1, column 7: unexpected "\\""'],
  ["", "line 1, column 1: unexpected end"],
])("%j has its mistake named with its place", (text, message) => {
  expect(() => parseJsonText(text)).toThrow(`${message}: this is not JSON`);
});

test("what is JSON is parsed", () => {
  expect(parseJsonText('{"a": [1, "\\u00e9", true, null, -1.5e3, {}, []]}')).toEqual({
    a: [1, "é", true, null, -1500, {}, []],
  });
});
