// Kernels as the command starts them, each with a daemon of its own: what is printed, the exit status, and what is left.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseRecord } from "../../control/record/format.ts";
import { replay } from "../../control/record/replay.ts";
import { startSession } from "../../control/session.ts";
import { end, kernel, print, restarting, SLEEP, START, TRIPLE_FAULT } from "../kernel/images.ts";
import { buildCommand, COMMAND } from "./build.ts";

let top: string;

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command; `heard` is called with what it prints. */
function run(line: string, heard = (_text: string) => {}, more = {}): Promise<Ended> {
  const env = { ...process.env, JAILHOUSE_RUNTIME_DIR: join(top, "run"), ...more };
  const child = spawn(COMMAND, line.split(" "), { cwd: top, env });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (data) => {
    texts.out += data;
    heard(texts.out);
  });
  child.stderr.on("data", (data) => {
    texts.err += data;
  });
  child.stdin.end();
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, ...texts })));
}

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), "kernel-"));
  await buildCommand();
  const files: Record<string, readonly number[]> = {
    ends: [...print("hello\r\n"), ...START, ...print("bye\r\n"), ...end(0x83)],
    // lidt [a limit of zero]; int3
    faults: [0x0f, 0x01, 0x1d, 0x00, 0x90, 0x00, 0x00, 0xcc],
    sleeps: [...print("up\r\n"), ...SLEEP],
    restarts: restarting(TRIPLE_FAULT, 3),
  };
  for (const [name, code] of Object.entries(files))
    writeFileSync(join(top, name), kernel(code).data);
  writeFileSync(join(top, "text"), "no kernel\n");
  writeFileSync(join(top, "image"), Buffer.alloc(1024));
  writeFileSync(join(top, "empty"), "");
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const MACHINE = "machine start --cpus 2 --memory 16M --pace free";

test("a machine with an exit port is waited for: COM1 is shown, the value is the status, nothing is left", async () => {
  const ended = await run(`${MACHINE} --kernel ends --exit-port 0xf4`);
  expect(ended).toEqual({ status: 7, out: "hello\r\nbye\r\n", err: "" });
  expect(readdirSync(join(top, "run"))).toEqual([]);
});

test("COM1 goes where it is told to go", async () => {
  const ended = await run(`${MACHINE} --kernel ends --exit-port 0xf4 --serial 0=file:com1`);
  expect(ended).toEqual({ status: 7, out: "", err: "" });
  expect(readFileSync(join(top, "com1"), "utf8")).toBe("hello\r\nbye\r\n");
});

test("one that somebody else stops ends the command without a word", async () => {
  let up: (value?: unknown) => void = () => {};
  const isUp = new Promise((resolve) => {
    up = resolve;
  });
  const line = `${MACHINE} waited --kernel sleeps --exit-port 0xf4`;
  const ended = run(line, (text) => text.includes("up") && up());
  await isUp;
  expect(await run("machine stop waited")).toMatchObject({ status: 0, err: "" });
  expect(await ended).toEqual({ status: 0, out: "up\r\n", err: "" });
});

test("a kernel that shuts a CPU down fails the command, with the place", async () => {
  const ended = await run(`${MACHINE} --kernel faults --exit-port 0xf4`);
  expect(ended).toMatchObject({ status: 1, out: "" });
  expect(ended.err).toMatch(/CPU 0 of the kernel's shut down at RIP 0x10000\w: a triple fault/);
  expect(readdirSync(join(top, "run"))).toEqual([]);
});

test("without one the machine stays: console, status, refusal of enable, a record that replays", async () => {
  expect(await run(`${MACHINE} k --kernel sleeps --cpu intel,aes=off`)).toMatchObject({
    status: 0,
    err: "",
  });
  const enable = await run(`enable -m k ${join(process.cwd(), "configs/qemu-x86.cell")}`);
  expect(enable).toMatchObject({ status: 1 });
  expect(enable.err).toMatch(/: Device or resource busy\nThe kernel sleeps runs on this machine: /);
  const { out } = await run("machine status k");
  expect(out).toMatch(/^Kernel +sleeps$/m);
  expect(out).toMatch(/^Processor +intel,aes=off$/m);
  const record = readFileSync(join(top, "run/k/record"), "utf8");
  const parsed = parseRecord(record, { isUnfinished: true });
  const { session, divergence } = await replay(parsed, startSession);
  expect(divergence).toBeUndefined();
  await session.serial(0).waitFor("up\r\n");
  await session.close();
  expect(await run("machine stop k")).toMatchObject({ status: 0 });
});

test("disks: the status names them, a record replays while they are what they were", async () => {
  const started = await run(`${MACHINE} d --kernel sleeps --disk image --disk image`);
  expect(started).toMatchObject({ status: 0, err: "" });
  const { out } = await run("machine status d");
  expect(out).toMatch(/^Disk 0 +.*\/image$/m);
  expect(out).toMatch(/^Disk 1 +.*\/image$/m);
  const record = readFileSync(join(top, "run/d/record"), "utf8");
  expect(await run("machine stop d")).toMatchObject({ status: 0 });
  writeFileSync(join(top, "disks.record"), record);
  const replayed = "machine replay disks.record --unfinished";
  expect(await run(replayed)).toMatchObject({ status: 0, err: "" });
  writeFileSync(join(top, "other"), readFileSync(join(top, "image")));
  writeFileSync(join(top, "image"), Buffer.alloc(1024, 1));
  const changed = await run(replayed);
  expect(changed).toMatchObject({ status: 1, out: "" });
  expect(changed.err).toMatch(
    /image is not the file that was recorded as .*image: that one had 1024/,
  );
  const moved = await run(`${replayed} --disk other --disk other`);
  expect(moved).toMatchObject({ status: 0, err: "" });
});

test("a reset boots anew, and power-off ends a command that shows a serial line", async () => {
  const ended = await run(`${MACHINE} --kernel restarts --serial 0=stdio`);
  expect(ended).toEqual({ status: 0, out: "000", err: "" });
  const started = await run(`${MACHINE} r --kernel restarts --pace paced`);
  expect(started).toMatchObject({ status: 0, err: "" });
  let out = "";
  while (!/^Ended +powered off$/m.test(out)) out = (await run("machine status r")).out;
  expect(out).toMatch(/^Resets +2, the last by a triple fault at RIP 0x\w+ at 0\.000 s$/m);
  await run("machine stop r");
  const last = await run(`${MACHINE} --kernel restarts --on-reset end --serial 0=stdio`);
  expect(last).toMatchObject({ status: 1, out: "0" });
  expect(last.err).toMatch(/shut down at RIP 0x\w+: a triple fault/);
});

test("a virtio console is line 2, of machines that have one", async () => {
  expect(await run(`${MACHINE} c --kernel sleeps --virtio-console`)).toMatchObject({ status: 0 });
  expect(await run("serial 2 -m c")).toEqual({ status: 0, out: "", err: "" });
  await run("machine stop c");
  await run(`${MACHINE} c --kernel sleeps`);
  const { status, err } = await run("serial 2 -m c");
  expect([status, err]).toEqual([
    ...[
      1,
      "reading serial: No such device\nThe machine has no virtio console (--virtio-console).\n",
    ],
  ]);
  await run("machine stop c");
});

test("a record that is kept is replayed, and one of something else is not", async () => {
  const started = `${MACHINE} --kernel ends --exit-port 0xf4 --serial 0=null --record kept`;
  expect(await run(started)).toMatchObject({ status: 7, err: "" });
  const replayed = await run("machine replay kept --console");
  expect(replayed).toMatchObject({ status: 0, err: "" });
  expect(replayed.out).toMatch(
    /^hello\r\nbye\r\nkept: the same up to 0\.\d{9} s, \d+ inputs and \d+ check points\n$/,
  );

  const text = readFileSync(join(top, "kept"), "utf8");
  writeFileSync(join(top, "cut"), text.slice(0, text.lastIndexOf("{")));
  const cut = await run("machine replay cut");
  expect(cut).toMatchObject({ status: 1, out: "" });
  expect(cut.err).toMatch(/^replaying cut: Invalid argument\nThe record has no end: it was cut/);
  expect(await run("machine replay cut --unfinished")).toMatchObject({ status: 0, err: "" });
  const other = await run("machine replay kept --kernel sleeps");
  expect(other).toMatchObject({ status: 1, out: "" });
  expect(other.err).toMatch(/sleeps is not the file that was recorded as ends: that one had \d+ b/);
  expect(await run("machine replay missing")).toEqual({
    ...{ status: 1, out: "", err: "opening missing: No such file or directory\n" },
  });

  const [header, ...rest] = text.trimEnd().split("\n").slice(0, -1);
  const lines = [
    header!.replace('"build":"', '"build":"0').replace('"cpus":2', '"cpus":1'),
    ...rest,
  ];
  writeFileSync(join(top, "changed"), lines.map((line) => `${line}\n`).join(""));
  const changed = await run("machine replay changed --unfinished");
  expect(changed).toMatchObject({ status: 2, out: "" });
  expect(changed.err).toMatch(
    /^changed: diverges between .* s: the serial lines have sent something else; before, .*\nIt was recorded by another build \(jailhouse-ts \d/,
  );
});

test.skipIf(process.getuid?.() !== 0)("a record is read as who has called sudo", async () => {
  writeFileSync(join(top, "roots"), "", { mode: 0o600 });
  const nobody = { SUDO_UID: "65534", SUDO_GID: "65534" };
  const { status, err } = await run("machine replay roots", undefined, nobody);
  expect([status, err]).toEqual([1, "opening roots: Permission denied\n"]);
});

test("a record is saved while the machine runs", async () => {
  await run(`${MACHINE} k2 --kernel sleeps`);
  expect(await run("machine record saved -m k2")).toMatchObject({ status: 0, err: "" });
  expect(await run("machine stop k2")).toMatchObject({ status: 0 });
  expect(await run("machine replay saved")).toMatchObject({ status: 0, err: "" });
});

test.each([
  ["--disk missing", /^opening missing: No such file or directory\nThe disk .*missing: No such/],
  ["--disk .", /^opening \.: Is a directory\nThe disk .* is a directory; mke2fs -d makes/],
  ["--disk image --disk empty", /^opening empty: Invalid argument\nThe disk .*empty is empty\.\n$/],
  ["--disk text", /^opening text: Invalid argument\nThe disk .* a raw image is a multiple of 512/],
  [
    Array(9).fill("--disk image").join(" "),
    /^starting machine default: Invalid argument\nA machine has at most 8 disks, not 9\.\n$/,
  ],
  ["--kernel missing", /^opening missing: No such file or directory\n$/],
  ["--kernel sleeps --initrd missing", /^opening missing: No such file or directory\n$/],
  [
    "--kernel text",
    /^starting machine default: Invalid argument\ntext is no kernel of a format that is taken\. Taken are Linux for x86-64/,
  ],
  [
    "--kernel sleeps --exit-port 0x3f8",
    /^starting machine default: Invalid argument\nthe exit port's range .* has another device at 0x3f8/,
  ],
  [
    "--cpu amd,pni=off,sse4_2=on",
    /^error: --cpu: The processor's sse4_2=on needs pni, which is off/,
  ],
])("%s fails at once, with the reason, and leaves nothing", async (words, reason) => {
  const ended = await run(`${MACHINE} ${words}`);
  expect(ended).toMatchObject({ status: 1, out: "" });
  expect(ended.err).toMatch(reason);
  expect(readdirSync(join(top, "run")).filter((name) => name !== "k")).toEqual([]);
});
