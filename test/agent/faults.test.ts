// The protocol between command and agent on a line that loses, changes and invents bytes, with the real agent: whatever
// happens, a request is carried out once at most, and a result is the right one or an error.
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as ioctl from "../../abi/ioctl.ts";
import type { CellInfo } from "../../control/api.ts";
import { SystemError } from "../../control/errors.ts";
import { LinuxSession } from "../../control/linux/session.ts";
import { Connection } from "../../control/remote/connection.ts";
import { RemoteTarget } from "../../control/remote/target.ts";
import { describeAgent } from "../metal/linux.ts";
import { AgentComputer } from "./computer.ts";
import { type Faults, randomNumbers, SharedLine } from "./line.ts";

const ROOT: CellInfo = {
  ...{ id: 0, name: "Linux", state: "running" },
  ...{ cpusAssigned: [0, 1, 2], cpusFailed: [] },
};
/** Milliseconds between two looks. */
const PERIOD = 20;
/** How probable it is that a stretch of an image ends. */
const CHANGE = 0.02;
const WORDS = [
  "[   12.345678] jailhouse: CPU 3 is not Linux' while the hypervisor is enabled\r\n",
  "\nlogin: ",
  "bash: \xf8\xf9: command not found\n",
];

describeAgent("command and agent", () => {
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

  /** Stretches of any bytes and of zeros, which are not sent. */
  const imageOf = (seed: number, size: number) => {
    const random = randomNumbers(seed);
    let isZero = false;
    return Uint8Array.from({ length: size }, () => {
      if (random() < CHANGE) isZero = !isZero;
      return isZero ? 0 : Math.floor(random() * 256);
    });
  };

  /** One per cent of the bytes is lost or changed. */
  const faults = fc.record({
    seed: fc.nat(),
    dropped: fc.constantFrom(0.01, 0.005, 0),
    interrupted: fc.constantFrom(0, 0.01),
    words: fc.constant(WORDS),
  });

  /** Does it on a line with faults. Resolves to what went wrong, if something did. */
  async function attempt(given: Faults, image: Uint8Array): Promise<SystemError | undefined> {
    computer.forget();
    const line = new SharedLine(computer.command, given);
    try {
      const session = await open(line);
      await work(session, image).finally(() => session.close());
      return undefined;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return error;
    } finally {
      await line.close();
    }
  }

  test("one per cent of the bytes lost or changed, and others' text in between", async () => {
    computer.show([ROOT]);
    await fc.assert(
      fc.asyncProperty(faults, fc.integer({ min: 1, max: 600 }), async (given, size) => {
        const image = imageOf(given.seed, size);
        expect(await attempt({ ...given, flipped: 0.01 - given.dropped }, image)).toBeUndefined();
        expect(computer.requests).toEqual(expectedRequests(image));
      }),
      { numRuns: 6 },
    );
  });

  test("the agent killed at each message", async () => {
    computer.show([ROOT]);
    const image = imageOf(1, 3000);
    const expected = expectedRequests(image);
    const line = new SharedLine(computer.command);
    const session = await open(line);
    await work(session, image);
    await session.close();
    await line.close();
    const messages = line.sent;
    expect(messages).toBeGreaterThanOrEqual(9);
    let failures = 0;
    for (let killAt = 1; killAt <= messages; killAt++)
      for (const killBefore of [true, false]) {
        const error = await attempt({ killAt, killBefore }, image);
        if (error) {
          failures++;
          expect([error.code, error.hint]).toEqual([
            "ECONNRESET",
            expect.stringContaining("Whether the request was carried out is not known"),
          ]);
          expect(computer.requests).toEqual(expected.slice(0, computer.requests.length));
        } else expect([killAt, computer.requests]).toEqual([killAt, expected]);
      }
    // Wherever it can be known that nothing happened, it was done.
    expect(failures).toBeLessThan(messages);
  });

  test("a request goes on when the agent is killed, and is not made again", async () => {
    computer.show([ROOT]);
    computer.hold();
    const line = new SharedLine(computer.command);
    const session = await open(line);
    const start = session.startCell("demo");
    const refusal = expect(start).rejects.toMatchObject({
      ...{ code: "ECONNRESET", hint: expect.stringContaining("is not known: look, with") },
    });
    while (computer.requests.length === 0) await sleep(PERIOD);
    await line.kill();
    await refusal;
    computer.release();
    expect(await session.cells()).toEqual([ROOT]);
    expect(computer.requests).toHaveLength(1);
    await session.close();
    await line.close();
  });

  test("two commands at once take turns, whole requests at a time", async () => {
    computer.show([ROOT]);
    const line = new SharedLine(computer.command);
    const images = [imageOf(1, 3000), imageOf(2, 3000)];
    await Promise.all(
      images.map(async (image) => {
        const session = await open(line);
        await work(session, image);
        await session.close();
      }),
    );
    const [first, second] = images.map(expectedRequests) as [string[], string[]];
    const inOrder = computer.requests[0] === first[0] ? [first, second] : [second, first];
    expect(computer.requests).toEqual(inOrder.flat());
    await line.close();
  });

  test("a second command is refused while the first does not end", async () => {
    computer.show([ROOT]);
    const line = new SharedLine(computer.command);
    const session = await open(line);
    await expect(open(line)).rejects.toMatchObject({
      ...{ code: "EBUSY", hint: "Another command is at work there." },
    });
    expect(await session.cells()).toEqual([ROOT]);
    await session.close();
    await (await open(line)).close();
    await line.close();
  });
});
