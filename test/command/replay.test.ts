// Determinism over the daemon: a session replayed from its record gives the same machine, bit for bit.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Surroundings } from "../../cli/testing/surroundings.ts";
import { parseRecord } from "../../control/record/format.ts";
import { replay } from "../../control/record/replay.ts";
import { startSession } from "../../control/session.ts";
import { ROOT } from "../../tools/root.ts";

const SECOND = 1e9;

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});
afterEach(() => world.close());

const configs = join(ROOT, "configs");
const inmates = join(ROOT, "inmates/demos/x86");

test("the record of a session with refusals, statistics, serial input and cut steps replays exactly", async () => {
  // By this clock no slice is free, so that steps of time are cut after a millisecond and a half.
  let wall = 0;
  const now = () => {
    wall += 0.1;
    return wall;
  };
  const { daemon } = await world.machine("default", startSession, { now });
  const run = async (line: string, status = 0) =>
    expect([line, (await world.run(line)).status]).toEqual([line, status]);
  await run(`enable ${configs}/qemu-x86.cell`);
  await run(`cell create ${configs}/apic-demo.cell`);
  await run(`cell load apic-demo ${inmates}/apic-demo.bin -a 0xf0000`);
  await run("cell start apic-demo");
  await daemon.clock.wait({ until: SECOND });
  await run("cell stats apic-demo -n 2");
  await run("serial 0 --send input");
  await run("cell destroy apic-demo", 1);
  await run("cell list");
  await run("cell destroy apic-demo");
  await daemon.clock.wait({ until: 3 * SECOND });
  const [fingerprint, time] = await daemon.turns.take(
    async () => [await daemon.session.fingerprint(), await daemon.session.time()] as const,
  );
  const record = parseRecord(readFileSync(daemon.info().record, "utf8"), { isUnfinished: true });
  const again = await replay(record, startSession, { until: time });
  expect(again.divergence).toBeUndefined();
  expect(again.checks).toBeGreaterThan(50);
  expect(await again.session.fingerprint()).toBe(fingerprint);
  expect(await again.session.serial(0).text()).toBe(daemon.serial[0]!.text);
});
