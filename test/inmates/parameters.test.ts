// What the command line changes in an inmate: its console, and the parameters of apic-demo.
import { afterEach, beforeEach, expect, it } from "vitest";
import apicDemo from "../../configs/x86/apic-demo.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import type { LocalSession } from "../../control/session.ts";
import { demo, enabled, launch } from "./cells.ts";

const MS = 1e6;
const GREETING = "This runs in 32-bit mode (EFER: 1000)\r\n";

let session: LocalSession;
beforeEach(async () => {
  session = await enabled();
});
afterEach(() => session.close());

/** Runs 32-bit-demo with a command line; returns what it put on COM1, COM2 and the hypervisor's console. */
async function outputsOf(parameters: string): Promise<string[]> {
  const before = await session.serial(0).text();
  await launch(session, tinyDemo, demo("32-bit-demo"), parameters);
  await session.run(50 * MS);
  const mark = 'Started cell "tiny-demo"';
  const [com1, com2] = [await session.serial(0).text(), await session.serial(1).text()];
  const console = await session.consoleText();
  const ours = com1.slice(before.length);
  return [
    ours.slice(ours.indexOf(mark) + mark.length).replace(/^\r?\n/, ""),
    com2,
    console.slice(console.indexOf(mark) + mark.length + 1),
  ];
}

it.each([
  ["", ["", GREETING, ""]],
  ["con-type=none", ["", "", ""]],
  ["con-type=8250", ["", GREETING, ""]],
  ["con-type=PL011", ["", "", ""]],
  ["con-base=0x2f8", ["", GREETING, ""]],
  ["con-base=760", ["", GREETING, ""]],
  ["con-divider=1", ["", GREETING, ""]],
  ["con-regdist-1=true", ["", GREETING, ""]],
  ["con-is-mmio=false", ["", GREETING, ""]],
  ["unknown=1 con-virtual=false", ["", GREETING, ""]],
])("32-bit-demo with %j", async (parameters, expected) => {
  expect(await outputsOf(parameters)).toEqual(expected);
});

it.each(["con-virtual", "con-virtual=1", "con-virtual=true"])(
  "%s adds the hypervisor's console, which prints on COM1",
  async (parameters) => {
    const [com1, com2, console] = await outputsOf(`${parameters} con-type=none`);
    expect(com2).toBe("");
    expect(console).toBe(GREETING);
    expect(com1?.replace(/\r+/g, "\r")).toBe(GREETING);
  },
);

it("both consoles at once say the same", async () => {
  const [, com2, console] = await outputsOf("con-virtual=1");
  expect([com2, console]).toEqual([GREETING, GREETING]);
});

it("apic-demo prints on COM2 when con-base says so", async () => {
  await launch(session, apicDemo, demo("apic-demo"), "con-base=0x2f8");
  await session.serial(1).waitFor(/Timer fired, jitter: [^\n]* ns\r\n/);
  expect(await session.serial(0).text()).not.toContain("Calibrated");
});

it("apic-demo pollutes the cache, and stays punctual", async () => {
  await launch(session, apicDemo, demo("apic-demo"), "pollute-cache=true con-base=0x2f8");
  await session.serial(1).waitFor(/^Cache pollution enabled\r\nCalibrated TSC frequency/);
  await session.serial(1).waitFor(/(Timer fired[^\n]*\r\n){3}/);
});

it("apic-demo toggles a pin at each tick", async () => {
  const REGISTER = 0xe0000;
  const PHYSICAL = 0x3ef00000 + REGISTER;
  const parameters = `led-reg=0x${REGISTER.toString(16)} led-pin=3 con-base=0x2f8`;
  await launch(session, apicDemo, demo("apic-demo"), parameters);
  const values: (number | undefined)[] = [];
  for (let tick = 1; tick <= 4; tick++) {
    await session.serial(1).waitFor(new RegExp(`(Timer fired[^\\n]*\\r\\n){${tick}}`));
    values.push(session.machine.pc.ram[PHYSICAL]);
  }
  expect(values).toEqual([8, 0, 8, 0]);
});

it("a command line of 255 characters is read to its end", async () => {
  const parameters = `${"x".repeat(241)} con-type=none`;
  expect(parameters).toHaveLength(255);
  expect(await outputsOf(parameters)).toEqual(["", "", ""]);
});
