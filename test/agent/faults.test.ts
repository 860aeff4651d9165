// The protocol between command and agent on a line that loses, changes and invents bytes, with the real agent: whatever
// happens, a request is carried out once at most, and a result is the right one or an error.
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as ioctl from "../../abi/ioctl.ts";
import type { CellInfo } from "../../control/api.ts";
import { LinuxSession } from "../../control/linux/session.ts";
import { Connection } from "../../control/remote/connection.ts";
import { RemoteTarget } from "../../control/remote/target.ts";
import { AgentComputer } from "./computer.ts";
import { type Faults, randomNumbers, SharedLine } from "./line.ts";

const ROOT: CellInfo = {
  ...{ id: 0, name: "Linux", state: "running" },
  ...{ cpusAssigned: [0, 1, 2], cpusFailed: [] },
};
const WORDS = [
  "[   12.345678] jailhouse: CPU 3 is not Linux' while the hypervisor is enabled\r\n",
  "\nlogin: ",
  "bash: \xf8\xf9: command not found\n",
];

let computer: AgentComputer;
beforeEach(() => {
  computer = new AgentComputer();
});
afterEach(() => computer.close());

async function open(line: SharedLine): Promise<LinuxSession> {
  const connection = await Connection.open(line.connect(), "the line");
  return new LinuxSession(new RemoteTarget("the line", connection));
}

/** Loads an image and looks around. Throws what goes wrong. */
async function work(session: LinuxSession, image: Uint8Array): Promise<void> {
  expect(await session.cells()).toEqual([ROOT]);
  await session.loadCell("demo", [{ data: image, address: 0xf0000n }]);
  expect((await session.statistics(0)).total).toEqual({ total: 0, mmio: 1 });
  await session.startCell("demo");
}

function expectedRequests(image: Uint8Array): string[] {
  const name = `ffffffff00000000${Buffer.from("demo").toString("hex").padEnd(64, "0")}`;
  const target = "00000f0000000000";
  return [
    `${ioctl.JAILHOUSE_CELL_LOAD.toString(16)} ${name} ${target} ${Buffer.from(image).toString("hex")}`,
    `${ioctl.JAILHOUSE_CELL_START.toString(16)} ${name}`,
  ];
}

const imageOf = (seed: number, size: number) => {
  const random = randomNumbers(seed);
  return Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
};

const faults = fc.record({
  seed: fc.nat(),
  dropped: fc.constantFrom(0, 0.002, 0.01),
  flipped: fc.constantFrom(0, 0.002, 0.01),
  interrupted: fc.constantFrom(0, 0.01),
  words: fc.constant(WORDS),
});

test("one per cent of the bytes lost or changed, and others' text in between", async () => {
  computer.show([ROOT]);
  await fc.assert(
    fc.asyncProperty(faults, fc.integer({ min: 1, max: 3000 }), async (given: Faults, size) => {
      computer.forget();
      const line = new SharedLine(computer.command, given);
      try {
        const session = await open(line);
        const image = imageOf(size, size);
        await work(session, image);
        await session.close();
        expect(computer.requests).toEqual(expectedRequests(image));
      } finally {
        await line.close();
      }
    }),
    { numRuns: 12 },
  );
});
