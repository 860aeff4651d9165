// What apic-demo does and says, in whatever language it was written: the texts of the original's (ABI section 5).
import { expect } from "vitest";
import type { Session } from "../../control/api.ts";
import { linesOf } from "./cells.ts";

const MS = 1e6;
const SECOND = 1e9;
const TICK =
  /^Timer fired, jitter: ( *-?\d+) ns, min: ( *-?\d+) ns, max: ( *-?\d+) ns(, SMIs: 0)?$/;

/**
 * Watches a cell named apic-demo, just started with its console on COM1, from its first line to its end: it calibrates, ticks
 * ten times a second, and is asked twice. `first`: lines that come before all others.
 */
export async function expectApicDemo(
  session: Session,
  first: readonly string[] = [],
): Promise<void> {
  const serial = session.serial(0);
  const stateOf = async () =>
    (await session.cells()).find((cell) => cell.name === "apic-demo")?.state;
  const before = (await serial.text()).length;
  await serial.waitFor("Calibrated APIC frequency");
  const started = await session.time();
  await session.run(SECOND);
  const lines = linesOf((await serial.text()).slice(before));
  for (const line of first) expect(lines.shift()).toBe(line);
  expect(lines.shift()).toMatch(/^Calibrated TSC frequency: (999|1000)\d{3}\.[ \d]{3} kHz$/);
  expect(lines.shift()).toMatch(/^Calibrated APIC frequency: (999\d{3}|1000\d{3}) kHz$/);
  expect((await session.time()) - started).toBe(SECOND);
  expect(lines).toHaveLength(10);
  for (const line of lines) {
    const [jitter, min, max] = TICK.exec(line)!.slice(1).map(Number);
    expect(min).toBeGreaterThanOrEqual(0);
    expect(min).toBeLessThanOrEqual(jitter!);
    expect(max).toBeGreaterThanOrEqual(jitter!);
    expect(max).toBeLessThan(MS);
  }
  expect(await stateOf()).toBe("running/locked");

  await expect(session.destroyCell("apic-demo")).rejects.toMatchObject({ code: "EPERM" });
  await serial.waitFor(/Rejecting first shutdown request - try again!\r\n/);
  await session.shutdownCell("apic-demo");
  await serial.waitFor(/Stopped APIC demo\r\n/);
  expect(await stateOf()).toBe("shut down");
  await session.destroyCell("apic-demo");
}
