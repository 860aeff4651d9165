import { expect, test } from "vitest";
import { nextCpu, rows, type Sample } from "./stats-screen.ts";
import { frame } from "./stats-terminal.ts";

const cell = { id: 1, name: "demo", state: "running" as const, cpusAssigned: [], cpusFailed: [] };

function sample(time: number, total: Record<string, number>): Sample {
  const cpus = new Map([
    [5, { mmio: 1 }],
    [2, { mmio: 2 }],
  ]);
  return { time, statistics: { cell, total, cpus } };
}

const first = sample(0, { total: 60, mmio: 10, pio: 50 });
const second = sample(2e9, { total: 160, mmio: 106, pio: 54 });

test("the first look has no rates and is sorted by sum", () => {
  expect(rows({ sample: first, previous: undefined, cpu: undefined })).toEqual([
    "vmexits_total                         60",
    "vmexits_pio                           50",
    "vmexits_mmio                          10",
  ]);
});

test("later looks show the rate per second and are sorted by it", () => {
  expect(rows({ sample: second, previous: first, cpu: undefined })).toEqual([
    "vmexits_total                        160        50",
    "vmexits_mmio                         106        48",
    "vmexits_pio                           54         2",
  ]);
});

test("counters that were reset have no negative rate", () => {
  const view = { sample: sample(1e9, { pio: 3 }), previous: first, cpu: undefined };
  expect(rows(view)).toEqual(["vmexits_pio                            3         0"]);
});

test("the CPU key goes round through the cell's CPUs", () => {
  const view = { sample: first, previous: undefined, cpu: undefined };
  expect([undefined, 2, 5].map((cpu) => nextCpu({ ...view, cpu }))).toEqual([2, 5, 2]);
  expect(rows({ ...view, cpu: 5 })).toEqual(["vmexits_mmio                           1"]);
});

/** What a terminal of that size shows after the frame; fails on what would not fit. */
function screen(text: string, height: number, width: number): string[] {
  const lines = Array.from({ length: height }, () => "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the terminal's.
  for (const [, row, line] of text.matchAll(/\x1b\[(\d+);1H([\s\S]*?)\x1b\[K/g)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the terminal's.
    const plain = line!.replaceAll(/\x1b\[7m(.*?)\x1b\[m/g, "<$1>");
    expect(plain.replaceAll(/[<>]/g, "").length).toBeLessThanOrEqual(width);
    lines[Number(row) - 1] = plain;
  }
  return lines;
}

test("a frame fills the terminal as the original's does", () => {
  const view = { sample: second, previous: first, cpu: 2 };
  expect(screen(frame({ ...view, cpu: undefined }, 7, 80), 7, 80)).toEqual([
    "Statistics for demo cell",
    "",
    "<COUNTER (All CPUs)                   SUM   PER SEC>",
    "vmexits_total                        160        50",
    "vmexits_mmio                         106        48",
    "vmexits_pio                           54         2",
    "< Q - Quit | C - Toggle CPU | A - All CPUs         >",
  ]);
  expect(screen(frame(view, 7, 80), 7, 80)[2]).toContain("COUNTER (CPU 2)");
});

test("a frame fits a terminal of any size", () => {
  for (const height of [1, 2, 3, 4, 30]) {
    for (const width of [1, 10, 49, 200]) {
      const lines = screen(
        frame({ sample: second, previous: first, cpu: undefined }, height, width),
        height,
        width,
      );
      expect(lines[height - 1]).toMatch(/^< /);
    }
  }
});
