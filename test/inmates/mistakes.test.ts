// What an inmate's author sees who makes a mistake: the report on the cell's console, and the state in the list.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encode } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import type { LocalSession } from "../../control/session.ts";
import { demo, enabled, launch } from "./cells.ts";
import { buildSample, CAN_BUILD } from "./toolchain.ts";

const MS = 1e6;

let session: LocalSession;
beforeEach(async () => {
  session = await enabled();
});
afterEach(() => session.close());

const cell = async () => (await session.cells())[1];

describe.skipIf(!CAN_BUILD).each([64, 32] as const)("a %i-bit inmate in a cell", (bits) => {
  let image: Uint8Array;
  beforeAll(() => {
    image = buildSample("library", bits);
  });

  it.each([
    ["stack", /^--- TRAP stack exhausted ---\r\n$/],
    ["bounds", /^--- TRAP access out of bounds ---\r\n$/],
    ["division", /^--- TRAP division by zero ---\r\n$/],
    ["heap", /^--- TRAP unreachable code, or out of memory ---\r\n$/],
    [
      "throw",
      /^--- TRAP because I say so at test\/inmates\/samples\/library\.as\.ts:\d+:\d+ ---\r\n$/,
    ],
    ["opcode", /^--- EXCEPTION 6 ---\r\n CS: {2}0x.*DI: 0x[\da-f]+\r\n/s],
  ])("reports %s, fails, and can be started again", async (trap, report) => {
    await launch(session, tinyDemo, image, `trap=${trap}`);
    await session.run(500 * MS);
    const first = await session.serial(1).text();
    expect(first).toMatch(report);
    expect(await cell()).toMatchObject({ state: "failed", cpusFailed: [] });
    await session.startCell("tiny-demo");
    await session.run(500 * MS);
    expect(await session.serial(1).text()).toBe(first + first);
    await session.destroyCell("tiny-demo");
  });
});

describe("an image", () => {
  it("loaded at 0 instead of 0xf0000 is warned of, and prints nothing", async () => {
    await session.createCell(encode(tinyDemo));
    const part = demo("tiny-demo").subarray(0, 0x8000);
    await session.loadCell("tiny-demo", [{ data: part, address: 0n }]);
    const { warnings } = await session.startCell("tiny-demo");
    expect(warnings[0]).toMatch(/^Nothing was loaded at 0xffff0, /);
    await session.run(2 * MS);
    expect(await session.serial(1).text()).toBe("");
  });

  it("that never answers is stopped after a time-out", async () => {
    await launch(session, apicDemo, demo("32-bit-demo"), "con-base=0x2f8");
    await session.run(50 * MS);
    await session.destroyCell("apic-demo");
    expect(await session.consoleText()).toContain(
      "Timeout expired while waiting for reply from target cell\n",
    );
    expect(await session.cells()).toHaveLength(1);
  });
});
