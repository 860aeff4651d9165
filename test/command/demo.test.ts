// The demo on the real machine: it succeeds, and one word changed anywhere makes it fail.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { play } from "../../tools/demo/player.ts";
import { Screen } from "../../tools/demo/screen.ts";
import { SESSION } from "../../tools/demo/session.ts";
import type { Step } from "../../tools/demo/step.ts";
import { ROOT } from "../../tools/root.ts";
import { buildCommand } from "./build.ts";

const IMAGE = "demos/x86/apic-demo.bin";

let directory: string;
beforeAll(() => {
  buildCommand();
  directory = mkdtempSync(join(tmpdir(), "demo-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function playQuietly(steps: readonly Step[], inmates?: string): Promise<void> {
  const screen = new Screen({ typing: 0, colours: false, write: () => {} });
  return play(steps, { screen, pace: "free", root: ROOT, ...(inmates ? { inmates } : {}) });
}

/** The steps up to the first whose command has this in it, the last one changed. */
function upTo(command: string, change: (step: Step) => Step = (step) => step): Step[] {
  const index = SESSION.findIndex((step) => step.command.includes(command));
  return [...SESSION.slice(0, index), change(SESSION[index]!)];
}

test("the whole session goes as it should", () => playQuietly(SESSION));

test("one word changed in an expected answer is noticed", async () => {
  const refused = upTo("cell destroy", (step) => ({
    ...step,
    err: step.err!.map((line) => line.replace("permitted", "permuted")),
  }));
  await expect(playQuietly(refused)).rejects.toThrow(/permuted[\s\S]*permitted/);
});

test("one word changed in an inmate's output is noticed", async () => {
  const inmates = join(directory, "inmates");
  cpSync(join(ROOT, "inmates"), inmates, { recursive: true });
  const image = readFileSync(join(ROOT, "inmates", IMAGE), "latin1");
  // The inmate's texts are UTF-16, as AssemblyScript has them.
  const wide = (text: string) => Buffer.from(text, "utf16le").toString("latin1");
  expect(image).toContain(wide("Timer fired"));
  const changed = image.replace(wide("Timer fired"), wide("Timer tired"));
  writeFileSync(join(inmates, IMAGE), changed, "latin1");
  await expect(playQuietly(upTo("cell start"), inmates)).rejects.toThrow(/fired[\s\S]*tired/);
});
