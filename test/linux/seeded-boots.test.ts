// Linux started with one seed after the other: each start is one of its own, and is played again from its record.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLinux } from "../../control/guest/linux.ts";
import { parseRecord } from "../../control/record/format.ts";
import { replay } from "../../control/record/replay.ts";
import { startSession } from "../../control/session.ts";
import { CAMPAIGN_TIMEOUT, share } from "../campaign.ts";
import { kernels } from "./kernel.ts";

const { cases, seed: first, title } = share({ quick: 2, full: 2, seed: 1 });
/** Of the machines; other parts of a campaign have those beside them. */
const SEEDS = Array.from({ length: cases }, (_, index) => (first - 1) * cases + index + 1);
/** How many of the traces have to be different. */
const DISTINCT = Math.ceil(cases * 0.9);

let top: string;
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), "boots-"));
});
afterAll(() => rmSync(top, { recursive: true }));

/**
 * Boots. The trace is a hash of the times at which it has printed each byte, which are numbers of instructions, and of the interrupts: dates
 * and random numbers are not in it.
 */
async function boot(seed: number, record: string): Promise<string> {
  const hash = createHash("sha256");
  const onConsole = (_text: string, time: number) => hash.update(`${time}\n`);
  const linux = await startLinux({ kernel: kernels!.vmlinux, seed, record, onConsole });
  const { status, out } = await linux.run("cat /proc/interrupts");
  expect(status, out).toBe(0);
  await linux.close();
  return hash.update(out).digest("hex");
}

async function play(record: string) {
  const played = await replay(parseRecord(record), startSession);
  await played.session.close();
  return played;
}

describe.skipIf(!kernels)("Linux, with a seed", () => {
  test(`starts in its own way, and does it again from its record: ${title}`, {
    timeout: CAMPAIGN_TIMEOUT,
  }, async () => {
    const file = join(top, "record");
    const traces = new Set<string>();
    for (const [index, seed] of SEEDS.entries()) {
      traces.add(await boot(seed, file));
      const { divergence, checks } = await play(readFileSync(file, "utf8"));
      expect({ seed, divergence }).toEqual({ seed, divergence: undefined });
      expect(checks).toBeGreaterThan(100);
      console.log(`seed ${seed}: replayed; ${traces.size} distinct traces of ${index + 1}`);
    }
    expect(traces.size).toBeGreaterThanOrEqual(DISTINCT);

    const other = readFileSync(file, "utf8").replace(`"seed":${SEEDS.at(-1)}`, '"seed":0');
    const { divergence } = await replay(parseRecord(other, { isUnfinished: true }), startSession);
    expect(divergence?.what).toMatch(/another state|something else/);
  });
});
