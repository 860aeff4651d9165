// How much is sent over a line, and when, in a time of its own: a frame again only where it got lost, and no zeros.
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as abi from "../../abi/agent.ts";
import { Connection } from "../../control/remote/connection.ts";
import { encodeFrame, type Frame, FrameReader, type Message } from "../../control/remote/frame.ts";
import type { Line } from "../../control/remote/line.ts";
import { RemoteTarget } from "../../control/remote/target.ts";
import { describeAgent } from "../metal/linux.ts";
import { AgentComputer } from "./computer.ts";
import { randomNumbers, SharedLine } from "./line.ts";

const DATA_MAX = 1024;
const OPTIONS = { resultMax: 1000, isRepeatable: false };
const KIND = abi.AGENT_KIND_IOCTL;
/** The least time that there is between a frame and the same again. */
const PAUSE = 30;

type Answer = Pick<Message, "type" | "body">;

const numbers = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);

/** An agent that has one session and answers what it is asked for with nothing. */
class Agent {
  readonly memory = Buffer.alloc(1 << 20);
  /** The request that was made, by what has come of it. */
  request: Buffer | undefined;

  answer({ type, body }: Frame): Answer {
    if (type === abi.AGENT_HELLO)
      return { type: abi.AGENT_WELCOME, body: Buffer.from([abi.AGENT_VERSION, 1, 0, 0, 0]) };
    if (type === abi.AGENT_PUT) {
      const [at, data] = [body.readUInt32LE(0), body.subarray(4)];
      this.memory.set(data, at);
      return { type: abi.AGENT_TAKEN, body: numbers(at, data.length) };
    }
    if (type !== abi.AGENT_RUN) return { type: abi.AGENT_ENDED, body: Buffer.alloc(0) };
    const length = body.readUInt32LE(abi.AGENT_RUN_LENGTH);
    const data = body.subarray(abi.AGENT_RUN_DATA);
    this.memory.set(data, length - data.length);
    const whole = this.memory.subarray(0, length);
    if (crc32(whole) !== body.readUInt32LE(abi.AGENT_RUN_CRC))
      return { type: abi.AGENT_REFUSED, body: Buffer.of(type, abi.AGENT_WHY_DAMAGED) };
    this.request = Buffer.from(whole);
    return { type: abi.AGENT_RESULT, body: numbers(0, 0, 0) };
  }
}

/** A line that needs so many milliseconds for each byte, which may depend on the frame, in both directions. */
class SlowLine implements Line {
  readonly dataMax = DATA_MAX;
  readonly patience = 15_000;
  readonly agent = new Agent();
  /** Frames by their types, and all bytes, that the command has sent. */
  readonly sent: number[] = [];
  bytes = 0;
  readonly #pace: (frame: number) => number;
  readonly #lose: (frame: number) => boolean;
  readonly #reader = new FrameReader();
  /** Until when the line is busy in each direction. */
  readonly #until = { there: 0, back: 0 };
  #listener: (bytes: Uint8Array) => void = () => {};

  /** `lose` tells of each frame, counted from 0, whether it arrives damaged. */
  constructor(
    pace: number | ((frame: number) => number),
    lose: (frame: number) => boolean = () => false,
  ) {
    this.#pace = typeof pace === "number" ? () => pace : pace;
    this.#lose = lose;
  }

  write(bytes: Uint8Array): void {
    const [frame] = this.#reader.feed(bytes);
    const number = this.sent.push(frame!.type) - 1;
    this.bytes += bytes.length;
    const pace = this.#pace(number);
    this.#after("there", bytes.length * pace, () => {
      const lost = this.#lose(number);
      const answer = lost
        ? { type: abi.AGENT_GARBLED, body: Buffer.alloc(0) }
        : this.agent.answer(frame!);
      const { session, sequence, attempt } = frame!;
      const ids = lost
        ? { session: 0, sequence: 0 }
        : { session: frame!.type === abi.AGENT_HELLO ? session : 1, sequence };
      const back = encodeFrame({ ...answer, ...ids }, attempt);
      this.#after("back", back.length * pace, () => this.#listener(back));
    });
  }

  #after(way: "there" | "back", milliseconds: number, then: () => void): void {
    const now = performance.now();
    this.#until[way] = Math.max(this.#until[way], now) + milliseconds;
    setTimeout(then, this.#until[way] - now);
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
  }

  onEnd(): void {}

  close(): void {}
}

const randomBytes = (size: number) => {
  const random = randomNumbers(size);
  return Buffer.from(Array.from({ length: size }, () => 1 + Math.floor(random() * 255)));
};

/** Makes one request over a line. Resolves to how long it took, in milliseconds. */
async function send(line: SlowLine, request: Buffer): Promise<number> {
  const begun = performance.now();
  const done = (async () => {
    const connection = await Connection.open(line, "x");
    await connection.run(KIND, request, OPTIONS);
    const end = performance.now();
    await connection.close();
    return end - begun;
  })();
  for (let minute = 0; minute < 30; minute++) await vi.advanceTimersByTimeAsync(60_000);
  return done;
}

const count = (line: SlowLine, type: number) => line.sent.filter((each) => each === type).length;

describe("the command, on a line of its own time", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([0.01, 0.1, 1, 3])("sends each frame once where a byte needs %d ms", async (pace) => {
    const line = new SlowLine(pace);
    const request = randomBytes(8 * DATA_MAX);
    await send(line, request);
    expect(line.agent.request).toEqual(request);
    expect([count(line, abi.AGENT_PUT), count(line, abi.AGENT_RUN)]).toEqual([7, 1]);
  });

  test("learns that a line has become slower, and does not make its frames shorter for that", async () => {
    // As a terminal server that gets the first of them at once.
    const line = new SlowLine((frame) => (frame === 0 ? 0.001 : 2));
    const request = randomBytes(32 * DATA_MAX);
    await send(line, request);
    expect(line.agent.request).toEqual(request);
    expect(count(line, abi.AGENT_PUT)).toBeLessThan(2 * 31);
  });

  test("sends a damaged frame again at once, when it is told so", async () => {
    const quick = await send(new SlowLine(0.001), randomBytes(100));
    const line = new SlowLine(0.001, (frame) => frame === 0 || frame === 2);
    const damaged = await send(line, randomBytes(100));
    const { AGENT_HELLO, AGENT_RUN, AGENT_BYE } = abi;
    expect(line.sent).toEqual([AGENT_HELLO, AGENT_HELLO, AGENT_RUN, AGENT_RUN, AGENT_BYE]);
    expect(damaged - quick).toBeLessThan(3 * PAUSE);
  });

  test("leaves out zeros", async () => {
    const line = new SlowLine(0.001);
    const request = Buffer.alloc(0x10000);
    for (const at of [0x10, 0x8000, 0xfff0]) request.set(randomBytes(16), at);
    await send(line, request);
    expect(line.agent.request).toEqual(request);
    expect(line.bytes).toBeLessThan(400);
  });

  test("sends zeros, too, where an agent had something else there", async () => {
    const line = new SlowLine(0.001);
    line.agent.memory.fill(0xee);
    const request = Buffer.alloc(3 * DATA_MAX);
    request.set(randomBytes(16), 100);
    await send(line, request);
    expect(line.agent.request).toEqual(request);
  });
});

describeAgent("the agent", () => {
  const frame = encodeFrame(
    { type: abi.AGENT_HELLO, session: 7, sequence: 0, body: Buffer.of(0) },
    9,
  );
  const without = (at: number) => Buffer.concat([frame.subarray(0, at), frame.subarray(at + 1)]);

  test("leaves zeros out of results, however they lie", async () => {
    const computer = new AgentComputer();
    const line = new SharedLine(computer.command);
    const connection = await Connection.open(line.connect(), "x");
    const target = new RemoteTarget("x", connection);
    const path = "/sys/devices/jailhouse/denials";
    const some = randomBytes(20);
    // At the beginning, at the end, as many as are left out and one less, more than a frame has, and none.
    for (const zeros of [
      [0, 0],
      [31, 32],
      [32, 31],
      [5000, 40],
      [40, 5000],
      [5000, 5000],
    ] as const) {
      const [before, between] = zeros;
      const parts = [Buffer.alloc(before), some, Buffer.alloc(between), some, Buffer.alloc(before)];
      const content = Buffer.concat(parts);
      computer.write(path, content);
      const start = line.received;
      expect(Buffer.from((await target.gather([path])).read(path))).toEqual(content);
      if (before + between >= 5000) expect(line.received - start).toBeLessThan(500);
    }
    await target.close();
    await line.close();
    computer.close();
  });

  test.each([
    ["a byte got lost", without(6), [abi.AGENT_GARBLED]],
    [
      "the end got lost",
      Buffer.concat([without(frame.length - 1), frame]),
      [abi.AGENT_GARBLED, abi.AGENT_REFUSED],
    ],
    ["nothing got lost", frame, [abi.AGENT_REFUSED]],
  ])("answers at once a frame of which %s", async (_, bytes, types) => {
    const computer = new AgentComputer();
    const line = new SharedLine(computer.command);
    const reader = new FrameReader();
    const end = line.connect();
    const answers: Frame[] = [];
    await new Promise<void>((resolve) => {
      end.onData((data) => {
        for (const found of reader.feed(data)) answers.push(found!);
        if (answers.length === types.length) resolve();
      });
      end.write(bytes);
    });
    expect(answers.map(({ type }) => type)).toEqual(types);
    // Which frame a whole one is an answer to.
    expect(answers.at(-1)!.attempt).toBe(types.at(-1) === abi.AGENT_REFUSED ? 9 : 0);
    await line.close();
    computer.close();
  });
});
