// Types what docs/metal.md and docs/remote.md say on the computer that has the clone; the others type what is said in a guest, and of it.
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findKernel } from "../../tools/metal/kernel.ts";
import { AGENT_PACKAGES, METAL_PACKAGES } from "../../tools/metal/packages.ts";
import { runHere } from "../../tools/metal/stage.ts";
import { ROOT } from "../../tools/root.ts";
import { itemsFor } from "../pages/ledger.ts";
import { describeWith } from "./linux.ts";

const textsOf = (page: string) => itemsFor("test/metal/host.test.ts", page).map(({ text }) => text);
const METAL = textsOf("docs/metal.md");
const REMOTE = textsOf("docs/remote.md");
/** What its bench does once is enough. */
const BRIEFLY = { JAILHOUSE_BENCH_ROUNDS: "1", JAILHOUSE_BENCH_SECONDS: "1" };
/** What the guest's shell says before it takes commands, and what it is told then. */
const GREETING = "A Debian Linux on an AMD machine";
const TYPED = "uname -s\nexit\n";

describeWith([...METAL_PACKAGES, ...AGENT_PACKAGES], "the pages' commands of the host", () => {
  /** Where modules and the agent are built: the clone stays as it is. */
  const copy = mkdtempSync(join(tmpdir(), "jailhouse-host-"));
  for (const room of ["driver", "agent"])
    cpSync(join(ROOT, room), join(copy, room), { recursive: true });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));
  const only = (texts: readonly string[], start: string) => {
    const found = texts.filter((text) => text.startsWith(start));
    expect(found).toHaveLength(1);
    return found[0]!;
  };
  /** Types a command; resolves to all that it said. */
  async function type(command: string, variables = {}): Promise<string> {
    const { status, out, err } = await runHere(command, variables);
    expect({ command, status, out, err }).toMatchObject({ command, status: 0 });
    return `${out}${err}`;
  }

  test("nothing of the pages is left over", () => {
    expect([METAL.length, REMOTE.length]).toEqual([6, 3]);
  });

  test("metal:setup finds everything", async () => {
    expect(await type(only(METAL, "npm run metal:setup"))).toContain("Everything is here");
  });

  test("the image is built, by the same command for a board", async () => {
    expect(only(METAL, "npm run build")).toBe(only(REMOTE, "npm run build"));
    expect(await type(only(METAL, "npm run build"))).toContain("jailhouse-amd.bin");
  });

  test("the driver is built for a kernel of one's own, and the agent", async () => {
    const { headers } = findKernel();
    await type(`cd ${copy} && ${only(METAL, "make -C driver")} KDIR=${headers}`);
    const board = only(REMOTE, "make -C driver").replace("/path/to/headers", headers);
    await type(`cd ${copy} && ${board}`);
    expect(statSync(join(copy, "driver/jailhouse.ko")).size).toBeGreaterThan(0);
    await type(`cd ${copy} && ${only(REMOTE, "make -C agent")}`);
    expect(statSync(join(copy, "agent/jailhouse-agent")).size).toBeGreaterThan(0);
  });

  test("metal:run takes over, and shows the hypervisor's console", async () => {
    const said = await type(only(METAL, "npm run metal:run"));
    expect(said).toMatch(/\$ jailhouse console\n[\s\S]*Initializing Jailhouse hypervisor/);
  });

  test("metal:shell is a Linux for whoever types", async () => {
    const shell = spawn("sh", ["-c", only(METAL, "npm run metal:shell")], { cwd: ROOT });
    let said = "";
    shell.stdout.on("data", (data) => {
      const isNew = !said.includes(GREETING);
      said += data;
      if (isNew && said.includes(GREETING)) shell.stdin.write(TYPED);
    });
    expect(await new Promise((resolve) => shell.once("close", resolve))).toBe(0);
    expect(said).toMatch(/uname -s\r?\nLinux\r?\n/);
  });

  test("the bench measures", async () => {
    const said = await type(only(METAL, "npm run bench"), BRIEFLY);
    expect(said).toMatch(/exits/);
  });
});
