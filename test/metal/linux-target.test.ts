// The command on one machine, the hypervisor on another: a guest with the driver and the agent, whose Node nobody starts, on whose
// console, a serial line, the kernel logs, too.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { planSystem } from "../../config/create/system.ts";
import { openTree } from "../../config/create/tree.ts";
import { perform } from "../../tools/demo/perform.ts";
import { buildAgent } from "../../tools/metal/agent.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { AGENT_PACKAGES, METAL_PACKAGES, SSH_PACKAGES } from "../../tools/metal/packages.ts";
import { patient } from "../../tools/metal/payload.ts";
import { SHORT_SESSION } from "../../tools/metal/session.ts";
import { RemoteStage, runHere } from "../../tools/metal/stage.ts";
import { ROOT } from "../../tools/root.ts";
import { SshServer } from "../agent/sshd.ts";
import { blockWith } from "../package/user-files.ts";
import { endless } from "../pages/blocks.ts";
import { itemsFor } from "../pages/ledger.ts";
import { describeWith, silently } from "./linux.ts";
import { ConsoleLine } from "./target/console-line.ts";

/** Without those that load and unload the driver. */
const STEPS = SHORT_SESSION.filter(({ command }) => command.startsWith("jailhouse "));
/** The kernel has something to say, again and again. */
const NOISE = "while :; do echo '<1>something else' >/dev/kmsg; usleep 100000; done";
/** Milliseconds between two looks. */
const PERIOD = 500;
const CELL = "configs/apic-demo.cell";
const FOREVER = 2 ** 31 - 1;

const PACKAGES = [...METAL_PACKAGES, ...AGENT_PACKAGES, ...SSH_PACKAGES];

describeWith(PACKAGES, "the command outside, over a serial line", () => {
  let guest: Guest;
  let line: ConsoleLine;
  /** How much was said on the console before anything of this. */
  let booted: number;
  let ssh: SshServer;
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-target-"));
  /** With a copy of the punctual cell's configuration that gives it time on a busy host. */
  const cell = join(directory, "apic-demo.cell");
  const steps = STEPS.map((step) => ({ ...step, command: step.command.replace(CELL, cell) }));
  const play = (env: Readonly<Record<string, string>>) =>
    silently((screen) => perform(steps, new RemoteStage(guest, screen, env), { screen }));
  const jailhouse = (command: string) =>
    runHere(`jailhouse ${command}`, { JAILHOUSE_TARGET: line.target });

  beforeAll(async () => {
    writeFileSync(cell, patient(readFileSync(join(ROOT, CELL))));
    ssh = await SshServer.start();
    line = await ConsoleLine.listen();
    const agent = { data: readFileSync(buildAgent()), mode: 0o755 };
    const extra = new Map([["bin/jailhouse-agent", agent]]);
    guest = await Guest.boot({ jailhouse: true, extra, onConsole: line.feed });
    await guest.check("insmod driver/jailhouse.ko && dmesg -n 8");
    await guest.check(`(${NOISE}) >/dev/null 2>&1 </dev/null &`);
    booted = guest.console.length;
    line.attach((keys) => guest.type(keys));
    // It has the console until the end of the machine.
    guest.run("exec jailhouse-agent /dev/ttyS2", { timeout: FOREVER }).catch(() => {});
  });
  afterAll(async () => {
    await guest?.close();
    await line?.cut();
    await ssh?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test("says what the target is, and that nothing is enabled", async () => {
    const { out } = await jailhouse("machine status --json");
    expect(JSON.parse(out)).toMatchObject({ name: line.target, cpus: 4, enabled: false });
    const { out: hardware } = await jailhouse("hardware check");
    expect(hardware).toMatch(/^AMD processor with SVM +ok$/m);
    expect(hardware).toMatch(/^ {2}enabled by the firmware +ok$/m);
    const collected = join(directory, "machine.tar");
    expect((await jailhouse(`config collect ${collected}`)).out).toMatch(/^\d+ files in /);
    const tree = openTree(collected);
    expect(planSystem(tree, { console: "ttyS0" }).cpus.value).toEqual([0, 1, 2, 3]);
  });

  test("plays the article's session", async () => {
    await play({ JAILHOUSE_TARGET: line.target });
    expect(guest.console).toContain("something else");
  });

  test("plays it over ssh, too", async () => {
    const [host, port] = line.target.split(":").slice(1);
    const agent = ssh.script("agent", `exec busybox nc ${host} ${port}`);
    await play({ ...ssh.env, JAILHOUSE_TARGET: ssh.target(agent) });
  });

  test("does what docs/remote.md says of a board", async () => {
    const [target, ...commands] = itemsFor("test/metal/linux-target.test.ts", "docs/remote.md");
    expect(target!.text).toMatch(/^export JAILHOUSE_TARGET=ssh:\/\/root@board$/);
    expect(commands.length).toBeGreaterThan(6);
    const [host, port] = line.target.split(":").slice(1);
    const agent = ssh.script("board", `exec busybox nc ${host} ${port}`);
    const env = { ...ssh.env, JAILHOUSE_TARGET: ssh.target(agent) };
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    writeFileSync(join(directory, "my-cell.ts"), blockWith(readme, "defineCell"));
    for (const command of [...commands.map(({ text }) => endless(text)), "jailhouse disable"]) {
      const ended = await runHere(`cd ${directory} && ${command}`, env);
      expect({ command, ...ended }).toMatchObject({ command, status: 0 });
    }
  });

  test("a trial ends by itself, whatever becomes of the line", async () => {
    const before = guest.console.length;
    const enabled = await jailhouse("enable --try 20 configs/qemu-x86.cell");
    expect([enabled.status, enabled.out]).toEqual([0, "The Jailhouse is opening.\n"]);
    expect(enabled.err).toContain("It closes by itself in 20 s unless `jailhouse confirm` comes");
    await line.cut();
    while (!guest.console.slice(before).includes("The Jailhouse was closed.")) await sleep(PERIOD);
    expect(guest.console.slice(before)).toContain("The trial was not confirmed");
    await line.mend();
    const { out } = await jailhouse("machine status --json");
    expect(JSON.parse(out)).toMatchObject({ enabled: false, offline: [] });
  });

  test("a trial that is confirmed goes on, once", async () => {
    const status = async () => JSON.parse((await jailhouse("machine status --json")).out);
    expect(await jailhouse("confirm")).toMatchObject({
      ...{
        status: 1,
        err: "JAILHOUSE_CONFIRM: Invalid argument\nThe hypervisor is not enabled.\n",
      },
    });
    await jailhouse("enable --try 86400 configs/qemu-x86.cell");
    expect((await status()).trial).toBeGreaterThan(3600);
    expect((await jailhouse("confirm")).out).toBe("The Jailhouse stays open.\n");
    expect(await status()).toMatchObject({ enabled: true });
    expect((await status()).trial).toBeUndefined();
    const again = await jailhouse("confirm");
    expect([again.status, again.err]).toEqual([
      1,
      expect.stringContaining("not taken over on trial"),
    ]);
    expect((await jailhouse("disable")).status).toBe(0);
    expect(guest.console.slice(booted)).not.toMatch(/WARNING:|BUG:|Call Trace/);
  });
});
