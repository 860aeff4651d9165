// What must not work, under a real Linux: cells that break out, a root cell that takes back what it gave, and requests that
// are refused before anything is changed.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bdf, defineCell, encode, KiB, MiB } from "../../config/index.ts";
import system from "../../configs/x86/qemu-x86.ts";
import { readReports } from "../../control/console-reports.ts";
import type { Entry } from "../../control/guest/cpio.ts";
import { PATIENCE } from "../../tools/metal/capture.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { describeLinux } from "./linux.ts";

const PROGRAM = new URL("programs/violate.mjs", import.meta.url);
const TICK = /Timer fired/;

/** Files for the guest: configurations that must be refused. */
const REFUSED = {
  // The hypervisor's memory is in the middle of Linux' own.
  "other-memory": {
    ...system,
    hypervisorMemory: { ...system.hypervisorMemory, physicalStart: 0x20000000n },
  },
  // A machine with six CPUs.
  "other-cpus": { ...system, rootCell: { ...system.rootCell, cpus: [0, 1, 2, 3, 4, 5] } },
} as const;

const DMA_CELL = defineCell({
  name: "dma",
  cpus: [2],
  flags: ["passive-commreg"],
  memory: [
    {
      physical: 0x3ee00000,
      virtual: 0,
      size: MiB(1),
      flags: ["read", "write", "execute", "loadable"],
    },
    { virtual: 0x100000, size: 0x1000, flags: ["read", "write", "comm-region"] },
    { physical: 0xfebd4000, size: KiB(16), flags: ["read", "write"] },
  ],
  pciDevices: [{ type: "device", bdf: bdf(0, 0x1b, 0) }],
});

function extra(): Map<string, Entry> {
  const files = new Map<string, Entry>([
    ["jailhouse/dma.cell", { data: encode(DMA_CELL) }],
    ["jailhouse/violate.mjs", { data: readFileSync(PROGRAM) }],
  ]);
  for (const [name, config] of Object.entries(REFUSED)) {
    files.set(`jailhouse/${name}.cell`, { data: encode(config) });
  }
  return files;
}

/** What each violation makes the hypervisor say. */
const VIOLATIONS = [
  ["ram", "FATAL: Invalid MMIO/RAM write, addr: 0x000000003a000000 size: 4"],
  ["mmio", "FATAL: Invalid MMIO/RAM read, addr: 0x00000000fed00000 size: 4"],
  ["port", "FATAL: Invalid PIO write, port: 3f8 size: 1"],
  ["triple", "FATAL: Unexpected #VMEXIT, exitcode 7f"],
  ["readonly", "FATAL: Invalid MMIO/RAM write, addr: 0x0000000000180000 size: 4"],
  ["msr", "FATAL: Unhandled MSR write: 1b"],
  ["jump", "FATAL: unable to get MMIO instruction"],
] as const;

/** What is refused without a consequence for the cell, and what the hypervisor says. */
const REFUSALS = [
  ["ipi", "WARNING: CPU 2 specified IPI destination outside cell boundaries, ICR.hi=0"],
  ["hypercall", "CPU 2: Unknown hypercall 2989, RIP: 0x00000000000f"],
] as const;

/** What `explain` calls them. */
const KINDS = ["memory", "memory", "port", "exit", "memory", "msr", "memory"];

describeLinux("faults under a real Linux", () => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await Guest.boot({ jailhouse: true, extra: extra() });
    await guest.check("insmod driver/jailhouse.ko");
  });
  afterAll(() => guest?.close());

  const command = (text: string) => guest.check(`jailhouse ${text}`);

  test.each(Object.keys(REFUSED))(
    "a configuration for another machine (%s) is refused",
    async (name) => {
      const before = await guest.check("cat /proc/iomem /sys/devices/system/cpu/online");
      const { status, err } = await guest.run(`jailhouse enable ${name}.cell`);
      expect(status).toBe(1);
      expect(err).toMatch(/^JAILHOUSE_ENABLE: /);
      expect(await guest.check("cat /sys/devices/jailhouse/enabled")).toBe("0\n");
      expect(await guest.check("cat /proc/iomem /sys/devices/system/cpu/online")).toBe(before);
      expect(guest.com1.text).not.toContain("Activating hypervisor");
    },
  );

  test("the driver cannot be unloaded while the hypervisor is enabled", async () => {
    await command("enable configs/qemu-x86.cell");
    const { status, err } = await guest.run("rmmod jailhouse");
    expect(status).toBe(1);
    expect(err).toMatch(/temporarily unavailable|busy/);
    expect(await guest.check("cat /sys/devices/jailhouse/enabled")).toBe("1\n");
  });

  test("a cell may not have a device whose DMA nothing guards", async () => {
    const { status, err } = await guest.run("jailhouse cell create dma.cell");
    expect(status).toBe(1);
    expect(err).toMatch(/^JAILHOUSE_CELL_CREATE: /);
    expect(guest.com1.text).toContain("PCI device 00:1b.0: no IOMMU guards memory from it");
    expect(await guest.check("cat /sys/devices/system/cpu/online")).toBe("0-3\n");
  });

  test("a cell that commits a violation is parked, and only it", async () => {
    const names = VIOLATIONS.map(([name]) => name).join(" ");
    const results = JSON.parse(await guest.check(`node violate.mjs ${names}`));
    for (const [index, [violation, report]] of VIOLATIONS.entries()) {
      const { cells, console, goesOn } = results[index];
      const [rogue, other] = ["rogue-demo", "apic-demo"].map((name) =>
        cells.find((cell: { name: string }) => cell.name === name),
      );
      expect(rogue, violation).toMatchObject({ state: "failed", cpusFailed: [2] });
      expect(other, violation).toMatchObject({ state: "running/locked", cpusFailed: [] });
      expect(console).toContain(report);
      expect(console).toContain('Parking CPU 2 (Cell: "rogue-demo")');
      expect(goesOn, violation).toBe(true);
    }

    // The console's text says as much as the table. On the wire apic-demo writes in between.
    const consoles = results.map(({ console }: { console: string }) => console);
    const { reports, unread } = readReports(consoles.join(""));
    expect(unread).toEqual([]);
    expect(reports.map(({ cell, denial }) => [cell, denial.cpu, denial.kind])).toEqual(
      KINDS.map((kind) => ["rogue-demo", 2, kind]),
    );
    // Code that was jumped to is not there.
    const codes = reports.map(({ denial }) => denial.instruction.length > 0);
    expect(codes).toEqual(VIOLATIONS.map(([name]) => name !== "jump"));
  });

  test("a cell whose violation can be ignored goes on", async () => {
    for (const [violation, report] of REFUSALS) {
      const start = guest.com2.text.length;
      const [result] = JSON.parse(await guest.check(`node violate.mjs --keep ${violation}`));
      const { cells, console } = result;
      for (const { name, cpusFailed } of cells) expect([name, cpusFailed]).toEqual([name, []]);
      expect(cells, violation).toHaveLength(3);
      expect(console).toContain(report);
      expect(console).not.toContain("Parking");
      await guest.com2.waitFor(/^Rogue: still here\r?$/m, PATIENCE, start);
      if (violation === "hypercall")
        expect(guest.com2.text.slice(start)).toContain("Rogue: it returned -38");
      await guest.check("node violate.mjs --clear");
    }
  });

  // The last one: Linux loses a CPU and does not recover.
  test("a root cell that writes to memory it gave away is stopped", async () => {
    // A cell that does not write on the hypervisor's line.
    await command("cell create configs/tiny-demo.cell");
    await command("cell load tiny-demo inmates/demos/x86/apic-demo.bin -a 0xf0000");
    await command("cell start tiny-demo");
    const start = guest.com1.text.length;
    const write = guest.run("devmem 0x3ee00000 32 0x12345678");
    let isOver = false;
    write.catch(() => {}).finally(() => (isOver = true));
    // The report's last line.
    await guest.com1.waitFor(/Denial: [0-9a-f]+\r?\n/, PATIENCE, start);
    const { text } = guest.com1;
    expect(text.slice(start)).toContain("FATAL: Invalid MMIO/RAM write, addr: 0x000000003ee00000");
    expect(text.slice(start)).toMatch(/Parking CPU [013] \(Cell: "QEMU-VM"\)/);
    // Nobody can be asked any more: the log alone explains it.
    const [report] = readReports(text.slice(start)).reports;
    expect(report).toMatchObject({
      cell: "QEMU-VM",
      denial: { kind: "memory", write: true, address: 0x3ee00000n, value: 0n, bits: 64 },
    });
    expect(report!.denial.instruction.length).toBeGreaterThan(0);
    await guest.com2.waitFor(TICK, PATIENCE, guest.com2.text.length);
    expect(isOver, "whether the command came back").toBe(false);
  });
});
