import { symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { projectVersion } from "../config/version.ts";
import { fakeConfig } from "../control/testing/fake-session.ts";
import { Surroundings } from "./testing/surroundings.ts";

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
  const file = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(world.directory, name), content);
  file("system.cell", "JHSYS");
  file("demo.cell", fakeConfig("demo", [3]));
  file("locked.cell", fakeConfig("locked", [2]));
  file("image.bin", "image");
  file("huge.bin", "");
  truncateSync(join(world.directory, "huge.bin"), 2 ** 30);
  symlinkSync("loop.cell", join(world.directory, "loop.cell"));
});
afterEach(() => world.close());

/** Runs the commands, which must succeed quietly. */
async function prepare(...lines: string[]): Promise<void> {
  for (const line of lines) {
    expect(await world.run(line), line).toMatchObject({ status: 0, err: "" });
  }
}

test("the article's session works", async () => {
  await world.machine();
  expect(await world.run("enable system.cell")).toEqual({
    status: 0,
    out: "The Jailhouse is opening.\n",
    err: "",
  });
  await prepare("cell create demo.cell", "cell load demo image.bin -a 0xf0000", "cell start demo");
  expect((await world.run("cell list")).out).toBe(
    [
      "ID      Name                    State             Assigned CPUs           Failed CPUs             ",
      "0       fake                    running           0-2                                             ",
      "1       demo                    running           3                                               ",
      "",
    ].join("\n"),
  );
  await prepare("cell shutdown 1", "cell destroy --name demo");
  expect((await world.run("disable")).out).toBe("The Jailhouse was closed.\n");
  expect((await world.run("console")).out).toBe("Activating hypervisor\n");
});

test.each<[string, string, string[]]>([
  ["disable", "JAILHOUSE_DISABLE: Invalid argument", []],
  ["enable system.cell", "JAILHOUSE_ENABLE: Device or resource busy", ["enable system.cell"]],
  ["enable demo.cell", "JAILHOUSE_ENABLE: Invalid argument", []],
  ["enable missing.cell", "opening missing.cell: No such file or directory", []],
  ["cell create .", "opening .: Is a directory", []],
  ["cell create loop.cell", "opening loop.cell: Too many levels of symbolic links", []],
  ["cell create /dev/zero", "JAILHOUSE_CELL_CREATE: Argument list too long", []],
  ["cell load 1 huge.bin", "JAILHOUSE_CELL_LOAD: Argument list too long", []],
  ["cell create demo.cell", "JAILHOUSE_CELL_CREATE: Invalid argument", []],
  [
    "cell create demo.cell",
    "JAILHOUSE_CELL_CREATE: File exists",
    ["enable system.cell", "cell create demo.cell"],
  ],
  [
    "cell load 5 image.bin",
    "JAILHOUSE_CELL_LOAD: No such file or directory",
    ["enable system.cell"],
  ],
  ["cell load 0 image.bin", "JAILHOUSE_CELL_LOAD: Invalid argument", ["enable system.cell"]],
  ["cell load 0 none.bin", "opening none.bin: No such file or directory", ["enable system.cell"]],
  ["cell shutdown 0", "JAILHOUSE_CELL_LOAD: Invalid argument", ["enable system.cell"]],
  ["cell start nobody", "JAILHOUSE_CELL_START: No such file or directory", ["enable system.cell"]],
  ["cell destroy 0", "JAILHOUSE_CELL_DESTROY: Invalid argument", ["enable system.cell"]],
  ["cell stats 4", "reading stats: No such file or directory", ["enable system.cell"]],
  ["machine stop other", "stopping machine other: No such file or directory", []],
  ["machine stop a/b", "stopping machine a/b: Invalid argument", []],
  ["machine start default", "starting machine default: File exists", []],
])("%s -> %s, exit status 1", async (line, message, before) => {
  await world.machine();
  await prepare(...before);
  const { status, out, err } = await world.run(line);
  expect([status, out, err.split("\n")[0]]).toEqual([1, "", message]);
});

test("a refusal says why, and another try may succeed", async () => {
  await world.machine();
  await prepare("enable system.cell", "cell create locked.cell", "cell load 1 image.bin");
  await prepare("cell start 1");
  expect(await world.run("cell destroy locked")).toEqual({
    status: 1,
    out: "",
    err: "JAILHOUSE_CELL_DESTROY: Operation not permitted\nThe cell refused.\n",
  });
  await prepare("cell destroy locked");
});

test("--force destroys a cell that refuses", async () => {
  await world.machine();
  await prepare("enable system.cell", "cell create locked.cell", "cell destroy --force locked");
});

test("starting a cell without an image warns, and succeeds", async () => {
  await world.machine();
  await prepare("enable system.cell", "cell create demo.cell");
  expect(await world.run("cell start demo")).toEqual({
    status: 0,
    out: "",
    err: "Warning: Nothing was loaded at the reset address.\n",
  });
});

test.each([
  "cell create system.cell",
  "disable",
  "console",
  "cell start 1",
  "serial",
  "cell stat 0",
])("without a machine, %s cannot open the device", async (line) => {
  const { status, err } = await world.run(line);
  expect(status).toBe(1);
  expect(err.split("\n").slice(0, 2)).toEqual([
    "opening /dev/jailhouse: No such file or directory",
    'No machine "default" runs; start one with: jailhouse machine start',
  ]);
});

test("listing cells without a machine, or before it is enabled, prints nothing", async () => {
  expect(await world.run("cell list")).toEqual({ status: 0, out: "", err: "" });
  await world.machine();
  expect(await world.run("cell list")).toEqual({ status: 0, out: "", err: "" });
  expect((await world.run("cell list --json")).out).toBe("[]\n");
});

test("help and version are on stdout and succeed", async () => {
  expect(await world.run("--version")).toEqual({
    status: 0,
    out: `Jailhouse management tool v0.12 (jailhouse-ts ${projectVersion()})\n`,
    err: "",
  });
  for (const line of ["--help", "cell --help", "cell load --help", "machine start -h"]) {
    const { status, out, err } = await world.run(line);
    expect([status, err]).toEqual([0, ""]);
    expect(out).toMatch(/^Usage: jailhouse/);
  }
});

test.each(["", "cell", "machine"])(
  "jailhouse %s alone shows the help, exit status 1",
  async (line) => {
    const { status, out, err } = await world.run(line);
    expect([status, err]).toEqual([1, ""]);
    expect(out).toMatch(/^Usage: jailhouse/);
  },
);

test.each([
  "frobnicate",
  "enable",
  "enable a b",
  "cell create",
  "cell load",
  "cell load demo",
  "cell load demo image.bin -a here",
  "cell start",
  "cell start a b",
  "cell destroy --no-such-option x",
  "cell stats 0 --count 0",
  "machine start --cpus 0",
  "machine start --cpus 65",
  "machine start --memory 1000",
  "machine start --cpu via",
  "machine start --cpu amd,sse9=off",
  "machine start --cpu amd,sse4_2",
  "machine start --exit-port 0x10000",
  "machine start --append text",
  "machine start --initrd file",
  "machine start --on-reset boot",
  "machine start --pace slow",
  "machine start --seed dice",
  "machine start --serial-speed fast",
  "machine start --seed 9007199254740992",
  "machine start --serial 2=null",
  "machine start --serial 0=tcp:1",
  "serial 3",
])("jailhouse %s is misuse: one line, with where help is, exit status 1", async (line) => {
  const { status, out, err } = await world.run(line);
  expect([status, out]).toEqual([1, ""]);
  expect(err).toMatch(/^error: [^\n]+ \(see: jailhouse[a-z ]* --help\)\n$/);
});

test("the help that a misuse names is that of its verb", async () => {
  const { err } = await world.run("cell destroy --no-such-option x");
  expect(err).toContain("(see: jailhouse cell destroy --help)");
  expect((await world.run("machine start --cpus 0")).err).toContain(
    "jailhouse machine start --help",
  );
});

test("machines are told apart by option and environment", async () => {
  await world.machine("one");
  await world.machine("two");
  await prepare("enable system.cell -m two");
  expect((await world.run("machine list")).out).toBe(
    [
      "Name  CPUs  Memory    Pace  Jailhouse  Cells",
      "one   4     1024 MiB  free  disabled   0",
      "two   4     1024 MiB  free  enabled    1",
      "",
    ].join("\n"),
  );
  expect((await world.run("cell list")).out).toBe("");
  Object.assign(world.env, { JAILHOUSE_MACHINE: "two" });
  expect((await world.run("cell list")).out).toContain("fake");
  expect((await world.run("machine status one")).out).toContain("disabled");
  expect((await world.run("cell load -m one 0 image.bin")).err).toContain("Not enabled.");
});

test("tables come as JSON on request", async () => {
  await world.machine();
  await prepare("enable system.cell", "cell create demo.cell");
  expect(JSON.parse((await world.run("cell list --json")).out)).toMatchObject([
    { id: 0, name: "fake", cpusAssigned: [0, 1, 2] },
    { id: 1, name: "demo", state: "shut down" },
  ]);
  expect(JSON.parse((await world.run("cell stat demo --json")).out)).toMatchObject({
    cell: { name: "demo" },
    cpus: { 3: { total: 0 } },
  });
  expect(JSON.parse((await world.run("machine list --json")).out)).toMatchObject([{ cpus: 4 }]);
  const status = JSON.parse((await world.run("machine status --json")).out);
  expect(status).toMatchObject({ enabled: true, daemon: { pid: process.pid } });
});

test("statistics as text show sums, then rates by the machine's own time", async () => {
  await world.machine();
  await prepare("enable system.cell", "cell create demo.cell");
  const { out } = await world.run("cell stats demo -n 2");
  const [first, second] = out.split("\n\nS");
  expect(first).toMatch(/^Statistics for demo cell\n\nCOUNTER \(All CPUs\) {19}SUM {3}PER SEC\n/);
  expect(second).toContain("vmexits_xapic                         50        50\n");
});

test("serial output is shown, followed, and sent", async () => {
  const { daemon } = await world.machine();
  await prepare("enable system.cell", "cell create demo.cell", "cell load 1 image.bin");
  await prepare("cell start 1", "serial --send hello");
  await daemon.clock.wait({ until: 200_000_000 });
  expect((await world.run("serial 0")).out).toBe("hellodemo 1\ndemo 2\n");
  const following = world.run("serial -f");
  while (!world.printed.includes("demo 20\n")) await sleep(5);
  world.interrupt();
  expect((await following).out).toMatch(/^hellodemo 1\ndemo 2\n[\s\S]*demo 20\n/);
  expect((await world.run("serial 1")).out).toBe("");
});

test.each([
  [
    "console --foo",
    "error: unknown option '--foo' (Did you mean --follow?) (see: jailhouse console --help)\n",
  ],
  [
    "cell lits",
    "error: unknown command 'lits' (Did you mean list?) (see: jailhouse cell --help)\n",
  ],
])("misuse is one line, with what may have been meant: %s", async (line, err) => {
  expect(await world.run(line)).toEqual({ status: 1, out: "", err });
});

test("following ends when the machine goes", async () => {
  const { daemon } = await world.machine();
  await prepare("enable system.cell");
  const following = world.run("console -f");
  while (!world.printed.includes("hypervisor\n")) await sleep(5);
  await daemon.stop();
  expect(await following).toMatchObject({ status: 0 });
});

test("a path that is empty names nothing", async () => {
  expect(await world.run(["cell", "create", ""])).toEqual({
    ...{ status: 1, out: "" },
    err: "opening : No such file or directory\n",
  });
});

test("machine status draws an enabled machine", async () => {
  await world.machine();
  expect((await world.run("machine status")).out).not.toContain("Memory  0");
  await prepare("enable system.cell", "cell create demo.cell");
  const { out } = await world.run("machine status");
  expect(out).toContain(`\nCPUs    0001\nMemory  ${"0".repeat(64)}\n`);
});

test("cell linux says that it is not supported yet, whatever follows", async () => {
  for (const line of [
    "cell linux",
    "cell linux -d x.dtb -c quiet my.cell bzImage",
    "cell linux a b",
  ]) {
    const { status, out, err } = await world.run(line);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/^cell linux: not supported yet\n/);
  }
});
