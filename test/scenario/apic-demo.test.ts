// The example to copy: a whole partitioned machine as a test. Virtual time passes only inside `run` and `waitFor`.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encode } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import type { Session } from "../../control/api.ts";
import { startSession } from "../../control/session.ts";

const IMAGE = readFileSync(new URL("../../inmates/demos/x86/apic-demo.bin", import.meta.url));
const MILLISECOND = 1e6;

let machine: Session;

beforeEach(async () => {
  machine = await startSession();
  await machine.enable(encode(qemuX86));
});

afterEach(() => machine.close());

test("a locked cell refuses its first shutdown and obeys the second", async () => {
  const serial = machine.serial(0);
  await machine.createCell(encode(apicDemo));
  await machine.loadCell("apic-demo", [{ data: IMAGE, address: 0xf0000n }]);
  await machine.startCell("apic-demo");
  await serial.waitFor("Calibrated APIC frequency");
  await machine.run(250 * MILLISECOND);

  const [root, cell] = await machine.cells();
  expect(cell).toMatchObject({ name: "apic-demo", state: "running/locked", cpusAssigned: [3] });
  expect(root?.cpusAssigned).toEqual([0, 1, 2]);
  expect((await serial.text()).match(/Timer fired/g)?.length).toBeGreaterThanOrEqual(2);

  await expect(machine.destroyCell("apic-demo")).rejects.toMatchObject({ code: "EPERM" });
  await serial.waitFor("Rejecting first shutdown request - try again!");
  await machine.destroyCell("apic-demo");
  expect((await machine.cells()).map(({ name }) => name)).toEqual(["QEMU-VM"]);
  await machine.disable();
});

test("two runs with the same inputs are the same run", async () => {
  const prints: string[] = [];
  for (let round = 0; round < 2; round++) {
    const session = await startSession();
    await session.enable(encode(qemuX86));
    await session.createCell(encode(apicDemo));
    await session.loadCell("apic-demo", [{ data: IMAGE, address: 0xf0000n }]);
    await session.startCell("apic-demo");
    await session.run(50 * MILLISECOND);
    prints.push(await session.fingerprint());
    await session.close();
  }
  expect(prints[0]).toBe(prints[1]);
});
