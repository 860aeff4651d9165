// By hand, for each machine takes minutes:
// cp test/metal/bochs-intel.by-hand.ts test/metal/bochs-intel.test.ts && npm test -- test/metal/bochs-intel
// VT-x below a real Linux, on each of Bochs' models and with other numbers of CPUs, by a configuration that is made there: cells of one
// and of several CPUs, every violation, the exits of an idle root and of a tick, and Linux has everything back.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { type CellConfig, encode, type SystemConfig } from "../../config/index.ts";
import { loadConfig } from "../../config/load.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import rogueDemo from "../../configs/x86/rogue-demo.ts";
import smpDemo from "../../configs/x86/smp-demo.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import { BOCHS } from "../../tools/metal/beds/bochs/index.ts";
import { findMachine } from "../../tools/metal/beds/index.ts";
import { PATIENCE } from "../../tools/metal/capture.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { guestComplaints, newComplaints } from "../../tools/metal/kernel-log.ts";
import { outside } from "../../tools/metal/stage.ts";
import { describeLinux } from "./linux.ts";

/** MODEL:CPUS, of which JAILHOUSE_MACHINES may name some. */
const MACHINES = (
  process.env.JAILHOUSE_MACHINES ??
  "corei7_haswell_4770:1 corei7_haswell_4770:2 corei7_haswell_4770:4 corei7_icelake_u:2 tigerlake:4"
).split(" ");
/** "xapic" as the format has it. */
const XAPIC = 1;
const HOUR = 3_600_000;
const STATISTICS = "/sys/devices/jailhouse/cells";
/** Seconds of the guest's in which exits are counted. */
const WATCHED = 10;
const TICK = /Timer fired/g;
const VIOLATIONS = ["ram", "mmio", "port", "triple", "readonly", "msr", "jump"];
/** What is only told. */
const REFUSALS = [
  ["ipi", /WARNING: CPU \d+ specified IPI destination outside cell boundaries/],
  ["hypercall", /CPU \d+: Unknown hypercall 2989/],
] as const;

describeLinux("VT-x of Bochs", () => {
  const directory = mkdtempSync(join(tmpdir(), "bochs-intel-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  let guest: Guest;
  afterEach(() => guest?.close());

  async function jailhouse(command: string): Promise<string> {
    const { status, out, err } = await outside(guest, `jailhouse ${command}`);
    expect(`${status} ${err}`, command).toMatch(/^0 (Warning: No IOMMU.*|)/s);
    return out;
  }

  /** Writes a configuration where the command finds it. */
  function file(config: CellConfig | SystemConfig): string {
    const path = join(directory, "a.cell");
    writeFileSync(path, encode(config));
    return path;
  }

  async function start(config: CellConfig, image: string, line?: string): Promise<void> {
    await jailhouse(`cell create ${file(config)}`);
    const more = line ? ` -s "${line}" -a 0x1000` : "";
    await jailhouse(`cell load ${config.name} inmates/demos/x86/${image}.bin -a 0xf0000${more}`);
    await jailhouse(`cell start ${config.name}`);
  }

  /** Exits by reason of a cell so far. */
  async function exits(cell: number): Promise<Map<string, number>> {
    const out = await guest.check(`cd ${STATISTICS}/${cell}/statistics && grep -H . vmexits_*`);
    return new Map(
      [...out.matchAll(/^vmexits_(\w+):(\d+)$/gm)].map(([, name, n]) => [name!, Number(n)]),
    );
  }

  async function watch(cell: number): Promise<Record<string, number>> {
    const before = await exits(cell);
    await guest.check(`sleep ${WATCHED}`);
    const after = await exits(cell);
    const differences = [...after].map(([name, count]) => [name, count - before.get(name)!]);
    return Object.fromEntries(differences.filter(([, count]) => count !== 0));
  }

  async function violate(last: number): Promise<void> {
    const rogue = { ...rogueDemo, cpus: [last] };
    for (const violation of VIOLATIONS) {
      const from = guest.com1.text.length;
      await start(rogue, "rogue-demo", `violation=${violation}`);
      await guest.com1.waitFor(/Denial: [0-9a-f]+\r?\n/, PATIENCE, from);
      expect(guest.com1.text.slice(from), violation).toMatch(
        /Parking CPU \d+ \(Cell: "rogue-demo"/,
      );
      expect(await jailhouse("cell list"), violation).toMatch(/rogue-demo +failed/);
      await jailhouse("cell destroy rogue-demo");
    }
    for (const [violation, words] of REFUSALS) {
      const from = guest.com1.text.length;
      const line = guest.com2.text.length;
      await start(rogue, "rogue-demo", `violation=${violation}`);
      await guest.com1.waitFor(words, PATIENCE, from);
      await guest.com2.waitFor(/Rogue: still here/, PATIENCE, line);
      await jailhouse("cell destroy rogue-demo");
    }
  }

  async function demos(cpus: number): Promise<void> {
    const last = cpus - 1;
    const from = guest.com2.text.length;
    await start({ ...tinyDemo, cpus: [last] }, "tiny-demo");
    await guest.com2.waitFor(/PM Timer: +\d+/, PATIENCE, from);
    await jailhouse("cell destroy tiny-demo");
    const line = guest.com1.text.length;
    await start({ ...apicDemo, cpus: [last] }, "apic-demo");
    await guest.com1.waitFor(TICK, PATIENCE, line);
    const ticks = () => guest.com1.text.match(TICK)!.length;
    const before = ticks();
    const counted = await watch(1);
    console.log(`apic-demo: ${JSON.stringify(counted)} in about ${ticks() - before} ticks`);
    const refused = await outside(guest, "jailhouse cell destroy apic-demo");
    expect(refused.status).toBe(1);
    await jailhouse("cell destroy apic-demo");
    await violate(last);
    if (cpus < 4) return;
    const several = guest.com2.text.length;
    await start(smpDemo, "smp-demo");
    await guest.com2.waitFor(
      /Received IPI on [123][\s\S]*Received IPI on [123]/,
      PATIENCE,
      several,
    );
    await jailhouse("cell destroy smp-demo");
  }

  test.each(MACHINES)(
    "%s",
    async (name) => {
      const [model, count] = name.split(":") as [string, string];
      const cpus = Number(count);
      const machine = { ...findMachine(BOCHS, model), cpus };
      guest = await Guest.boot({ bed: BOCHS, machine, jailhouse: true });
      const complaints = await guestComplaints(guest);
      await guest.check("insmod driver/jailhouse.ko");
      const path = join(directory, `${model}-${count}.ts`);
      await jailhouse(`config create -c ttyS0 ${path}`);
      const { config } = await loadConfig(path);
      if (config.kind !== "system") throw new Error("no system");
      // Its local APICs do not come back from x2APIC mode.
      await jailhouse(`enable ${file({ ...config, x86: { ...config.x86!, apicMode: XAPIC } })}`);
      expect(await jailhouse("cell list")).toMatch(/RootCell +running/);
      console.log(`${name}, idle root: ${JSON.stringify(await watch(0))} in ${WATCHED} s`);
      if (cpus > 1) await demos(cpus);
      expect(await guest.check("nproc")).toBe(`${cpus}\n`);
      await jailhouse("disable");
      await guest.check("rmmod jailhouse");
      expect(newComplaints(await guestComplaints(guest), complaints)).toEqual([]);
    },
    HOUR,
  );
});
