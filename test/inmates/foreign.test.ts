// Images and configurations that were not built here: hand-assembled programs for both reset addresses, in cells whose
// bytes are the original's.

import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CELL_FLAG_UNGUARDED_DMA, CELL_FLAGS } from "../../abi/config.ts";
import { encode } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import type { Session } from "../../control/api.ts";
import { commandLine, enabled, MACHINES } from "./cells.ts";
import { FLAT_HIGH, FLAT_LOW, ORIGINAL } from "./images.ts";
import { ORIGINALS, originalCell } from "./original-cells.ts";

const MS = 1e6;

let session: Session;
afterEach(() => session.close());

/** What the hypervisor's console says since the cell `name` was started last. */
async function consoleSinceStart(name: string): Promise<string> {
  const text = await session.consoleText();
  const mark = `Started cell "${name}"\n`;
  return text.slice(text.lastIndexOf(mark) + mark.length);
}

const stateOf = async (name: string) =>
  (await session.cells()).find((cell) => cell.name === name)?.state;

/** What original.asm prints, and the hypervisor with it, when these are the cell's other CPUs, in the order of their start. */
function expectedOf(parameters: string, others: readonly number[]): string {
  return [
    `Command line: ${parameters}`,
    "--- EXCEPTION 6 ---",
    ...Array<string>(3).fill("Timer fired"),
    ...others.flatMap((cpu) => [
      `CPU ${cpu} received SIPI, vector 0`,
      "Hello from another CPU!",
      "Received IPI",
    ]),
    "Shut down",
    "",
  ].join("\n");
}

describe("the original's configurations", () => {
  beforeEach(async () => {
    session = await enabled();
  });

  it.each(Object.values(ORIGINALS))(
    "$name: $size bytes, created, listed and destroyed",
    async (original) => {
      const bytes = originalCell(original);
      expect(bytes).toHaveLength(original.size);
      if ("pci" in original) {
        await expect(session.createCell(bytes)).rejects.toMatchObject({ code: "EPERM" });
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        const flags = view.getUint32(CELL_FLAGS, true);
        view.setUint32(CELL_FLAGS, (flags | CELL_FLAG_UNGUARDED_DMA) >>> 0, true);
      }
      const cpus = [0, 1, 2, 3].filter((cpu) => original.cpus & (1 << cpu));
      expect(await session.createCell(bytes)).toMatchObject({
        name: original.name,
        cpusAssigned: cpus,
      });
      await session.destroyCell(original.name, { force: true });
      expect((await session.status()).offline).toEqual([]);
    },
  );

  it("apic-demo.cell starts at 0 and differs from ours in nothing else", () => {
    const ours = encode(apicDemo);
    new DataView(ours.buffer).setBigUint64(84, 0n, true);
    expect(originalCell(ORIGINALS.apic)).toEqual(ours);
  });
});

describe.each(MACHINES)("images of others on $cpu", (machine) => {
  beforeEach(async () => {
    session = await enabled(machine);
  });

  it("one for reset address 0 runs in the original's apic-demo.cell", async () => {
    await session.createCell(originalCell(ORIGINALS.apic));
    await session.loadCell("apic-demo", [{ data: FLAT_LOW.bytes, address: 0n }]);
    expect(await session.startCell("apic-demo")).toEqual({ warnings: [] });
    await session.run(5 * MS);
    expect(await consoleSinceStart("apic-demo")).toContain(`${FLAT_LOW.line}\r\n`);
    expect(await stateOf("apic-demo")).toBe("shut down");
  });

  it("one for the reset vector runs in a committed .cell file", async () => {
    const file = readFileSync(new URL("../../configs/apic-demo.cell", import.meta.url));
    await session.createCell(file);
    await session.loadCell("apic-demo", [{ data: FLAT_HIGH.bytes, address: 0xfff00n }]);
    expect(await session.startCell("apic-demo")).toEqual({ warnings: [] });
    await session.serial(0).waitFor(`${FLAT_HIGH.line}\r\n`);
  });

  it("one by the original's conventions runs in the original's tiny-demo.cell, again without a load", async () => {
    await session.createCell(originalCell(ORIGINALS.tiny));
    const image = { data: ORIGINAL.bytes, address: 0n };
    await session.loadCell("tiny-demo", [image, commandLine("con-type=none x=1")]);
    for (let round = 0; round < 3; round++) {
      await session.startCell("tiny-demo");
      await session.run(20 * MS);
      expect(await consoleSinceStart("tiny-demo")).toBe(expectedOf("con-type=none x=1", []));
      expect(await stateOf("tiny-demo")).toBe("shut down");
    }
  });

  it.each<[number, number[]]>([
    [0x6, [2]],
    [0xe, [3, 2]],
  ])("it starts the other CPUs of a cell with CPU set %i", async (cpus, others) => {
    await session.createCell(originalCell({ ...ORIGINALS.smp, cpus }));
    const images = [commandLine("smp"), { data: ORIGINAL.bytes, address: 0n }];
    await session.loadCell("smp-demo", images);
    for (let round = 0; round < 2; round++) {
      await session.startCell("smp-demo");
      await session.run(100 * MS);
      expect(await consoleSinceStart("smp-demo")).toBe(expectedOf("smp", others));
      expect(await stateOf("smp-demo")).toBe("shut down");
    }
    await session.destroyCell("smp-demo");
    expect((await session.cells())[0]?.cpusAssigned).toEqual([0, 1, 2, 3]);
  });
});

describe("loads", () => {
  beforeEach(async () => {
    session = await enabled();
  });

  it("take an image in pieces, at any address, one over the other", async () => {
    await session.createCell(originalCell(ORIGINALS.tiny));
    const pieces = [0, 1, 2, 3].map((index) => ({
      data: ORIGINAL.bytes.subarray(index * 301, (index + 1) * 301),
      address: BigInt(index * 301),
    }));
    const junk = { data: new Uint8Array(0x2000).fill(0xf4), address: 0n };
    await session.loadCell("tiny-demo", [junk, ...pieces.reverse(), commandLine("pieces")]);
    await session.startCell("tiny-demo");
    await session.run(20 * MS);
    expect(await consoleSinceStart("tiny-demo")).toBe(expectedOf("pieces", []));
  });

  it("can be spread over several commands; the last byte of the region is the last", async () => {
    await session.createCell(originalCell(ORIGINALS.tiny));
    await session.loadCell("tiny-demo", [{ data: new Uint8Array([1]), address: 0xfffffn }]);
    const beyond = { data: new Uint8Array([1]), address: 0x100000n };
    await expect(session.loadCell("tiny-demo", [beyond])).rejects.toMatchObject({ code: "EINVAL" });
    await session.loadCell("tiny-demo", [{ data: ORIGINAL.bytes, address: 0n }]);
    await session.loadCell("tiny-demo", [commandLine("later")]);
    await session.startCell("tiny-demo");
    await session.run(20 * MS);
    expect(await consoleSinceStart("tiny-demo")).toBe(expectedOf("later", []));
  });

  it("a start with nothing at the reset address warns and runs what is there", async () => {
    await session.createCell(encode(tinyDemo));
    await session.loadCell("tiny-demo", [{ data: FLAT_LOW.bytes, address: 0n }]);
    const { warnings } = await session.startCell("tiny-demo");
    expect(warnings).toEqual([
      'Nothing was loaded at 0xffff0, where the CPUs of cell "tiny-demo" start (cpu_reset_address).',
    ]);
  });
});
