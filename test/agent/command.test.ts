// The command with a target: which one is meant, what is collected of it, and that a text from there is only a text.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Surroundings } from "../../cli/testing/surroundings.ts";
import { COLLECTED } from "../../config/create/collected.ts";
import { writeTar } from "../../config/create/tar.ts";
import { openTree, tarTree } from "../../config/create/tree.ts";
import { Files, patternToRegExp } from "../../control/linux/files.ts";
import { parseAddress } from "../../control/remote/address.ts";
import { parseCpuList } from "../../control/sysfs.ts";
import { ROOT } from "../../tools/root.ts";
import { describeAgent } from "../metal/linux.ts";
import { AgentComputer } from "./computer.ts";
import { SharedLine } from "./line.ts";

test.each([
  ["serial:board:4001", { kind: "tcp", host: "board", port: 4001 }],
  ["serial:[::1]:4001", { kind: "tcp", host: "::1", port: 4001 }],
  ["serial:/dev/ttyUSB0", { kind: "terminal", path: "/dev/ttyUSB0" }],
  ["ssh://root@board", { kind: "ssh", user: "root", host: "board", agent: "jailhouse-agent" }],
  ["ssh://board:2222/opt/agent", { kind: "ssh", host: "board", port: 2222, agent: "/opt/agent" }],
])("%s is a target", (text, address) => {
  expect(parseAddress(text)).toMatchObject(address);
});

test.each([
  ...["", "board", "serial:board", "serial:board:0", "serial:board:65536", "serial:dev/tty"],
  ...["ssh://", "ssh://-oProxyCommand=x", "ssh://-l@board", "ssh://board/a;b", "ssh://board/$(x)"],
])("%j is no target", (text) => {
  expect(() => parseAddress(text)).toThrow("Invalid argument");
});

test("the script for machines without an agent collects the same", () => {
  const script = readFileSync(join(ROOT, "tools/config-collect.sh"), "utf8");
  const patterns = /^patterns='\n(.*?)^'/ms.exec(script)?.[1]?.trim().split("\n");
  expect(patterns).toEqual(COLLECTED);
});

test("a tar file has what was put into it", () => {
  const long = `/${"directory/".repeat(14)}file`;
  const files = [
    ["/proc/iomem", Buffer.from("x".repeat(513))],
    [long, Buffer.from("y")],
    ["/empty", Buffer.alloc(0)],
  ] as const;
  const tree = tarTree(writeTar(files));
  for (const [path, data] of files) expect([path, tree.read(path)]).toEqual([path, data]);
});

test("patterns name what they say, and nothing hidden", () => {
  const fits = (pattern: string, path: string) => patternToRegExp(pattern).test(path);
  expect(fits("/sys/*/port", "/sys/a.b/port")).toBe(true);
  for (const name of ["..", ".a", "a/b", "a\nb"])
    expect([name, fits("/sys/*/port", `/sys/${name}/port`)]).toEqual([name, false]);
  expect(fits("/sys/a.b", "/sys/a-b")).toBe(false);
});

test("a text from elsewhere cannot command a terminal, and a list of CPUs has an end", () => {
  const files = new Files(new Map([["/name", Buffer.from("a\x1b[2Jb\x9bc\n")]]));
  expect(files.text("/name")).toBe("a[2Jbc");
  expect(parseCpuList("0-4294967295,0-4294967295")).toHaveLength(8192);
});

describeAgent("the command with a target", () => {
  let world: Surroundings;
  let computer: AgentComputer;
  let line: SharedLine;
  let server: Server;
  let target: string;
  beforeEach(async () => {
    world = new Surroundings();
    computer = new AgentComputer();
    line = new SharedLine(computer.command);
    server = createServer((socket) => {
      const end = line.connect();
      end.onData((bytes) => void socket.write(bytes));
      socket.on("data", (bytes) => end.write(bytes));
      socket.on("error", () => {});
      socket.once("close", () => end.close());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    target = `serial:127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterEach(async () => {
    server.close();
    await line.close();
    computer.close();
    await world.close();
  });

  test("means that one: before the verb, behind it, or in the environment", async () => {
    computer.show();
    const closed = { status: 0, out: "The Jailhouse was closed.\n", err: "" };
    expect(await world.run(`--target ${target} disable`)).toEqual(closed);
    expect(await world.run(`disable --target ${target}`)).toEqual(closed);
    Object.assign(world.env, { JAILHOUSE_TARGET: target });
    expect(await world.run("disable")).toEqual(closed);
    expect(await world.run("cell load demo -s x -a 0x1000")).toMatchObject({ status: 0 });
    expect(computer.requests.map((line) => line.split(" ")[0])).toEqual([
      "1",
      "1",
      "1",
      "40300003",
    ]);
    expect((await world.run("disable -m other")).err).toContain("No such file or directory");
    const both = await world.run(`disable -m other --target ${target}`);
    expect([both.status, both.err]).toEqual([1, expect.stringContaining("exclude each other")]);
    expect(computer.requests).toHaveLength(4);
  });

  test("collects what is there, not here", async () => {
    computer.write("/proc/iomem", "00001000-0fffffff : System RAM\n");
    const { status, out, err } = await world.run(`config collect machine.tar --target ${target}`);
    expect([status, out, err]).toEqual([
      0,
      "3 files in machine.tar\n",
      "The ACPI tables cannot be read: that takes root.\n",
    ]);
    const tree = openTree(join(world.directory, "machine.tar"));
    expect(Buffer.from(tree.read("/proc/iomem")!).toString()).toContain("System RAM");
    const there = await world.run(`config create --target ${target}`);
    expect(there).toEqual(await world.run(["config", "create", "-r", computer.root]));
  });

  test("says why there is nobody", async () => {
    const nobody = await world.run("disable --target serial:127.0.0.1:1");
    expect(nobody).toMatchObject({
      ...{
        status: 1,
        out: "",
        err: expect.stringMatching(/^opening serial:.*: Connection refused\n/),
      },
    });
    const wrong = await world.run("disable --target nonsense");
    expect(wrong.err).toMatch(/^target "nonsense": Invalid argument\nTargets are serial:HOST:PORT/);
  });
});
