// The command where /dev/jailhouse exists: the same verbs, on the computer itself.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CellInfo } from "../control/api.ts";
import { FakeComputer } from "../control/testing/fake-computer.ts";
import { fakeConfig } from "../control/testing/fake-session.ts";
import type { Terminal } from "./io.ts";
import { Surroundings } from "./testing/surroundings.ts";

const ROOT: CellInfo = {
  ...{ id: 0, name: "Linux", state: "running" },
  ...{ cpusAssigned: [0, 1, 2], cpusFailed: [] },
};
const DEMO: CellInfo = { ...ROOT, id: 1, name: "demo", cpusAssigned: [3] };
const PHYSICAL = "flags\t\t: fpu svm\n";
const FLAGS = 44;

let world: Surroundings;
let computer: FakeComputer;
beforeEach(() => {
  world = new Surroundings();
  computer = new FakeComputer(world.host.root);
  world.host = computer.host;
  const file = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(world.directory, name), content);
  file("system.cell", "JHSYS");
  file("image.bin", "image");
  const config = fakeConfig("demo", [3]);
  // Revision, and the size of the CPU set.
  config[6] = 14;
  config[48] = 8;
  file("demo.cell", config);
});
afterEach(() => world.close());

test("the article's session goes to the driver", async () => {
  expect(await world.run("cell list")).toEqual({ status: 0, out: "", err: "" });
  const answers: Record<number, () => void> = {
    1074266112: () => computer.show([ROOT]),
    1074790402: () => computer.show([ROOT, DEMO]),
  };
  computer.answer = (request) => {
    answers[request]?.();
    return 0;
  };
  expect(await world.run("enable system.cell")).toEqual({
    ...{ status: 0, err: "" },
    out: "The Jailhouse is opening.\n",
  });
  const quiet = { status: 0, out: "", err: "" };
  expect(await world.run("cell create demo.cell")).toEqual(quiet);
  expect(await world.run("cell load demo image.bin -a 0xf0000 -s x -a 0x1000")).toEqual(quiet);
  expect(await world.run("cell start demo")).toEqual(quiet);
  expect((await world.run("cell list")).out).toContain("1       demo                    running");
  expect(await world.run("cell shutdown 1")).toEqual(quiet);
  expect(await world.run("cell destroy --name demo")).toEqual(quiet);
  expect((await world.run("disable")).out).toBe("The Jailhouse was closed.\n");
  expect(computer.requests.map(({ request }) => request.toString(16))).toEqual(
    "40080000 40100002 40300003 40280004 40300003 40280005 1".split(" "),
  );
});

test.each<[string, number, string]>([
  ["enable system.cell", 16, "JAILHOUSE_ENABLE: Device or resource busy"],
  ["disable", 22, "JAILHOUSE_DISABLE: Invalid argument"],
  ["cell create demo.cell", 17, "JAILHOUSE_CELL_CREATE: File exists"],
  ["cell load demo image.bin", 22, "JAILHOUSE_CELL_LOAD: Invalid argument"],
  ["cell shutdown 0", 22, "JAILHOUSE_CELL_LOAD: Invalid argument"],
  ["cell start nobody", 2, "JAILHOUSE_CELL_START: No such file or directory"],
  ["cell destroy demo", 1, "JAILHOUSE_CELL_DESTROY: Operation not permitted"],
])("%s refused with error %i -> %s, and why", async (line, errno, message) => {
  computer.answer = () => {
    computer.log("jailhouse: because of that");
    return -errno;
  };
  expect(await world.run(line)).toEqual({
    ...{ status: 1, out: "" },
    err: `${message}\nbecause of that\n`,
  });
});

test("a name chooses an emulated machine, the device's path this computer", async () => {
  await world.machine("one");
  computer.show([ROOT]);
  expect((await world.run("enable system.cell -m one")).status).toBe(0);
  expect((await world.run("cell list -m one")).out).toContain("fake");
  expect((await world.run("cell list")).out).toContain("Linux");
  Object.assign(world.env, { JAILHOUSE_MACHINE: "one" });
  expect((await world.run("cell list")).out).toContain("fake");
  expect((await world.run("cell list -m /dev/jailhouse")).out).toContain("Linux");
  expect(computer.requests).toEqual([]);
});

test("without the driver the device's path is an error as of old", async () => {
  computer.remove("/dev/jailhouse");
  computer.remove("/sys/devices/jailhouse");
  const { status, err } = await world.run("disable -m /dev/jailhouse");
  expect([status, err.split("\n")[0]]).toEqual([
    1,
    "opening /dev/jailhouse: No such file or directory",
  ]);
  expect(await world.run("cell list -m /dev/jailhouse")).toEqual({ status: 0, out: "", err: "" });
});

test("a physical computer is taken over only by who takes the risk", async () => {
  computer.write("/proc/cpuinfo", PHYSICAL);
  const refused = await world.run("enable system.cell");
  expect(refused).toMatchObject({ status: 1, out: "" });
  expect(refused.err).toMatch(/^This is a physical computer\.[^\n]*\nNobody is there .*--yes/);
  expect(computer.requests).toEqual([]);
  const taken = await world.run("enable --yes system.cell");
  expect(taken).toMatchObject({ status: 0, out: "The Jailhouse is opening.\n" });
  expect(taken.err).toMatch(/^This is a physical computer\.[^\n]*\n$/);
});

test.each<[string, number, number]>([
  ["y\n", 0, 1],
  [" Yes \n", 0, 1],
  ["n\n", 1, 0],
  ["\n", 1, 0],
  ["", 1, 0],
])("at a terminal the answer %j ends with status %i", async (answer, status, requests) => {
  computer.write("/proc/cpuinfo", PHYSICAL);
  world.terminal = {} as Terminal;
  const enabling = world.run("enable system.cell");
  world.input.end(answer);
  const { err, ...rest } = await enabling;
  expect(rest.status).toBe(status);
  expect(err).toContain("Go on? [y/N] ");
  expect(computer.requests).toHaveLength(requests);
});

test("warnings are shown: of the hypervisor at enable, of shared cores at create", async () => {
  computer.answer = () => {
    computer.show([ROOT, DEMO]);
    computer.print("Initializing\nNo IOMMU is used: beware\nWARNING: odd\nActivating hypervisor\n");
    return 0;
  };
  expect((await world.run("enable system.cell")).err).toBe(
    "Warning: No IOMMU is used: beware\nWarning: odd\n",
  );
  computer.write("/sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "1,3\n");
  expect((await world.run("cell create demo.cell")).err).toMatch(/^Warning: CPU 3 of cell "demo"/);
});

test("--allow-dma sets the cell's flag, and changes nothing else", async () => {
  computer.show([ROOT, DEMO]);
  await world.run("cell create demo.cell");
  await world.run("cell create --allow-dma demo.cell");
  const [plain, allowed] = computer.pointedTo as [Uint8Array, Uint8Array];
  expect([...allowed.subarray(FLAGS, FLAGS + 4)]).toEqual([0, 0, 0, 0x20]);
  allowed[FLAGS + 3] = 0;
  expect(allowed).toEqual(plain);
});

test("statistics and the console come from the driver", async () => {
  computer.show([{ ...ROOT, total: 1234 }]);
  computer.print("Activating hypervisor\n");
  expect((await world.run("cell stats 0")).out).toMatch(/vmexits_total +1234\n/);
  expect((await world.run("console")).out).toBe("Activating hypervisor\n");
  const following = world.run("console -f");
  while (!world.printed.includes("hypervisor\n")) await sleep(5);
  computer.print("Created cell\n");
  while (!world.printed.includes("cell\n")) await sleep(5);
  world.interrupt();
  expect((await following).out).toBe("Activating hypervisor\nCreated cell\n");
});

test("machine status and list show the computer", async () => {
  computer.show([ROOT, DEMO]);
  computer.online([0, 1, 2]);
  const { out } = await world.run("machine status");
  expect(out).toContain("Machine       /dev/jailhouse\n");
  expect(out).toContain("Offline CPUs  3\n");
  expect(out).toMatch(/\n\nCPUs {4}0001\n\n0 {2}Linux {2}CPUs 0-2 {2}running\n1 {2}demo/);
  expect(JSON.parse((await world.run("machine status --json")).out)).toMatchObject({
    ...{ name: "/dev/jailhouse", pace: "real" },
  });
  await world.machine("one");
  expect((await world.run("machine list")).out).toMatch(
    /^Name.*\n\/dev\/jailhouse {2}4 {5}1024 MiB {2}real {2}enabled {4}2\none .*\n$/,
  );
});

test.each([
  ["machine start", "This computer is the machine, and it runs."],
  ["machine stop", "hands it back to Linux"],
  ["machine record file", "is not recorded"],
  ["serial", "another computer at the cable"],
])("%s means nothing on a computer", async (line, words) => {
  const { status, out, err } = await world.run(line);
  expect([status, out]).toEqual([1, ""]);
  expect(err).toMatch(/: Operation not supported\n/);
  expect(err).toContain(words);
});
