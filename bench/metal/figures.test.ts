import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EARLIER } from "./earlier.ts";
import {
  contextTables,
  exitTimes,
  Figures,
  jitter,
  pairedTables,
  percentile,
  ratio,
} from "./figures.ts";
import { findOriginal } from "./original.ts";
import { Watch } from "./watch.ts";

function round(...figures: [string, number][]): Figures {
  const result = new Figures();
  for (const [name, value] of figures) result.add("group", name, "ms", value);
  return result;
}

test("exits are counted without the loop that causes them", () => {
  const text =
    "no exiStarted cell\r\nt: 0 ns\r\nno exit: 10 ns\r\nno exit: 12 ns\r\nCPUID: 310 ns\r\nCPUID: 131 ns\r\nExits done\r\n";
  expect([...exitTimes(text)]).toEqual([["CPUID", 121]]);
});

test("jitter is read from what apic-demo prints", () => {
  const text =
    "Calibrated APIC frequency: 62500 kHz\r\n" +
    "Timer fired, jitter:   1500 ns, min:    -20 ns, max:   1500 ns\r\n" +
    "Timer fired, jitter:    -20 ns, min:    -20 ns, max:   1500 ns\r\n";
  expect(jitter(text)).toEqual([1.5, -0.02]);
});

test("a percentile is one of the values", () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect([percentile(values, 0), percentile(values, 0.99), percentile([7], 0.99)]).toEqual([
    1, 199, 7,
  ]);
});

test("a ratio is the median of the rounds' own, not of the medians", () => {
  const ours = [round(["create", 10]), round(["create", 100]), round(["create", 90])];
  const theirs = [round(["create", 10]), round(["create", 50]), round(["create", 100])];
  expect(ratio(ours, theirs, { group: "group", name: "create" })).toBe(1);
  const none = [round(["create", 0]), round(["load", 1]), round(["create", -5])];
  expect(ratio(ours, none, { group: "group", name: "create" })).toBeUndefined();
});

test("tables have every figure of either side", () => {
  const ours = [round(["create", 10], ["extra", 3])];
  const theirs = [round(["create", 20], ["missing", 5])];
  const [heading, , ...rows] = pairedTables(ours, theirs).split("\n");
  expect(heading).toMatch(/^group +ours +original +ratio$/);
  expect(rows.map((line) => line.split(/\s+/))).toEqual([
    ["create", "ms", "10", "20", "0.5"],
    ["extra", "ms", "3", "–", "–"],
    ["missing", "ms", "–", "5", "–"],
  ]);
});

test("figures of another day stand beside ours without a ratio", () => {
  const ours = new Figures();
  ours.add("requests to the driver", "create", "ms", 50);
  const lines = contextTables([ours], EARLIER).split("\n");
  expect(lines[0]).toContain("original, another day");
  expect(lines[2]!.split(/\s+/)).toEqual(["create", "ms", "50", "–", "99.6"]);
});

test("times are multiples of an exit by CPUID in the same guest, round by round", () => {
  const rounds = [
    [20_000, 2],
    [10_000, 4],
  ].map(([exit, create]) => {
    const one = new Figures();
    one.add("one exit and back", "CPUID", "ns", exit!);
    one.add("requests to the driver", "create", "ms", create!);
    one.add("memory", "image", "KiB", 5);
    return one;
  });
  const rows = contextTables(rounds)
    .split("\n")
    .map((line) => line.split(/\s{2,}/));
  expect(rows).toContainEqual(["create", "ms", "3", "250"]);
  expect(rows).toContainEqual(["CPUID", "ns", "15,000", "1"]);
  expect(rows).toContainEqual(["image", "KiB", "5"]);
});

test("what a cell says is cut at the marks, in whatever pieces they come", () => {
  const watch = new Watch();
  let com1 = "before ";
  watch.attach(() => com1);
  watch.hear("[ 1.0] bench: be");
  com1 += "too early ";
  watch.hear("gin\r\n[ 2.0] other\n");
  com1 += "inside ";
  watch.hear("[ 3.0] bench: end\r\n");
  com1 += "after";
  expect([watch.take(), watch.take()]).toEqual(["inside ", ""]);
});

test("the original is found in a directory or in its build tree, or what is missing is named", () => {
  const directory = mkdtempSync(join(tmpdir(), "original-"));
  try {
    expect(() => findOriginal(directory, "jailhouse-amd.bin")).toThrow(
      /neither .*jailhouse-amd\.bin nor .*hypervisor/,
    );
    writeFileSync(join(directory, "jailhouse-amd.bin"), "");
    expect(() => findOriginal(directory, "jailhouse-amd.bin")).toThrow(/driver\/jailhouse\.ko/);
    mkdirSync(join(directory, "driver"));
    writeFileSync(join(directory, "driver/jailhouse.ko"), "");
    mkdirSync(join(directory, "configs/x86"), { recursive: true });
    writeFileSync(join(directory, "configs/x86/qemu-x86.cell"), "for another machine");
    expect(findOriginal(directory, "jailhouse-amd.bin")).toEqual({
      image: join(directory, "jailhouse-amd.bin"),
      driver: join(directory, "driver/jailhouse.ko"),
      tool: undefined,
      apicDemo: undefined,
      system: undefined,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
