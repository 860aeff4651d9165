// Ends of a line that are not what they should be: an agent that lies, for the command, and a command that talks nonsense,
// for the agent.
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import * as abi from "../../abi/agent.ts";
import { Connection } from "../../control/remote/connection.ts";
import { encodeFrame, type Frame, FrameReader } from "../../control/remote/frame.ts";
import type { Line } from "../../control/remote/line.ts";
import { RemoteTarget } from "../../control/remote/target.ts";
import { describeAgent } from "../metal/linux.ts";
import { AgentComputer } from "./computer.ts";
import { SharedLine } from "./line.ts";

/** Each session has a caller of its own. */
let caller = 1000;
type Reply = readonly [type: number, body: Buffer];

afterEach(() => void vi.useRealTimers());

const welcome: Reply = [
  abi.AGENT_WELCOME,
  Buffer.from([abi.AGENT_VERSION, 0x78, 0x56, 0x34, 0x12]),
];
const numbers = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => void bytes.writeUInt32LE(value >>> 0, index * 4));
  return bytes;
};
const result = (status: number, length: number, data: Buffer = Buffer.alloc(0), crc = 0): Reply => [
  abi.AGENT_RESULT,
  Buffer.concat([numbers(status, length, crc), data]),
];

/** A line to somebody who answers every frame in a way of their own. */
function lineTo(answer: (frame: Frame) => readonly Reply[]): Line {
  const reader = new FrameReader();
  let listener: (bytes: Uint8Array) => void = () => {};
  const write = (bytes: Uint8Array) => {
    for (const frame of reader.feed(bytes)) {
      if (!frame) continue;
      const replies = frame.type === abi.AGENT_HELLO ? [welcome] : answer(frame);
      for (const [type, body] of replies)
        queueMicrotask(() => listener(encodeFrame({ ...frame, type, body }, frame.attempt)));
    }
  };
  return {
    ...{ write, onEnd: () => {}, close: () => {}, dataMax: 1024, patience: 15_000 },
    onData: (given) => {
      listener = given;
    },
  };
}

async function targetOf(answer: (frame: Frame) => readonly Reply[]): Promise<RemoteTarget> {
  return new RemoteTarget("x", await Connection.open(lineTo(answer), "x"));
}

/** A file of an agent's answer. */
const fileOf = (path: string, size = 0) =>
  Buffer.concat([Buffer.from([0, path.length]), numbers(size), Buffer.from(path)]);

test.each<[string, Reply]>([
  ["a result that is too long", result(0, 0xffffffff)],
  ["more than it announced", result(0, 1, Buffer.from("more"))],
])("an agent that answers with %s is found out", async (_, reply) => {
  const target = await targetOf(() => [reply]);
  await expect(target.gather(["/proc/iomem"])).rejects.toMatchObject({ code: "EPROTO" });
});

test("an agent that leaves out more zeros than its result has is found out", async () => {
  const target = await targetOf(({ type }) =>
    type === abi.AGENT_RUN ? [result(0, 1000)] : [[abi.AGENT_PIECE, numbers(1001)]],
  );
  await expect(target.gather(["/proc/iomem"])).rejects.toMatchObject({ code: "EPROTO" });
});

test.each<[string, Buffer]>([
  ["a file that nobody asked for", fileOf("/etc/passwd")],
  ["a way out of the tree", fileOf("/sys/class/tty/../../../etc/port")],
  ["a name that is hidden", fileOf("/sys/class/tty/../port")],
  ["a name that commands a terminal", fileOf("/sys/class/tty/\x1b[2J/port")],
  ["a file that is longer than all", fileOf("/sys/class/tty/a/port", 1000)],
  ["half a file", fileOf("/sys/class/tty/a/port").subarray(0, 4)],
  [
    "a path that begins like none",
    Buffer.concat([Buffer.from([9, 1]), numbers(0), Buffer.from("x")]),
  ],
])("an agent that answers with %s is found out", async (_, data) => {
  const target = await targetOf(() => [result(0, data.length, data, crc32(data))]);
  await expect(target.gather(["/sys/class/tty/*/port"])).rejects.toMatchObject({ code: "EPROTO" });
});

test("a result that is not what its checksum says is an error", async () => {
  const target = await targetOf(() => [result(0, 4, Buffer.from("true"), 1)]);
  await expect(target.gather(["/proc/iomem"])).rejects.toMatchObject({ code: "EIO" });
});

test.each<[string, (frame: Frame) => readonly Reply[]]>([
  ["is at work for ever", () => [[abi.AGENT_RUNNING, numbers(1)]]],
  ["says nothing", () => []],
  [
    "talks of something else",
    () => [
      [abi.AGENT_TAKEN, numbers(77, 1)],
      [0x99, numbers(1)],
    ],
  ],
  [
    "finds every request damaged",
    ({ type }) => [[abi.AGENT_REFUSED, Buffer.from([type, abi.AGENT_WHY_DAMAGED])]],
  ],
  [
    "pretends to know all requests",
    () => [[abi.AGENT_REFUSED, Buffer.from([abi.AGENT_PUT, abi.AGENT_WHY_SEQUENCE])]],
  ],
  [
    "forgets every session",
    ({ type }) => [[abi.AGENT_REFUSED, Buffer.from([type, abi.AGENT_WHY_UNKNOWN])]],
  ],
  ["never gives the result", ({ type }) => (type === abi.AGENT_RUN ? [result(0, 1000)] : [])],
])("an agent that %s does not keep the command", async (_, answer) => {
  vi.useFakeTimers();
  const target = await targetOf(answer);
  const request = { number: 1, argument: null, pointers: [] };
  const ends = [
    expect(target.gather(["/proc/iomem"])).rejects.toMatchObject({ name: "SystemError" }),
    expect(target.request(request)).rejects.toMatchObject({ name: "SystemError" }),
  ];
  for (let minutes = 0; minutes < 30; minutes++) await vi.advanceTimersByTimeAsync(60_000);
  await Promise.all(ends);
});

test("noise is not kept", () => {
  const reader = new FrameReader(100);
  for (let round = 0; round < 200; round++) {
    const bytes = Buffer.alloc(10_000, round % 2 ? 0x41 : 0x80);
    expect(reader.feed(round === 0 ? Buffer.of(abi.AGENT_FRAME_START) : bytes)).toEqual([]);
  }
  expect(reader.text).toHaveLength(100);
});

describeAgent("the agent", () => {
  const types = [abi.AGENT_HELLO, abi.AGENT_PUT, abi.AGENT_RUN, abi.AGENT_GET, 0, 0x81, 0xff];
  const nonsense = fc.record({
    type: fc.constantFrom(...types),
    sequence: fc.nat({ max: 3 }),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .tuple(fc.nat({ max: 5 }), fc.uint8Array({ maxLength: 40 }))
        .map(([kind, data]) => runBody(kind, data)),
      fc.tuple(fc.integer(), fc.integer()).map((pair) => numbers(...pair).subarray(0, 6)),
    ),
  });

  function runBody(kind: number, data: Uint8Array): Buffer {
    const head = Buffer.alloc(abi.AGENT_RUN_DATA);
    head.writeUInt8(kind, abi.AGENT_RUN_KIND);
    head.writeUInt16LE(0xffff, abi.AGENT_RUN_PIECE);
    head.writeUInt32LE(data.length, abi.AGENT_RUN_LENGTH);
    head.writeUInt32LE(crc32(data), abi.AGENT_RUN_CRC);
    return Buffer.concat([head, data]);
  }

  test("no frame breaks the agent, or makes it ask the driver for what it does not know", async () => {
    const computer = new AgentComputer();
    const line = new SharedLine(computer.command);
    await fc.assert(
      fc.asyncProperty(fc.array(nonsense, { maxLength: 12 }), async (frames) => {
        const end = line.connect();
        const session = await begin(end);
        for (const { type, sequence, body } of frames)
          end.write(encodeFrame({ type, session, sequence, body: Buffer.from(body) }));
        end.write(
          encodeFrame({ type: abi.AGENT_BYE, session, sequence: 0, body: Buffer.alloc(0) }),
        );
        end.close();
        // It answers, as the same agent, and knows its work.
        const connection = await Connection.open(line.connect(), "x");
        const target = new RemoteTarget("x", connection);
        expect((await target.gather(["/proc/uptime"])).text("/proc/uptime")).toBe("12.50 40.00");
        await target.close();
      }),
      { numRuns: 40 },
    );
    expect(line.kills).toBe(0);
    expect(computer.requests).toEqual([]);
    await line.close();
    computer.close();
  });

  /** Begins a session by hand; resolves to its number. */
  function begin(line: Line): Promise<number> {
    const reader = new FrameReader();
    return new Promise((resolve) => {
      const hello = { type: abi.AGENT_HELLO, session: ++caller };
      line.onData((bytes) => {
        for (const frame of reader.feed(bytes)) {
          if (frame?.type === abi.AGENT_WELCOME && frame.session === hello.session)
            resolve(frame.body.readUInt32LE(1));
        }
      });
      line.write(encodeFrame({ ...hello, sequence: 0, body: Buffer.of(abi.AGENT_VERSION) }));
    });
  }
});
