import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Surroundings } from "./testing/surroundings.ts";

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});
afterEach(() => world.close());

const FLAGS = "fpu apic svm npt pdpe1gb nrip_save decodeassists constant_tsc nonstop_tsc";
const MSR_VM_CR = 0xc0010114;
/** A machine that has everything. */
const MACHINE: Readonly<Record<string, string>> = {
  "proc/cpuinfo": `processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: ${FLAGS}\n`,
  "proc/sys/kernel/osrelease": "6.1.0-56-amd64\n",
  "proc/modules": "e1000e 327680 0 - Live 0x0\n",
  "sys/module/e1000e/refcnt": "0\n",
  "proc/cmdline": "console=ttyS0 memmap=82M$0x3a000000\n",
  "sys/kernel/security/lockdown": "[none] integrity confidentiality\n",
  "sys/firmware/acpi/tables/APIC": "",
  "sys/firmware/acpi/tables/MCFG": "",
  "sys/class/tty/ttyS0/type": "4\n",
};

/** Makes a machine, with other files than those. */
async function check(changes: Readonly<Record<string, string>> = {}, vmCr = 0n) {
  for (const [path, text] of Object.entries({ ...MACHINE, ...changes })) {
    const file = join(world.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const msr = join(world.directory, "dev/cpu/0/msr");
  mkdirSync(dirname(msr), { recursive: true });
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(vmCr);
  // A sparse file: registers are read at their number as the offset.
  const { openSync, writeSync, closeSync } = await import("node:fs");
  const file = openSync(msr, "w");
  writeSync(file, value, 0, 8, MSR_VM_CR);
  closeSync(file);
  return world.run(["hardware", "check", "--root", world.directory]);
}

it("finds everything on a machine that has it", async () => {
  const { status, out, err } = await check();
  expect([status, err]).toEqual([0, ""]);
  const lines = out.split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "Feature                         Availability",
    "------------------------------  ------------------",
    "AMD processor with SVM          ok",
  ]);
  expect(out).not.toMatch(/MISSING|cannot/);
  expect(out.match(/^.*missing.*$/gm)).toEqual([
    expect.stringMatching(/^IOMMU \(IVRS\) +missing \(optional\): devices of cells need the flag/),
  ]);
  expect(out).toMatch(/\nCheck passed!\n$/);
});

it.each<[string, Readonly<Record<string, string>>, bigint, number, RegExp]>([
  [
    "no SVM",
    { "proc/cpuinfo": "vendor_id\t: AuthenticAMD\nflags\t: apic npt pdpe1gb\n" },
    0n,
    2,
    /AMD processor with SVM +MISSING: there is no virtualisation/,
  ],
  ["SVM switched off", {}, 1n << 4n, 2, /enabled by the firmware +MISSING: switch SVM/],
  [
    "no nested paging",
    { "proc/cpuinfo": "vendor_id\t: AuthenticAMD\nflags\t: apic svm pdpe1gb\n" },
    0n,
    2,
    /Nested paging +MISSING/,
  ],
  [
    "KVM in the way",
    { "sys/module/kvm_amd/refcnt": "0\n" },
    0n,
    2,
    /KVM +MISSING: unload it first: rmmod kvm_amd kvm$/m,
  ],
  [
    "VirtualBox in the way",
    { "sys/module/vboxdrv/refcnt": "0\n" },
    0n,
    2,
    /KVM +MISSING: unload it first: rmmod vboxdrv$/m,
  ],
  [
    "interrupts that an IOMMU remaps",
    { "proc/interrupts": "  8:   0   IR-IO-APIC   8-edge      rtc0\n" },
    0n,
    2,
    /IOMMU not used by Linux +MISSING/,
  ],
  [
    "no memory kept",
    { "proc/cmdline": "quiet\n" },
    0n,
    2,
    /memmap=\) +MISSING: add the kernel option/,
  ],
  [
    "an old kernel",
    { "proc/sys/kernel/osrelease": "4.19.0\n" },
    0n,
    2,
    /Linux 6\.1 or newer +MISSING/,
  ],
  [
    "an IOMMU that nobody drives",
    { "sys/firmware/acpi/tables/IVRS": "" },
    0n,
    0,
    /IOMMU \(IVRS\) +unused: devices of cells need the flag/,
  ],
  [
    "an IOMMU that Linux drives",
    { "sys/firmware/acpi/tables/IVRS": "", "sys/class/iommu/ivhd0/uevent": "" },
    0n,
    2,
    /IOMMU not used by Linux +MISSING: .*boot with amd_iommu=off/,
  ],
  [
    "encrypted memory",
    { "proc/cmdline": "mem_encrypt=off mem_encrypt=on memmap=82M$0x3a000000\n" },
    0n,
    2,
    /No memory encryption +MISSING: .*mem_encrypt=off/,
  ],
  [
    "lockdown",
    { "sys/kernel/security/lockdown": "none [integrity] confidentiality\n" },
    0n,
    2,
    /lockdown +MISSING/,
  ],
  [
    "no serial line",
    { "sys/class/tty/ttyS0/type": "0\n" },
    0n,
    0,
    /Serial line +missing \(optional\)/,
  ],
])("says what follows from %s", async (_, changes, vmCr, status, line) => {
  const outcome = await check(changes, vmCr);
  expect(outcome.status).toBe(status);
  expect(outcome.out).toMatch(line);
  expect(outcome.out).toContain(status === 0 ? "Check passed!" : "Check FAILED!");
});

it("takes Hygon's processors for AMD's", async () => {
  const { status, out } = await check({
    "proc/cpuinfo": `vendor_id\t: HygonGenuine\nflags\t: ${FLAGS}\n`,
  });
  expect(out).toMatch(/^AMD processor with SVM +ok$/m);
  expect(status).toBe(0);
});

it("says what it could not look at, and ends with 1", async () => {
  const { status, out } = await world.run([
    "hardware",
    "check",
    "--root",
    join(world.directory, "none"),
  ]);
  expect(status).toBe(2);
  expect(out).toContain("BUT: Some essential checks had to be skipped!");
  await check();
  const { rmSync } = await import("node:fs");
  rmSync(join(world.directory, "dev"), { recursive: true });
  const second = await world.run(["hardware", "check", "--root", world.directory]);
  expect(second.status).toBe(1);
  expect(second.out).toMatch(
    /enabled by the firmware +cannot be told: as root, with Linux' module: modprobe msr/,
  );
  expect(second.out).toContain("Check passed!\nBUT: Some essential checks had to be skipped!\n");
});
