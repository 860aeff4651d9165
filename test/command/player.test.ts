// The demo's player: it must see every difference. Its machine is the test double.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fakeConfig } from "../../control/testing/fake-session.ts";
import { play } from "../../tools/demo/player.ts";
import { Screen } from "../../tools/demo/screen.ts";
import type { Step } from "../../tools/demo/step.ts";
import { ROOT } from "../../tools/root.ts";
import { buildCommand } from "./build.ts";

const LINE = "demo …";
const STEPS: readonly Step[] = [
  {
    remark: "A remark.",
    command: "jailhouse machine start --pace PACE --serial 1=file:com2.txt",
    out: ['Machine "default" runs.'],
  },
  { command: "jailhouse enable configs/system.cell", out: ["The Jailhouse is opening."] },
  { command: "jailhouse cell create configs/demo.cell" },
  {
    command: "jailhouse cell start demo",
    err: ["Warning: Nothing was loaded at the reset address."],
    com1: [LINE],
    beat: { seconds: 2, line: LINE, perSecond: 10 },
  },
  { command: "jailhouse serial 1 --send greeting", com2: ["greeting"] },
  {
    command: "jailhouse cell destroy 0",
    status: 1,
    err: ["JAILHOUSE_CELL_DESTROY: Invalid argument"],
  },
  { command: "jailhouse cell stat demo", contains: ["Statistics for demo cell", "vmexits_pio …"] },
  { command: "jailhouse machine stop" },
];

let root: string;
beforeAll(() => {
  buildCommand();
  root = mkdtempSync(join(tmpdir(), "player-"));
  for (const name of ["configs", "inmates", "tmp"]) mkdirSync(join(root, name));
  symlinkSync(join(ROOT, "bin"), join(root, "bin"));
  writeFileSync(join(root, "configs/system.cell"), "JHSYS");
  writeFileSync(join(root, "configs/demo.cell"), fakeConfig("demo", [3]));
  vi.stubEnv("JAILHOUSE_DAEMON", join(ROOT, "dist/control/testing/fake-daemon.js"));
  vi.stubEnv("TMPDIR", join(root, "tmp"));
});
afterAll(() => rmSync(root, { recursive: true }));

async function shown(steps: readonly Step[], signal = new AbortController().signal) {
  let text = "";
  const recording = join(root, "recording");
  const write = (piece: string) => {
    text += piece;
  };
  const screen = new Screen({ typing: 0, colours: false, recording, write });
  try {
    await play(steps, { screen, pace: "free", root, signal });
  } finally {
    expect(readdirSync(join(root, "tmp"))).toEqual([]);
  }
  return text;
}

test("a session that goes as it should is shown and recorded", async () => {
  const text = await shown(STEPS);
  expect(text).toContain("\n# A remark.\n$ jailhouse machine start --pace free");
  expect(text.match(/^COM1 \| demo \d+$/gm)!.length).toBeGreaterThanOrEqual(20);
  const recorded = readFileSync(join(root, "recording"), "utf8").trim().split("\n");
  expect(
    recorded
      .map((line) => JSON.parse(line)[1])
      .join("")
      .replaceAll("\r", ""),
  ).toBe(text);
});

test.each<[string, number, Partial<Step>, RegExp]>([
  ["another output", 1, { out: ["The Jailhouse is closing."] }, /is closing[\s\S]*is opening/],
  ["an output that is missing", 2, { out: ["Created."] }, /Created[\s\S]*\(nothing\)/],
  ["an output nobody expects", 1, { out: [] }, /\(nothing\)[\s\S]*is opening/],
  ["another exit status", 5, { status: 0 }, /expected exit status 0, but got 1/],
  ["another error", 5, { err: ["JAILHOUSE_CELL_DESTROY: File exists"] }, /File exists/],
  ["an error nobody expects", 3, { err: [] }, /Nothing was loaded/],
  ["another serial line", 3, { com1: ["demo tick …"] }, /demo tick/],
  ["another line on COM2", 4, { com2: ["farewell"] }, /farewell/],
  ["another beat", 3, { beat: { seconds: 1, line: LINE, perSecond: 20 } }, /20 times a second/],
])("%s is a difference", async (_, index, change, message) => {
  const steps = STEPS.slice(0, index + 1).map((step, at) =>
    at === index ? { ...step, ...change } : step,
  );
  await expect(shown(steps)).rejects.toThrow(message);
});

test("interrupted, it leaves nothing behind", async () => {
  const interrupted = new AbortController();
  setTimeout(() => interrupted.abort(), 1500);
  const forever = { seconds: 1e6, line: LINE, perSecond: 10 };
  const steps = STEPS.slice(0, 4).map((step) => (step.beat ? { ...step, beat: forever } : step));
  await expect(shown(steps, interrupted.signal)).rejects.toThrow(/aborted/);
});
