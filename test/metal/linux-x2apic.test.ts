// Cells' CPUs in x2APIC mode under a real Linux that is in xAPIC mode, and back.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commRegion, defineCell, encode, ioapic, MiB, uart } from "../../config/index.ts";
import { QEMU, QEMU10 } from "../../tools/metal/beds/qemu.ts";
import { PATIENCE } from "../../tools/metal/capture.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { guestComplaints, newComplaints } from "../../tools/metal/kernel-log.ts";
import { ROOT } from "../../tools/root.ts";
import { describeLinux } from "./linux.ts";
import { buildProbe } from "./probe.ts";

const PROGRAM = new URL("programs/rounds.mjs", import.meta.url);
const CPUS = [2, 3];
const UART_PIN = 3;
const TICK = /Timer fired/;
const TICKS = 20;
const CELL = "/sys/devices/jailhouse/cells/1";

const xapicCell = defineCell({
  name: "xapic",
  cpus: CPUS,
  flags: ["passive-commreg"],
  memory: [
    {
      physical: 0x3ee00000,
      virtual: 0,
      size: MiB(1),
      flags: ["read", "write", "execute", "loadable"],
    },
    commRegion(),
  ],
  devices: [uart("COM2"), { name: "its interrupt", irqchips: [ioapic([UART_PIN])] }],
  cpuResetAddress: 0,
});

/** What the program of test/metal/xapic says, in whatever mode its CPUs are. */
const SAID = {
  "same id": "1",
  "flat id": "1",
  "flat format": "ffffffff",
  ticks: "3",
  received: "2",
  answered: "2",
  "ioapic high": "1000000",
  "ioapic low": "833",
  transmitted: "1",
};

/** Runs it in a cell; resolves to what it said. */
async function runProgram(guest: Guest): Promise<Record<string, string>> {
  const start = guest.com2.text.length;
  await guest.check("jailhouse cell create xapic.cell");
  await guest.check("jailhouse cell load xapic xapic.bin -a 0");
  await guest.check("jailhouse cell start xapic");
  await guest.com2.waitFor(/end\r?\n/, PATIENCE, start);
  const said = guest.com2.text.slice(start).matchAll(/^([a-z0-9 ]+)=([0-9a-f]+)\r?$/gm);
  await guest.check("jailhouse cell destroy xapic");
  return Object.fromEntries([...said].map(([, name, value]) => [name!, value!]));
}

/** Timer interrupts that Linux has had on CPU 3. */
async function linuxTicks(guest: Guest): Promise<number> {
  const [line] = /^ *LOC:.*$/m.exec(await guest.check("cat /proc/interrupts"))!;
  return Number(line.trim().split(/\s+/)[4]);
}

const BEDS = [
  { bed: QEMU, x2apic: false },
  { bed: QEMU10, x2apic: true },
];
for (const { bed, x2apic } of BEDS)
  describeLinux(`cells under a Linux in xAPIC mode, ${bed.title}`, () => {
    let guest: Guest;
    beforeAll(async () => {
      const extra = new Map([
        ["jailhouse/rounds.mjs", { data: readFileSync(PROGRAM) }],
        ["jailhouse/xapic.cell", { data: Buffer.from(encode(xapicCell)) }],
        ["jailhouse/xapic.bin", { data: Buffer.from(buildProbe(join(ROOT, "test/metal/xapic"))) }],
      ]);
      guest = await Guest.boot({ bed, jailhouse: true, extra });
      await guest.check("insmod driver/jailhouse.ko && workload start");
      await guest.check("jailhouse enable configs/qemu-x86.cell");
    });
    afterAll(() => guest?.close());

    test("a program that uses the xAPIC's page works, whatever the mode", async () => {
      const said = await runProgram(guest);
      expect(said).toEqual({
        ...SAID,
        "cpuid x2apic": x2apic ? "1" : "0",
        "apic base": x2apic ? "fee00c00" : "fee00800",
        // An xAPIC's page is read without an exit: it has the command as the hypervisor has sent it, to an id.
        icr: x2apic ? "4832" : "4032",
      });
    });

    if (x2apic)
      test("a tick costs no exit", async () => {
        for (const command of [
          "jailhouse cell create configs/apic-demo.cell",
          "jailhouse cell load apic-demo inmates/demos/x86/apic-demo.bin -a 0xf0000",
          "jailhouse cell start apic-demo",
        ])
          await guest.check(command);
        const exits = async () => Number(await guest.check(`cat ${CELL}/statistics/vmexits_total`));
        await guest.com1.waitFor(TICK);
        const before = await exits();
        for (let tick = 0, at = guest.com1.text.length; tick < TICKS; tick++, at++) {
          await guest.com1.waitFor(TICK, PATIENCE, at);
          at = guest.com1.text.indexOf("Timer fired", at);
        }
        expect((await exits()) - before).toBe(0);
        expect(before).toBeGreaterThan(0);
        await guest.run("jailhouse cell destroy apic-demo");
        await guest.check("jailhouse cell destroy apic-demo");
      });

    test("Linux has its CPUs back, clean and in its own mode, each time", async () => {
      const before = await guestComplaints(guest);
      await guest.check("node rounds.mjs cells 5");
      expect(await guest.check("cat /sys/devices/system/cpu/online")).toBe("0-3\n");
      const ticks = await linuxTicks(guest);
      await guest.check("taskset 8 sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'");
      expect(await linuxTicks(guest)).toBeGreaterThan(ticks);
      await guest.check("jailhouse disable");
      await guest.check("node rounds.mjs enable 3");
      await guest.check("jailhouse enable configs/qemu-x86.cell");
      expect(await runProgram(guest)).toMatchObject(SAID);
      await guest.check("jailhouse disable && workload stop");
      expect(newComplaints(await guestComplaints(guest), before)).toEqual([]);
    });
  });
