// The command on one machine, the hypervisor on another: a guest with the driver and the agent, but without Node, on whose
// console, a serial line, the kernel logs, too.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { perform } from "../../tools/demo/perform.ts";
import { buildAgent } from "../../tools/metal/agent.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { SHORT_SESSION } from "../../tools/metal/session.ts";
import { describeLinux, silently } from "./linux.ts";
import { ConsoleLine } from "./target/console-line.ts";
import { RemoteStage, runHere } from "./target/stage.ts";

/** Without those that load and unload the driver. */
const STEPS = SHORT_SESSION.filter(({ command }) => command.startsWith("jailhouse "));
/** The kernel has something to say, again and again. */
const NOISE = "while :; do echo '<1>something else' >/dev/kmsg; usleep 100000; done";
const FOREVER = 2 ** 31 - 1;

describeLinux("the command outside, over a serial line", () => {
  let guest: Guest;
  let line: ConsoleLine;
  const jailhouse = (command: string) =>
    runHere(`jailhouse ${command}`, { JAILHOUSE_TARGET: line.target });

  beforeAll(async () => {
    line = await ConsoleLine.listen();
    const agent = { data: readFileSync(buildAgent()), mode: 0o755 };
    const extra = new Map([["bin/jailhouse-agent", agent]]);
    guest = await Guest.boot({ jailhouse: true, extra, onConsole: line.feed });
    await guest.check("insmod driver/jailhouse.ko && rm -rf /disk/usr/bin/node; dmesg -n 8");
    await guest.check(`(${NOISE}) >/dev/null 2>&1 </dev/null &`);
    line.attach((keys) => guest.type(keys));
    // It has the console until the end of the machine.
    guest.run("exec jailhouse-agent /dev/ttyS2", { timeout: FOREVER }).catch(() => {});
  }, 600_000);
  afterAll(async () => {
    await guest?.close();
    await line?.cut();
  });

  test("plays the article's session", async () => {
    await silently((screen) =>
      perform(STEPS, new RemoteStage(guest, screen, { JAILHOUSE_TARGET: line.target }), { screen }),
    );
    expect(guest.console).toContain("something else");
    expect(guest.console).not.toMatch(/WARNING:|BUG:|Call Trace/);
  });

  test("says what the target is", async () => {
    const { out } = await jailhouse("machine status --json");
    expect(JSON.parse(out)).toMatchObject({ name: line.target, cpus: 4, enabled: false });
  });
});
