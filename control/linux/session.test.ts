import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encode } from "../../config/index.ts";
import { projectVersion } from "../../config/version.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import type { CellInfo } from "../api.ts";
import { FakeComputer } from "../testing/fake-computer.ts";
import { LocalTarget } from "./local.ts";
import { LinuxSession } from "./session.ts";

const ROOT: CellInfo = {
  ...{ id: 0, name: "Linux", state: "running" },
  ...{ cpusAssigned: [0, 1, 2], cpusFailed: [] },
};
const DEMO: CellInfo = {
  ...{ id: 1, name: "apic-demo", state: "shut down" },
  ...{ cpusAssigned: [3], cpusFailed: [] },
};
const name = (text: string) => Buffer.from(text).toString("hex").padEnd(64, "0");

let computer: FakeComputer;
let session: LinuxSession;
beforeEach(() => {
  computer = new FakeComputer();
  session = new LinuxSession(new LocalTarget(computer.host));
});
afterEach(async () => {
  await session.close();
  computer.close();
});

test("a driver of another release is refused by its name, the original's is not", async () => {
  computer.write("/sys/devices/jailhouse/version", "0.0.9\n");
  const words = `The driver is of jailhouse-ts 0.0.9, this command of ${projectVersion()}: install both of one release.`;
  const refusal = { errno: 22, hint: words };
  await expect(session.enable(Buffer.from("JHSYS"))).rejects.toMatchObject(refusal);
  await expect(session.enableTrial(Buffer.from("JHSYS"), 5)).rejects.toMatchObject(refusal);
  expect(computer.requests).toEqual([]);
  computer.write("/sys/devices/jailhouse/version", `${projectVersion()}\n`);
  await session.enable(Buffer.from("JHSYS"));
  expect(computer.requests.length).toBe(1);
});

test("enable hands over the configuration itself, disable nothing", async () => {
  await session.enable(Buffer.from("JHSYS and more"));
  await session.disable();
  expect(computer.requests).toEqual([
    { request: 0x40080000, argument: Buffer.from("JHSYS and more").toString("hex") },
    { request: 1, argument: undefined },
  ]);
});

test("create points to the configuration and says its size", async () => {
  const config = encode(apicDemo);
  computer.answer = () => {
    computer.show([ROOT, DEMO]);
    return 0;
  };
  expect(await session.createCell(config)).toEqual({ ...DEMO, warnings: [] });
  const size = Buffer.from([config.length & 255, config.length >> 8]).toString("hex");
  expect(computer.requests).toEqual([
    { request: 0x40100002, argument: `0010000000000000${size}000000000000` },
  ]);
  expect(computer.pointedTo).toEqual([Uint8Array.from(config)]);
});

test("a driver that does nothing and says that all is well is found out", async () => {
  computer.show([ROOT]);
  await expect(session.createCell(encode(apicDemo))).rejects.toMatchObject({ code: "ENOENT" });
});

test("load has an entry of 32 bytes for each image, and none for a shutdown", async () => {
  const images = [
    { data: Buffer.from("first"), address: 0xf0000n },
    { data: Buffer.from("console=none\0"), address: 0x1_0000_1000n },
  ];
  await session.loadCell("apic-demo", images);
  await session.shutdownCell(7);
  expect(computer.requests).toEqual([
    {
      request: 0x40300003,
      argument: [
        `ffffffff00000000${name("apic-demo")}0200000000000000`,
        "0010000000000000050000000000000000000f00000000000000000000000000",
        "00200000000000000d0000000000000000100000010000000000000000000000",
      ].join(""),
    },
    { request: 0x40300003, argument: `0700000000000000${name("")}0000000000000000` },
  ]);
  expect(computer.pointedTo.map((bytes) => Buffer.from(bytes).toString())).toEqual([
    "first",
    "console=none\0",
  ]);
});

test("start and destroy say who is meant in 40 bytes", async () => {
  await session.startCell(1);
  await session.destroyCell("a name of exactly 31 characters");
  await session.destroyCell(2, { force: true });
  expect(computer.requests).toEqual([
    { request: 0x40280004, argument: `0100000000000000${name("")}` },
    {
      request: 0x40280005,
      argument: `ffffffff00000000${name("a name of exactly 31 characters")}`,
    },
    { request: 0x40280085, argument: `0200000000000000${name("")}` },
  ]);
});

test("a name or number that the structure cannot hold is nobody's", async () => {
  const long = "a name that has exactly 32 chars";
  for (const cell of [long, "a\0b", -1, 2 ** 31]) {
    await expect(session.startCell(cell)).rejects.toMatchObject({ code: "ENOENT" });
  }
  expect(computer.requests).toEqual([]);
});

test("a request that needs an enabled hypervisor says so", async () => {
  computer.answer = () => -22;
  for (const call of [session.disable(), session.destroyCell(1, { force: true })]) {
    await expect(call).rejects.toMatchObject({
      ...{ code: "EINVAL", hint: "The hypervisor is not enabled." },
    });
  }
});

test("a driver without force is said to have none", async () => {
  computer.show([ROOT]);
  for (const [errno, code] of [
    [22, "EOPNOTSUPP"],
    [25, "EOPNOTSUPP"],
    [2, "ENOENT"],
  ] as const) {
    computer.answer = () => -errno;
    await expect(session.destroyCell(1, { force: true })).rejects.toMatchObject({ code });
  }
});

test("a refusal carries what driver and hypervisor said, and nothing older", async () => {
  computer.log("jailhouse: an old story");
  computer.print("Initializing\nRefused: another old story\n");
  computer.answer = () => {
    computer.log("jailhouse: Not a system configuration");
    computer.log("usb 1-1: new device");
    computer.print("Page pool usage\nRefused: no memory\n");
    return -16;
  };
  await expect(session.enable(new Uint8Array(8))).rejects.toMatchObject({
    code: "EBUSY",
    message: "Device or resource busy",
    hint: "Not a system configuration; the console says: Refused: no memory",
  });
  computer.answer = () => -1;
  const second = await session.disable().catch((error) => error);
  expect([second.code, second.hint]).toEqual(["EPERM", undefined]);
});

test("a hypervisor's words that the driver passed on are said once", async () => {
  computer.answer = () => {
    computer.log("jailhouse: Refused: AMD-V is in use");
    computer.print("Refused: AMD-V is in use\n");
    return -16;
  };
  await expect(session.enable(new Uint8Array(8))).rejects.toMatchObject({
    hint: "Refused: AMD-V is in use",
  });
});

test("what the driver warns of is passed on, and nothing else that it logs", async () => {
  computer.answer = () => {
    computer.log("jailhouse: beware", 4);
    computer.log("jailhouse: by the way");
    computer.show([ROOT, DEMO]);
    return 0;
  };
  await session.enable(Buffer.from("JHSYS"));
  expect(await session.caveats()).toEqual(["beware"]);
  expect(await session.createCell(encode(apicDemo))).toMatchObject({ warnings: ["beware"] });
});

test("two users have the device open, and the later one is refused", async () => {
  const other = new LinuxSession(new LocalTarget(computer.host));
  await session.enable(Buffer.from("JHSYS"));
  computer.answer = () => -16;
  await expect(other.enable(Buffer.from("JHSYS"))).rejects.toMatchObject({ code: "EBUSY" });
  await session.disable().catch(() => {});
  expect(computer.requests.map(({ request }) => request)).toEqual([0x40080000, 0x40080000, 1]);
  await other.close();
});

test("a console that cannot be read costs the reason, not the request", async () => {
  computer.remove("/dev/jailhouse");
  // Reading address 0 of a process is an input/output error.
  symlinkSync("/proc/self/mem", join(computer.host.root, "dev/jailhouse"));
  await session.disable();
  expect(computer.requests).toHaveLength(1);
  await expect(session.consoleText()).rejects.toMatchObject({ code: "EIO" });
  await expect(session.attachConsole(() => {})).rejects.toMatchObject({ code: "EIO" });
});

test("without the driver the device cannot be opened", async () => {
  computer.remove("/dev/jailhouse");
  await expect(session.enable(new Uint8Array(8))).rejects.toMatchObject({
    ...{ code: "ENOENT", subject: "opening /dev/jailhouse" },
    hint: expect.stringContaining("The driver is not loaded"),
  });
  await expect(session.consoleText()).rejects.toMatchObject({ subject: "opening /dev/jailhouse" });
  computer.remove("/sys/devices/jailhouse");
  expect(await session.status()).toMatchObject({ enabled: false, cells: [] });
});

test("where no system calls can be made that is said", async () => {
  const failing = { ...computer.host, loadCalls: () => Promise.reject(new Error("no koffi")) };
  const blind = new LinuxSession(new LocalTarget(failing));
  await expect(blind.disable()).rejects.toThrow("no koffi");
  computer.show([ROOT]);
  expect(await blind.cells()).toEqual([ROOT]);
  await blind.close();
});

test("status is what sysfs shows", async () => {
  expect(await session.status()).toMatchObject({ enabled: false, cells: [], pace: "real" });
  computer.show([ROOT, { ...DEMO, cpusFailed: [3], state: "failed" }]);
  computer.online([0, 1, 2]);
  expect(await session.status()).toMatchObject({
    ...{ name: "/dev/jailhouse", cpus: 4, memory: 2 ** 30, enabled: true, offline: [3] },
    cells: [ROOT, { id: 1, state: "failed", cpusAssigned: [3], cpusFailed: [3] }],
    pools: { memory: { size: 979, used: 202 } },
  });
});

test("statistics are the cell's and its CPUs', by id and by name", async () => {
  computer.show([
    { ...ROOT, total: 50 },
    { ...DEMO, total: 9 },
  ]);
  const statistics = await session.statistics(0);
  expect(statistics.total).toEqual({ total: 50, mmio: 1 });
  expect([...statistics.cpus]).toEqual([0, 1, 2].map((cpu) => [cpu, { total: 50 + cpu, mmio: 1 }]));
  expect((await session.statistics("apic-demo")).total.total).toBe(9);
  await expect(session.statistics("nobody")).rejects.toMatchObject({ code: "ENOENT" });
});

test("a cell that goes while it is read is left out", async () => {
  computer.show([ROOT, DEMO]);
  computer.remove("/sys/devices/jailhouse/cells/1/state");
  expect(await session.cells()).toEqual([ROOT]);
});

test("the console is shown, and followed without a gap until the session ends", async () => {
  computer.print("Initializing\n");
  expect(await session.consoleText()).toBe("Initializing\n");
  let seen = "";
  const { text } = await session.attachConsole((piece) => {
    seen += piece;
  });
  expect(text).toBe("Initializing\n");
  computer.print("Created cell\n");
  while (seen === "") await sleep(20);
  expect(seen).toBe("Created cell\n");
  await session.close();
  computer.print("unseen\n");
  await sleep(150);
  expect(seen).toBe("Created cell\n");
  await session.closed;
});

test("what only an emulated machine can do is refused", async () => {
  const line = session.serial(0);
  for (const call of [line.text(), line.write("x"), line.waitFor("x"), line.follow(() => {})]) {
    await expect(call).rejects.toMatchObject({ code: "EOPNOTSUPP" });
  }
  await expect(session.attachSerial()).rejects.toMatchObject({ code: "EOPNOTSUPP" });
  await expect(session.fingerprint()).rejects.toMatchObject({ code: "EOPNOTSUPP" });
});

test("time is the computer's, and waiting for it can be given up", async () => {
  const before = await session.time();
  await session.run(5e6);
  const passed = (await session.time()) - before;
  expect(passed).toBeGreaterThanOrEqual(5e6);
  await session.run(3600e9, AbortSignal.timeout(5));
  expect((await session.time()) - before).toBeLessThan(3600e9);
});
