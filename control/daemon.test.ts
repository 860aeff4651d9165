import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Denial, MachineOptions } from "./api.ts";
import { connect, type RemoteSession } from "./client.ts";
import { Daemon } from "./daemon.ts";
import { type ParsedRecord, parseRecord } from "./record/format.ts";
import { replay } from "./record/replay.ts";
import { claim, type MachinePaths, machinePaths, release } from "./registry.ts";
import { FakeSession, fakeConfig } from "./testing/fake-session.ts";

const SYSTEM = Buffer.from("JHSYS");
const SECOND = 1_000_000_000;

let top: string;
let paths: MachinePaths;
let daemon: Daemon;
let fake: FakeSession;
let clients: RemoteSession[] = [];

/** Set to let the daemon's wall clock, by which steps are cut, be another. */
let now: (() => number) | undefined;

async function startDaemon(
  machine: MachineOptions = { pace: "free" },
  serialFiles?: string[],
  recordFile?: string,
) {
  fake = new FakeSession(machine);
  const coreImage = () => Buffer.from("core");
  const parts = { startMachine: async () => fake, coreImage, ...(now ? { now } : {}) };
  const files = { ...(serialFiles ? { serialFiles } : {}), recordFile };
  daemon = await Daemon.start(parts, { machine, ...files }, paths);
}

async function client(): Promise<RemoteSession> {
  const session = await connect(paths);
  clients.push(session);
  return session;
}

async function runningCell(session: RemoteSession, name = "demo"): Promise<void> {
  await session.enable(SYSTEM);
  await session.createCell(fakeConfig(name, [3]));
  await session.loadCell(name, [{ data: Buffer.from("x"), address: 0n }]);
  await session.startCell(name);
}

test("a daemon that has its directory and not yet its socket is waited for", async () => {
  const session = client();
  await sleep(20);
  await startDaemon();
  expect((await (await session).info()).pid).toBe(process.pid);
});

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "daemon-"));
  paths = machinePaths("m", { JAILHOUSE_RUNTIME_DIR: join(top, "run") });
  claim(paths);
  clients = [];
  now = undefined;
});

afterEach(async () => {
  for (const session of clients) await session.close();
  await daemon.stop();
  release(paths);
  rmSync(top, { recursive: true });
});

test("a session over the socket does what the session itself does", async () => {
  await startDaemon();
  const session = await client();
  await session.enable(SYSTEM);
  expect(await session.createCell(fakeConfig("demo", [2, 3]))).toEqual({
    id: 1,
    name: "demo",
    state: "shut down",
    cpusAssigned: [2, 3],
    cpusFailed: [],
  });
  expect(await session.startCell(1)).toEqual({
    warnings: ["Nothing was loaded at the reset address."],
  });
  expect((await session.cells()).map(({ cpusAssigned }) => cpusAssigned)).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect((await session.statistics("demo")).cpus.get(3)).toHaveProperty("total");
  expect(await session.consoleText()).toBe("Activating hypervisor\n");
  await session.destroyCell("demo");
  await session.disable();
  expect((await session.status()).enabled).toBe(false);
});

test("denied accesses and configurations keep every bit on their way", async () => {
  await startDaemon();
  const session = await client();
  await session.enable(SYSTEM);
  const denial: Denial = {
    ...{ sequence: 7, kind: "memory", cell: 1, cpu: 3, size: 8, times: 2, allowed: 0, bits: 64 },
    ...{ write: true, fetch: false, string: false },
    ...{ address: 0xffff_ffff_ffff_fff8n, value: 1n << 63n, rip: 0xffff_ffff_8123_4567n },
    instruction: Uint8Array.from([0x48, 0x89, 0x07]),
  };
  fake.denied = [denial];
  expect(await session.denials()).toEqual({ learning: false, missed: 0, denials: [denial] });
  expect(Buffer.from(await session.configuration(0)).toString()).toBe("JHSYS");
  const config = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  fake.files.set("/sys/bus/pci/devices/0000:00:02.0/config", config);
  const devices = await session.devices();
  expect(devices.list("/sys/bus/pci/devices")).toEqual(["0000:00:02.0"]);
  expect(devices.read("/sys/bus/pci/devices/0000:00:02.0/config")).toEqual(config);
});

test("errors keep number, text and hint on their way", async () => {
  await startDaemon();
  const session = await client();
  await expect(session.disable()).rejects.toMatchObject({
    code: "EINVAL",
    message: "Invalid argument",
    hint: "Not enabled.",
  });
  await runningCell(session, "locked");
  await expect(session.destroyCell("locked")).rejects.toMatchObject({ code: "EPERM" });
  await session.destroyCell("locked");
});

test("in free pace time passes only while somebody waits", async () => {
  await startDaemon();
  const session = await client();
  await runningCell(session);
  const before = await session.time();
  await sleep(50);
  expect(await session.time()).toBe(before);
  await session.run(3 * SECOND);
  expect(await session.time()).toBe(before + 3 * SECOND);
  const [, tick] = await session.serial(0).waitFor(/demo (5[0-9])\n/);
  expect(Number(tick)).toBe(50);
  expect(await session.time()).toBeLessThan(5.01 * SECOND);
});

test("in paced pace time follows the wall clock", async () => {
  await startDaemon({ pace: "paced" });
  const session = await client();
  const [start, wall] = [await session.time(), performance.now()];
  await session.run(0.3 * SECOND);
  const elapsed = performance.now() - wall;
  expect(elapsed).toBeGreaterThan(250);
  expect((await session.time()) - start).toBeGreaterThanOrEqual(0.3 * SECOND);
});

test("waiting in vain ends with the last lines; a pattern that takes forever is refused", async () => {
  await startDaemon();
  const session = await client();
  await runningCell(session);
  await expect(session.serial(0).waitFor("never", SECOND)).rejects.toMatchObject({
    code: "ETIMEDOUT",
    hint: expect.stringContaining("demo 10"),
  });
  await session.serial(0).write("a".repeat(40));
  const endless = session.serial(0).waitFor(/(a+)+$|(a+)+b/);
  await expect(endless).resolves.toBeDefined();
  await expect(session.serial(0).waitFor(/(a+)+b/)).rejects.toMatchObject({ code: "EINVAL" });
});

test("followers get past and future without a gap", async () => {
  await startDaemon();
  const session = await client();
  await runningCell(session);
  await session.run(SECOND);
  let text = "";
  const attachment = await session.attachSerial(0, (piece) => {
    text += piece;
  });
  await session.serial(0).waitFor("demo 30\n");
  attachment.stop();
  await session.time();
  const numbers = [...(attachment.text + text).matchAll(/demo (\d+)\n/g)].map(([, n]) => Number(n));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(numbers.length).toBeGreaterThanOrEqual(30);
});

test("two clients at once cannot interleave a change", async () => {
  await startDaemon({ pace: "paced" });
  const [one, two] = [await client(), await client()];
  await one.enable(SYSTEM);
  const work = [one, two].flatMap((session, index) =>
    Array.from({ length: 20 }, async (_, round) => {
      const name = `c${index}-${round}`;
      await session.createCell(fakeConfig(name, [2])).catch(() => {});
      await session.startCell(name).catch(() => {});
      await session.destroyCell(name).catch(() => {});
    }),
  );
  await Promise.all(work);
  expect(fake.overlaps).toBe(0);
  expect((await one.cells())[0]).toMatchObject({ cpusAssigned: [0, 1, 2, 3] });
});

test("a client that dies in the middle of a request harms nobody", async () => {
  await startDaemon();
  const [dying, other] = [await client(), await client()];
  await other.enable(SYSTEM);
  fake.delay = 300;
  const lost = [
    dying.createCell(fakeConfig("orphan", [3])),
    dying.run(1e15),
    dying.serial(0).waitFor("never", 1e15),
    dying.attachSerial(0, () => {}),
  ];
  await sleep(100);
  const ends = Promise.allSettled(lost);
  await dying.close();
  for (const end of (await ends).slice(1, 3)) {
    expect(end).toMatchObject({ status: "rejected", reason: { code: "ECONNRESET" } });
  }
  const before = await other.time();
  expect(await other.cells()).toHaveLength(2);
  await sleep(50);
  // Nobody waits any more, though one did for weeks.
  expect((await other.time()) - before).toBeLessThan(SECOND);
});

test.each([
  ["no header", "hello\r\n\r\n"],
  ["an endless header", "x".repeat(4000)],
  ["a negative length", "Content-Length: -5\r\n\r\n{}"],
  ["an absurd length", "Content-Length: 9999999999\r\n\r\n{}"],
  ["no JSON", "Content-Length: 4\r\n\r\n}{!!"],
  ["no request", 'Content-Length: 12\r\n\r\n{"jsonrpc":1'],
  ["a list", "Content-Length: 9\r\n\r\n[1,2,[3]]"],
  ["half a message", 'Content-Length: 900\r\n\r\n{"jsonrpc"'],
])("%s on the socket leaves the daemon unharmed", async (_, bytes) => {
  await startDaemon();
  const socket = connectSocket(paths.socket);
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  await sleep(20);
  socket.destroy();
  const session = await client();
  expect((await session.status()).enabled).toBe(false);
});

async function raw(method: string, params: unknown): Promise<string> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const socket = connectSocket(paths.socket);
  socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  const [answer] = await new Promise<[Buffer]>((resolve) =>
    socket.once("data", (data) => resolve([data])),
  );
  socket.destroy();
  return answer.toString();
}

test.each<[string, unknown, string]>([
  ["enable", {}, '"config\\" must be bytes'],
  ["enable", { config: 5 }, '"config\\" must be bytes'],
  ["enable", { config: "$$$$" }, '"config\\" must be bytes'],
  ["createCell", ["x"], '"params\\" must be an object'],
  ["startCell", { cell: -1 }, '"cell\\" must be an integer'],
  ["startCell", { cell: 1.5 }, '"cell\\" must be an integer'],
  ["startCell", { cell: null }, "a cell's id or name"],
  ["startCell", { cell: "x".repeat(300) }, "a cell's id or name"],
  ["loadCell", { cell: 1, images: {} }, "a list of at most"],
  ["loadCell", { cell: 1, images: [{ data: "", address: "-1" }] }, '"address\\" must be'],
  ["loadCell", { cell: 1, images: [{ data: "", address: "99999999999999999999" }] }, "address"],
  ["destroyCell", { cell: 1, force: "yes" }, "true or false"],
  ["serialWrite", { line: 3, text: "" }, '"line\\" must be'],
  ["serialWaitFor", { line: 0, source: "(", flags: "", timeout: 1 }, "a regular expression"],
  ["run", { nanoseconds: 1e300 }, '"nanoseconds\\" must be'],
  ["toString", {}, "Unknown request"],
  ["constructor", {}, "Unknown request"],
])("request %s with %j is refused", async (method, params, text) => {
  await startDaemon();
  expect(await raw(method, params)).toContain(text);
});

test("the exported tree follows every change at once", async () => {
  await startDaemon();
  const session = await client();
  const read = (name: string) => readFileSync(join(paths.sysfs, name), "utf8");
  expect(read("enabled")).toBe("0\n");
  expect(existsSync(join(paths.sysfs, "core"))).toBe(false);
  await runningCell(session);
  expect([read("enabled"), read("core"), read("cells/1/state")]).toEqual([
    "1\n",
    "core",
    "running\n",
  ]);
  expect([read("cells/0/cpus_assigned"), read("cells/0/cpus_assigned_list")]).toEqual([
    "7\n",
    "0-2\n",
  ]);
  await session.destroyCell("demo");
  expect(readdirSync(join(paths.sysfs, "cells"))).toEqual(["0"]);
});

test("serial output goes to files; one that cannot be written is reported, not fatal", async () => {
  await startDaemon({ pace: "free" }, ["/dev/full", join(top, "com2.txt")]);
  const session = await client();
  await runningCell(session);
  await session.serial(1).write("hello");
  await session.run(SECOND);
  expect(readFileSync(join(top, "com2.txt"), "utf8")).toBe("hello");
  expect((await session.info()).problems).toEqual([
    "writing /dev/full: No space left on device; output is missing there.",
  ]);
});

test("a serial file that cannot be created stops the start", async () => {
  await expect(startDaemon({}, [join(top, "none/com1")])).rejects.toMatchObject({
    code: "ENOENT",
    hint: expect.stringMatching(/^opening .*com1: No such file or directory$/),
  });
  await startDaemon();
});

test("a machine that breaks is reported and can still be looked at", async () => {
  await startDaemon();
  const session = await client();
  await runningCell(session);
  fake.broken = new Error("an instruction nobody knows");
  await session.run(SECOND);
  expect(await session.cells()).toHaveLength(2);
  expect((await session.info()).problems).toEqual([
    "The machine stopped: an instruction nobody knows",
  ]);
});

const startFake = async (options?: MachineOptions) => new FakeSession(options);
const parse = (text: string) => parseRecord(text, { isUnfinished: true });

/** The record, something of which was changed without a trace. */
function altered(text: string, from: string | RegExp, to: string): ParsedRecord {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return parse(changed);
}

test("the record replayed gives the same machine, and what is different is said", async () => {
  let wall = 0;
  // Steps of time are cut short.
  now = () => {
    wall += 10;
    return wall;
  };
  await startDaemon();
  const session = await client();
  await runningCell(session, "locked");
  await session.run(SECOND / 2);
  await expect(session.destroyCell("locked")).rejects.toThrow();
  await session.serial(0).write("input");
  await session.run(SECOND);
  const record = readFileSync(paths.record, "utf8");
  const again = await replay(parse(record), startFake, { until: await session.time() });
  expect(again.divergence).toBeUndefined();
  expect(again.inputs).toBeGreaterThan(6);
  expect(again.checks).toBeGreaterThan(20);
  expect(await again.session.fingerprint()).toBe(await session.fingerprint());

  const refused = altered(record, '"result":"EPERM"', '"result":""');
  expect((await replay(refused, startFake)).divergence).toMatchObject({
    what: "destroyCell ends with EPERM, and ended with success",
  });
  const typed = altered(record, '"text":"input"', '"text":"other"');
  const { divergence } = await replay(typed, startFake);
  expect(divergence).toMatchObject({ what: "the serial lines have sent something else" });
  expect(divergence!.since).toBeGreaterThan(SECOND / 2 - 50e6);
  expect(divergence!.time).toBeLessThan(SECOND / 2 + 50e6);
});

test("a record is ended for who saves it, and goes on", async () => {
  await startDaemon();
  const session = await client();
  await session.enable(SYSTEM);
  const { size, end } = await session.sealRecord();
  await session.serial(0).write("later");
  const file = readFileSync(paths.record);
  const saved = `${file.subarray(0, size)}${end}`;
  expect(parseRecord(saved).entries.at(-1)).toMatchObject({ check: { all: expect.anything() } });
  expect(saved).not.toContain("later");
  expect(file.toString()).toContain("later");
});

test("a record that somebody wants outlives the machine, with its end", async () => {
  const recordFile = join(top, "kept");
  await startDaemon({ pace: "free" }, undefined, recordFile);
  const session = await client();
  await session.run(SECOND);
  expect((await session.info()).record).toBe(recordFile);
  await session.stop();
  const { divergence } = await replay(parseRecord(readFileSync(recordFile, "utf8")), startFake);
  expect(divergence).toBeUndefined();
  expect(readdirSync(paths.directory)).toEqual(["pid"]);
});

test("a record that cannot be written is a failure to start", async () => {
  const recordFile = join(top, "missing/record");
  await expect(startDaemon({ pace: "free" }, undefined, recordFile)).rejects.toMatchObject({
    code: "ENOENT",
    hint: `opening ${recordFile}: No such file or directory`,
  });
});

test("stopping closes the machine and every connection, and leaves only the directory", async () => {
  await startDaemon();
  const [one, two] = [await client(), await client()];
  const waiting = two.run(1e15).catch((error) => error);
  await one.stop();
  await Promise.all([one.closed, two.closed]);
  expect(await waiting).toMatchObject({ code: "ECONNRESET" });
  expect(fake.closed).toBe(true);
  expect(readdirSync(paths.directory).sort()).toEqual(["pid", "record"]);
});
