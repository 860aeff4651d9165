// A client that means harm: the daemon survives, what it holds for the client is bounded, and others are served meanwhile.
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, type RemoteSession } from "./client.ts";
import { Connection, REQUESTS_MAX } from "./connection.ts";
import { CLIENTS_MAX, Daemon } from "./daemon.ts";
import { Budget, MESSAGE_MAX, MessageReader } from "./framing.ts";
import { claim, type MachinePaths, machinePaths, release } from "./registry.ts";
import { FakeSession } from "./testing/fake-session.ts";

let top: string;
let paths: MachinePaths;
let daemon: Daemon;
let fake: FakeSession;
let honest: RemoteSession;
let sockets: Socket[] = [];

beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), "hostile-"));
  paths = machinePaths("m", { JAILHOUSE_RUNTIME_DIR: join(top, "run") });
  claim(paths);
  fake = new FakeSession({ pace: "free" });
  const machine = { pace: "free" as const };
  daemon = await Daemon.start({ startMachine: async () => fake }, { machine }, paths);
  honest = await connect(paths);
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await honest.close();
  await daemon.stop();
  release(paths);
  rmSync(top, { recursive: true });
});

async function attacker(): Promise<Socket> {
  const socket = connectSocket(paths.socket);
  socket.on("error", () => {});
  sockets.push(socket);
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  return socket;
}

const closed = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.resume();
    if (socket.destroyed) resolve();
    else socket.once("close", () => resolve());
  });

const frame = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const request = (id: unknown, method: string, params: unknown = {}) =>
  frame(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
const STATUS = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "status" });
const LENGTH = Buffer.byteLength(STATUS);
const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

test.each([
  ["two lengths", `Content-Length: ${LENGTH}\r\nContent-Length: 5\r\n\r\n${STATUS}`],
  ["two equal lengths", `Content-Length: ${LENGTH}\r\ncontent-length: ${LENGTH}\r\n\r\n${STATUS}`],
  ["a length hidden behind a bare LF", `X: a\nContent-Length: ${LENGTH}\r\n\r\n${STATUS}`],
  ["a header that nobody knows", `X: a\r\nContent-Length: ${LENGTH}\r\n\r\n${STATUS}`],
  ["a length and more", `Content-Length: ${LENGTH}, 5\r\n\r\n${STATUS}`],
  ["a length in hex", `Content-Length: 0x10\r\n\r\n${STATUS}`],
  ["a length that is none", "Content-Length: 1e3\r\n\r\n"],
  ["no length at all", "\r\n\r\n"],
  ["another charset", `Content-Type: a/b; charset=utf-16\r\nContent-Length: 2\r\n\r\n{}`],
  ["a huge length", `Content-Length: ${MESSAGE_MAX + 1}\r\n\r\n`],
  ["an endless header", "Content-Length: ".padEnd(5000, " ")],
  ["a deep list", frame(deep(100_000))],
  [
    "a deep parameter",
    frame(`{"jsonrpc":"2.0","id":1,"method":"status","params":${deep(50_000)}}`),
  ],
  ["a wide list", frame(`[${"[],".repeat(100_000)}0]`)],
  ["a string without an end", frame('{"jsonrpc":"2.0","method":"\\\\\\"')],
  ["null", frame("null")],
  ["a number", frame("17")],
  ["an answer that nobody waits for", frame('{"jsonrpc":"2.0","id":1,"result":1}')],
  ["a request without a version", frame('{"id":1,"method":"status"}')],
  ["an id that is an object", request({}, "status")],
  ["an id that is a long text", request("x".repeat(1000), "status")],
  ["a method that is a list", frame('{"jsonrpc":"2.0","id":1,"method":["status"]}')],
])("%s ends the connection, and nothing else", async (_, bytes) => {
  const socket = await attacker();
  const end = closed(socket);
  socket.write(bytes);
  await end;
  expect((await honest.status()).enabled).toBe(false);
});

test.each([
  ["nothing", undefined],
  ["null", null],
  ["a deep id", { id: [[[[]]]] }],
  ["the id of nothing", { id: 99 }],
])("a cancellation with %s is passed over", async (_, params) => {
  const socket = await attacker();
  socket.write(frame(JSON.stringify({ jsonrpc: "2.0", method: "$/cancelRequest", params })));
  socket.write(frame('{"jsonrpc":"2.0","method":"nothing"}'));
  socket.write(request(1, "time"));
  const [answer] = await new Promise<Buffer[]>((resolve) =>
    socket.once("data", (data) => resolve([data])),
  );
  expect(answer?.toString()).toContain('"id":1');
});

test("a flood by one client costs another no more than a turn of it", async () => {
  const socket = await attacker();
  socket.resume();
  const order: string[] = [];
  fake.fingerprint = async () => {
    order.push("attacker");
    await new Promise((resolve) => setTimeout(resolve, 2));
    return "";
  };
  const { status } = fake;
  fake.status = () => {
    order.push("honest");
    return status.call(fake);
  };
  let text = "";
  socket.on("data", (data) => {
    text += data;
  });
  socket.write(Array.from({ length: 5000 }, (_, id) => request(id, "fingerprint")).join(""));
  while (order.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  // As long as both wait they take turns.
  await Promise.all(Array.from({ length: 10 }, () => honest.status()));
  const positions = order.flatMap((who, index) => (who === "honest" ? [index] : []));
  const gaps = positions.slice(1).map((position, index) => position - positions[index]! - 1);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1);
  while (!text.includes('"id":4999')) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(text).toContain("Resource temporarily unavailable");
});

test("requests of a client that has gone are not carried out any more", async () => {
  const socket = await attacker();
  let count = 0;
  fake.fingerprint = async () => {
    count++;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return "";
  };
  const ids = Array.from({ length: REQUESTS_MAX }, (_, id) => request(id, "fingerprint"));
  await new Promise<void>((resolve) => socket.write(ids.join(""), () => resolve()));
  while (count === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const end = closed(socket);
  socket.destroy();
  await end;
  for (let index = 0; index < 5; index++) await honest.status();
  expect(count).toBeLessThan(REQUESTS_MAX);
});

test("a client that never reads is cut off before its answers fill the memory", async () => {
  daemon.serial[0]!.push("x".repeat(1024 * 1024));
  const socket = await attacker();
  socket.pause();
  let isGone = false;
  socket.once("close", () => {
    isGone = true;
  });
  for (let round = 0; !isGone && round < 1000; round++) {
    socket.write(request(round, "serialText", { line: 0 }));
    await honest.time();
  }
  await closed(socket);
  expect((await honest.status()).enabled).toBe(false);
});

test("more clients than there is room for: the silent ones go, the honest one is served", async () => {
  for (let index = 0; index < CLIENTS_MAX + 20; index++) {
    await attacker();
    if (index % 50 === 0) await honest.time();
  }
  expect((await honest.status()).enabled).toBe(false);
  const late = await connect(paths);
  expect((await late.status()).enabled).toBe(false);
  await late.close();
});

test("half a message is cut off after a while", async () => {
  const server = createServer((socket) => {
    new Connection(socket, new Budget(), async () => null, { patience: 5 });
  });
  const path = join(top, "half");
  await new Promise<void>((resolve) => server.listen(path, () => resolve()));
  for (const half of ["Content-Le", "Content-Length: 10\r\n\r\n{"]) {
    const socket = connectSocket(path);
    const end = closed(socket);
    socket.write(half);
    await end;
  }
  await new Promise((resolve) => server.close(resolve));
});

test("what all clients have announced together is bounded", () => {
  const budget = new Budget(3_000_000);
  const announce = (reader: MessageReader, size: number) =>
    reader.push(Buffer.from(`Content-Length: ${size}\r\n\r\n`), () => {});
  const [one, two] = [new MessageReader(budget), new MessageReader(budget)];
  announce(one, 2_000_000);
  expect(() => announce(two, 2_000_000)).toThrow("Resource temporarily unavailable");
  one.close();
  announce(new MessageReader(budget), 2_000_000);
});

test("messages are read whole, however they are cut", () => {
  const text = [
    frame('{"a":"\\\\"}'),
    `Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n${frame('{"b":"]}[{,"}')}`,
    frame('["\\"",{"ä":1}]'),
  ].join("");
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 7, 50, 1000]) {
    const reader = new MessageReader(new Budget());
    const found: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size)
      reader.push(bytes.subarray(at, at + size), (message) => found.push(message));
    expect(found).toEqual([{ a: "\\" }, { b: "]}[{," }, ['"', { ä: 1 }]]);
    expect(reader.isWithin).toBe(false);
  }
});
