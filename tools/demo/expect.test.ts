import { expect, test } from "vitest";
import {
  Difference,
  expectAll,
  expectAmong,
  firstMissing,
  linesOf,
  matches,
  woven,
} from "./expect.ts";
import { words } from "./player.ts";

test("a line matches when only blanks and the words under … differ", () => {
  expect(matches("jitter: … ns, min: … ns", "jitter:     12 ns, min:   -3 ns")).toBe(true);
  expect(matches("0 root running 0-2", "0       root   running   0-2     ")).toBe(true);
  expect(matches("Frequency: ≈1000000 kHz", "Frequency: 999999.688 kHz")).toBe(true);
  expect(matches("Frequency: ≈1000000 kHz", "Frequency: 1001008 kHz")).toBe(false);
  expect(matches("jitter: … ns", "jitter: 12 us")).toBe(false);
  expect(matches("(EFER: …)", "(EFER: 1000)")).toBe(true);
  expect(matches("a.b", "axb")).toBe(false);
});

test("all lines, or some in order, are demanded; the message shows both sides", () => {
  expectAll("output", ["one", "two …"], "one\r\n\ntwo 2\n");
  expect(() => expectAll("output", ["one"], "one\ntwo\n")).toThrow(Difference);
  expect(() => expectAll("output", [], "one\n")).toThrow(/\(nothing\)[\s\S]*one/);
  expectAmong("output", ["one", "three"], "one\ntwo\nthree\n");
  expect(() => expectAmong("output", ["three", "one"], "one\ntwo\nthree\n")).toThrow(/one/);
});

const CALIBRATED = "Calibrated TSC frequency: … kHz";

test("a line is found although another is woven into it, and only then", () => {
  const text = 'CaliStartedbrat cell ed TSC fre"apic-demo"\r\nquency: 1000.1 kHz\r\n';
  expect(woven(CALIBRATED, text)).toBe("Calibrated TSC frequency: 1 kHz");
  expect(woven(CALIBRATED, text.replace("TSC", "TCS"))).toBeUndefined();
  expect(woven(CALIBRATED, `Cali${"x".repeat(100)}brated TSC frequency: 1 kHz`)).toBeUndefined();
  expect(firstMissing([CALIBRATED], linesOf(text), "racing")).toBeUndefined();
  expect(firstMissing([CALIBRATED], linesOf(text), "shared")).toBe(CALIBRATED);
  expect(firstMissing([CALIBRATED, "Calibrated APIC"], linesOf(text), "racing")).toBe(
    "Calibrated APIC",
  );
});

test("a command line is split as a shell does", () => {
  expect(words('jailhouse cell load x -s "a=1 b" -a 0x1000')).toEqual([
    "jailhouse",
    "cell",
    "load",
    "x",
    "-s",
    "a=1 b",
    "-a",
    "0x1000",
  ]);
});
