// The daemon as a process: who may kill it, and what is left. Its machine is the test double.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { daemonPid, machinePaths } from "../../control/registry.ts";
import { fakeConfig } from "../../control/testing/fake-session.ts";
import { ROOT } from "../../tools/root.ts";
import { buildCommand, COMMAND } from "./build.ts";

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

let top: string;
let env: Record<string, string>;
const children: ChildProcess[] = [];

function begin(...args: string[]): ChildProcess {
  const child = spawn(COMMAND, args, { cwd: top, env: { ...process.env, ...env } });
  children.push(child);
  return child;
}

function end(child: ChildProcess): Promise<Ended> {
  const texts = { out: "", err: "" };
  child.stdout!.on("data", (data) => {
    texts.out += data;
  });
  child.stderr!.on("data", (data) => {
    texts.err += data;
  });
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, ...texts })));
}

const run = (...args: string[]) => end(begin(...args));
const paths = (name = "default") => machinePaths(name, env);
const entries = () => readdirSync(env.JAILHOUSE_RUNTIME_DIR!);

/** Whether a process executes something; one that only waits for its parent to notice its end does not. */
function runs(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1") !== "";
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

beforeAll(() => buildCommand());

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "lifecycle-"));
  env = {
    JAILHOUSE_RUNTIME_DIR: join(top, "run"),
    JAILHOUSE_DAEMON: join(ROOT, "dist/control/testing/fake-daemon.js"),
  };
  writeFileSync(join(top, "system.cell"), "JHSYS");
  writeFileSync(join(top, "demo.cell"), fakeConfig("demo", [3]));
});

afterEach(async () => {
  await run("machine", "stop", "--all");
  rmSync(top, { recursive: true });
});

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

test("enable starts a machine, which survives the command and stops without a trace", async () => {
  expect(await run("enable", "system.cell")).toEqual({
    status: 0,
    out: "The Jailhouse is opening.\n",
    err: 'Started machine "default", an emulated one.\n',
  });
  const pid = daemonPid(paths())!;
  expect(pid).toBeGreaterThan(0);
  expect(readFileSync(join(paths().sysfs, "enabled"), "utf8")).toBe("1\n");
  expect(await run("machine", "stop")).toEqual({ status: 0, out: "", err: "" });
  await until(() => !runs(pid));
  expect(entries()).toEqual([]);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s ends a daemon cleanly", async (signal) => {
  await run("machine", "start");
  process.kill(daemonPid(paths())!, signal);
  await until(() => entries().length === 0);
});

test("a killed daemon's leftovers do not get in the way", async () => {
  await run("machine", "start");
  const pid = daemonPid(paths())!;
  process.kill(pid, "SIGKILL");
  await until(() => daemonPid(paths()) === undefined);
  expect(existsSync(paths().socket)).toBe(true);
  expect((await run("cell", "create", "demo.cell")).err).toContain("opening /dev/jailhouse");
  expect(await run("machine", "list")).toEqual({ status: 0, out: "", err: "" });
  expect(entries()).toEqual([]);
  expect((await run("machine", "start")).status).toBe(0);
  process.kill(daemonPid(paths())!, "SIGKILL");
  await until(() => daemonPid(paths()) === undefined);
  expect((await run("enable", "system.cell")).out).toBe("The Jailhouse is opening.\n");
});

test("a stopped daemon is ended by force", async () => {
  await run("machine", "start");
  const pid = daemonPid(paths())!;
  process.kill(pid, "SIGSTOP");
  expect((await run("machine", "stop")).status).toBe(0);
  await until(() => entries().length === 0);
});

test("two starts at once: one wins, the other says so", async () => {
  const both = await Promise.all([run("machine", "start"), run("machine", "start")]);
  expect(both.map(({ status }) => status).sort()).toEqual([0, 1]);
  const loser = both.find(({ status }) => status === 1)!;
  expect(loser.err).toContain("starting machine default: File exists");
  expect(entries()).toEqual(["default"]);
});

test("two enables at once: one machine, and one takes it over", async () => {
  const both = await Promise.all([run("enable", "system.cell"), run("enable", "system.cell")]);
  expect(both.map(({ status }) => status).sort()).toEqual([0, 1]);
  expect(both.find(({ status }) => status === 1)!.err).toContain(
    "JAILHOUSE_ENABLE: Device or resource busy",
  );
});

test("a client killed while it follows does not matter to the machine", async () => {
  await run("enable", "system.cell");
  const clients = [
    begin("serial", "-f"),
    begin("console", "-f"),
    begin("cell", "stats", "0", "-n", "100"),
  ];
  await sleep(300);
  for (const client of clients) client.kill("SIGKILL");
  expect((await run("cell", "list")).out).toContain("fake");
});

/** Begins commands that follow a machine which runs, or run it, and waits until each has shown something. */
async function followers(): Promise<{ words: string; ended: Promise<Ended> }[]> {
  const foreground = begin("machine", "start", "--serial", "0=stdio");
  const own = { words: "machine start --serial 0=stdio", ended: end(foreground) };
  await until(() => existsSync(paths().socket));
  await run("enable", "system.cell");
  await run("cell", "create", "demo.cell");
  await run("cell", "start", "demo");
  const others = ["serial -f", "serial 0 --follow", "console -f", "cell stats 0 -n 100000"];
  const all = others.map((words) => ({ words, child: begin(...words.split(" ")) }));
  const shown = all.map(
    ({ child }) => new Promise((resolve) => child.stdout!.once("data", resolve)),
  );
  const ends = all.map(({ words, child }) => ({ words, ended: end(child) }));
  await Promise.all(shown);
  return [own, ...ends];
}

test("what followed a machine says in one line that its daemon died, and fails", async () => {
  const all = await followers();
  process.kill(daemonPid(paths())!, "SIGKILL");
  for (const { words, ended } of all) {
    const { status, err } = await ended;
    expect([status, err], words).toEqual([
      1,
      expect.stringMatching(/^(reading stats: )?The machine's daemon went away\.\n$/),
    ]);
  }
});

test("a machine that is stopped is no accident for what followed it", async () => {
  const all = await followers();
  await run("machine", "stop");
  for (const { words, ended } of all) {
    const { status, err } = await ended;
    if (!words.startsWith("cell stats")) expect([status, err], words).toEqual([0, ""]);
  }
});

test("on stdio a machine lives as long as its command", async () => {
  const child = begin("machine", "start", "--serial", "0=stdio");
  const ended = end(child);
  await until(() => existsSync(paths().socket));
  await run("enable", "system.cell");
  await run("cell", "create", "demo.cell");
  await run("cell", "start", "demo");
  let out = "";
  child.stdout!.on("data", (data) => {
    out += data;
  });
  child.stdin!.write("typed\n");
  await until(() => out.includes("typed\n") && /demo \d+\n/.test(out));
  child.kill("SIGINT");
  expect((await ended).status).toBe(0);
  expect(entries()).toEqual([]);
});

test("serial output goes to the file that was named, relative to the command", async () => {
  await run("machine", "start", "box", "--serial", "1=file:com2.txt");
  await run("serial", "1", "--send", "hello", "-m", "box");
  await until(() => readFileSync(join(top, "com2.txt"), "utf8") === "hello");
  expect((await run("machine", "start", "b2", "--serial", "0=file:no/where")).err).toMatch(
    /^starting machine b2: No such file or directory\nopening .*where: No such file or directory\n$/,
  );
  expect(entries()).toEqual(["box"]);
});

test("a daemon that cannot start says why and leaves nothing", async () => {
  env.JAILHOUSE_DAEMON = join(top, "broken.mjs");
  writeFileSync(env.JAILHOUSE_DAEMON, "throw new Error('no machine today')");
  const { status, err } = await run("machine", "start");
  expect(status).toBe(1);
  expect(err).toMatch(/^starting machine default: Input\/output error\n.*ended while it started/);
  expect(err).toContain("no machine today");
  expect(entries()).toEqual([]);
});
