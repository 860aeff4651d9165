// What the agent reads and does is what the command on the computer itself reads and does.
import { afterEach, beforeEach, expect, test } from "vitest";
import * as ioctl from "../../abi/ioctl.ts";
import { COLLECTED } from "../../config/create/collected.ts";
import type { CellInfo } from "../../control/api.ts";
import * as about from "../../control/linux/computer.ts";
import { LinuxSession } from "../../control/linux/session.ts";
import * as sysfs from "../../control/linux/sysfs-reader.ts";
import type { Target } from "../../control/linux/target.ts";
import { Connection } from "../../control/remote/connection.ts";
import { RemoteTarget } from "../../control/remote/target.ts";
import { describeAgent } from "../metal/linux.ts";
import { AgentComputer } from "./computer.ts";
import { SharedLine } from "./line.ts";

const ROOT: CellInfo = {
  ...{ id: 0, name: "Linux", state: "running" },
  ...{ cpusAssigned: [0, 1, 2], cpusFailed: [] },
};
const DEMO: CellInfo = { ...ROOT, id: 1, name: "demo", state: "failed", cpusAssigned: [3] };
const EACCES = 13;

describeAgent("the agent", () => {
  let computer: AgentComputer;
  let line: SharedLine;
  let target: RemoteTarget;
  beforeEach(async () => {
    computer = new AgentComputer();
    line = new SharedLine(computer.command);
    target = new RemoteTarget("the line", await Connection.open(line.connect(), "the line"));
  });
  afterEach(async () => {
    await target.close();
    await line.close();
    computer.close();
  });

  /** All files that a target finds, as text. */
  async function found(where: Target, patterns: readonly string[]): Promise<[string, string][]> {
    const { readable } = await where.gather(patterns);
    return readable
      .map(([path, data]): [string, string] => [path, Buffer.from(data).toString("hex")])
      .sort();
  }

  test("finds the same files, for every pattern that the command has", async () => {
    computer.show([ROOT, DEMO]);
    const patterns = [
      ...[...COLLECTED, ...sysfs.ENABLED_FILES, ...sysfs.CELL_FILES, ...sysfs.POOL_FILES],
      ...[...sysfs.counterFiles(0), ...sysfs.counterFiles(1)],
      ...[...about.CPU_FILES, ...about.MEMORY_FILES, ...about.CORE_FILES, ...about.VIRTUAL_FILES],
    ];
    for (const pattern of patterns) {
      const [one, other] = ["a0", "b.1:2"].map((name) => pattern.replaceAll("*", name));
      for (const path of [one!, other!]) computer.write(path, `${path}\n`.repeat(path.length % 3));
    }
    for (const pattern of patterns) {
      const here = await found(computer.local, [pattern]);
      expect([pattern, here.length > 0]).toEqual([pattern, true]);
      expect(await found(target, [pattern])).toEqual(here);
    }
    expect(await found(target, patterns)).toEqual(await found(computer.local, patterns));
  });

  test("reads nothing else", async () => {
    computer.write("/etc/passwd", "secret");
    computer.write("/sys/class/dmi/id/product_serial", "secret");
    for (const path of [
      "/etc/passwd",
      "/etc/*",
      "/sys/class/dmi/id/product_*",
      "/sys/devices/jailhouse/core",
    ]) {
      computer.write("/sys/devices/jailhouse/core", "secret");
      const files = await target.gather([path]);
      expect([path, files.readable]).toEqual([path, []]);
      if (!path.includes("*"))
        expect(() => files.read(path)).toThrow(expect.objectContaining({ errno: EACCES }));
    }
    await expect(target.gather(["/proc/../etc/passwd"])).rejects.toMatchObject({ code: "EINVAL" });
    await expect(target.gather(["proc/cpuinfo"])).rejects.toMatchObject({ code: "EINVAL" });
    expect(await target.readMsr(0x10)).toBeUndefined();
  });

  test("a session shows what it shows on the computer itself", async () => {
    computer.show([ROOT, DEMO]);
    computer.write("/sys/devices/jailhouse/trial", "42\n");
    computer.print("Initializing\n");
    const [here, there] = [new LinuxSession(computer.local), new LinuxSession(target)];
    const { time, ...status } = await there.status();
    expect(status).toMatchObject({ enabled: true, trial: 42, cells: [ROOT, DEMO] });
    const { time: _, ...local } = await here.status();
    expect(status).toEqual({ ...local, name: "the line" });
    expect(time).toBe(12.5e9);
    for (const cell of [0, 1, "demo"])
      expect(await there.statistics(cell)).toEqual(await here.statistics(cell));
    expect(await there.risk()).toBe(await here.risk());
    expect(await there.consoleText()).toBe("Initializing\n");
    expect((await there.devices()).list("/sys/bus/pci/devices")).toEqual([]);
    await here.close();
  });

  test("a refusal carries what driver and hypervisor said there, and nothing older", async () => {
    computer.print("Refused: an old story\n");
    computer.answer(ioctl.JAILHOUSE_ENABLE, {
      ...{ status: -16, log: "Not a system \x1b[2Jconfiguration", console: "Refused: no memory\n" },
    });
    const session = new LinuxSession(target);
    await expect(session.enable(Buffer.from("JHSYS"))).rejects.toMatchObject({
      ...{
        code: "EBUSY",
        hint: "Not a system [2Jconfiguration; the console says: Refused: no memory",
      },
    });
    expect(computer.requests).toEqual([`40080000 ${Buffer.from("JHSYS").toString("hex")}`]);
  });

  test("a trial and its confirmation are requests of their own", async () => {
    const session = new LinuxSession(target);
    await session.enableTrial(Buffer.from("JHSYS and more"), 60);
    await session.confirm();
    const config = Buffer.from("JHSYS and more").toString("hex");
    expect(computer.requests).toEqual([`40100086 0e0000003c000000 ${config}`, "87"]);
    computer.answer(ioctl.JAILHOUSE_ENABLE_TRIAL, { status: -25 });
    await expect(session.enableTrial(new Uint8Array(8), 1)).rejects.toMatchObject({
      ...{ code: "EOPNOTSUPP", hint: "This driver cannot hand the machine back by itself." },
    });
  });

  test("the console is followed without a gap", async () => {
    computer.print("Initializing\n");
    const session = new LinuxSession(target);
    let seen = "";
    let wake = () => {};
    const { text } = await session.attachConsole((piece) => {
      seen += piece;
      wake();
    });
    expect(text).toBe("Initializing\n");
    const more = new Promise<void>((resolve) => {
      wake = resolve;
    });
    computer.print("Created cell\n");
    await more;
    expect(seen).toBe("Created cell\n");
  });

  test("without the driver the device cannot be opened there", async () => {
    const session = new LinuxSession(target);
    computer.removeDevice();
    const refusal = {
      ...{ code: "ENOENT", subject: "opening /dev/jailhouse" },
      hint: expect.stringContaining("The driver is not loaded there"),
    };
    await expect(session.disable()).rejects.toMatchObject(refusal);
    await expect(session.consoleText()).rejects.toMatchObject(refusal);
  });
});
