import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  claim,
  cleanLeftovers,
  daemonPid,
  listMachines,
  machinePaths,
  release,
  runtimeDirectory,
} from "./registry.ts";

let top: string;
let env: Record<string, string>;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "registry-"));
  env = { JAILHOUSE_RUNTIME_DIR: join(top, "run") };
});
afterEach(() => rmSync(top, { recursive: true }));

const failure = (code: string, hint: RegExp) =>
  expect.objectContaining({ code, hint: expect.stringMatching(hint) });

test("the runtime directory is private and found by the usual rules", () => {
  expect(statSync(runtimeDirectory(env)).mode & 0o777).toBe(0o700);
  mkdirSync(join(top, "xdg"));
  expect(runtimeDirectory({ XDG_RUNTIME_DIR: join(top, "xdg") })).toBe(join(top, "xdg/jailhouse"));
});

test("a runtime directory that others can enter, or a link, is refused", () => {
  mkdirSync(join(top, "open"), { mode: 0o755 });
  expect(() => runtimeDirectory({ JAILHOUSE_RUNTIME_DIR: join(top, "open") })).toThrow(
    failure("EACCES", /chmod 700/),
  );
  mkdirSync(join(top, "mine"), { mode: 0o700 });
  symlinkSync(join(top, "mine"), join(top, "link"));
  expect(() => runtimeDirectory({ JAILHOUSE_RUNTIME_DIR: join(top, "link") })).toThrow(
    failure("EACCES", /of your own/),
  );
  expect(() => runtimeDirectory({ JAILHOUSE_RUNTIME_DIR: "run" })).toThrow(
    failure("EINVAL", /absolute/),
  );
});

test.each(["", ".", "..", "../x", "a/b", "-m", "a b", "ä", "x".repeat(64), ".going-1"])(
  "%j is no machine name",
  (name) => {
    expect(() => machinePaths(name, env)).toThrow(failure("EINVAL", /cannot be a machine's name/));
  },
);

test("a socket path that is too long is refused with a way out", () => {
  const long = { JAILHOUSE_RUNTIME_DIR: join(top, "d".repeat(90)) };
  expect(() => machinePaths("m", long)).toThrow(failure("ENAMETOOLONG", /JAILHOUSE_RUNTIME_DIR/));
});

test("a claimed machine is listed, cannot be claimed again, and is gone when released", () => {
  const paths = machinePaths("one", env);
  claim(paths);
  expect(daemonPid(paths)).toBe(process.pid);
  expect(listMachines(env).map(({ name }) => name)).toEqual(["one"]);
  expect(() => claim(paths)).toThrow(failure("EEXIST", /runs already/));
  expect(cleanLeftovers(paths)).toBe(false);
  release(paths);
  expect(readdirSync(join(top, "run"))).toEqual([]);
});

test("leftovers of a killed daemon are recognised, though its pid may be in use again", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.on("exit", resolve));
  const paths = machinePaths("dead", env);
  const leftovers = [`${child.pid} 1\n`, "nonsense", `${process.pid} 12\n`];
  for (const pid of leftovers) {
    mkdirSync(paths.directory);
    writeFileSync(paths.pid, pid);
    writeFileSync(paths.socket, "");
    expect(listMachines(env)).toEqual([]);
    expect(existsSync(paths.directory)).toBe(false);
  }
  mkdirSync(paths.directory);
  claim(paths);
  expect(daemonPid(paths)).toBe(process.pid);
});

test("release leaves another daemon's directory alone", () => {
  const paths = machinePaths("other", env);
  mkdirSync(paths.directory);
  writeFileSync(paths.pid, "1 1\n");
  release(paths);
  expect(existsSync(paths.pid)).toBe(true);
});

test.runIf(process.platform === "linux")("a directory that cannot be created is refused", () => {
  expect(() => runtimeDirectory({ JAILHOUSE_RUNTIME_DIR: "/proc/nowhere/at/all" })).toThrow();
});

test("a daemon that came since leftovers were looked at keeps its directory", () => {
  const paths = machinePaths("late", env);
  claim(paths);
  const lookedAtBefore = { ...paths, pid: join(top, "nothing") };
  expect(cleanLeftovers(lookedAtBefore)).toBe(false);
  expect(daemonPid(paths)).toBe(process.pid);
  expect(readdirSync(join(top, "run"))).toEqual(["late"]);
});
