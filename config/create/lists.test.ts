// What Linux' lists name is in a created configuration, or a person is told; `config check -r` misses none of it.
import { describe, expect, it } from "vitest";
import { applyFix, checkConfigs } from "../check/index.ts";
import { defineSystem } from "../define-system.ts";
import { type MachineTreeFacts, machineTree } from "../testing/machine-tree.ts";
import type { SystemConfig } from "../types.ts";
import { machineFacts } from "./facts.ts";
import { sourceOf } from "./source.ts";
import { definitionOf, planSystem } from "./system.ts";

/** A machine whose kernel keeps memory free already: nothing else is left to do. */
const BOARD: MachineTreeFacts = {
  vendor: "AuthenticAMD",
  cmdline: "quiet memmap=82M$0x3a000000",
  iomem: `
00000000-00000fff : Reserved
00001000-0009ffff : System RAM
000a0000-000fffff : Reserved
  000a0000-000bffff : PCI Bus 0000:00
00100000-39ffffff : System RAM
3a000000-3f1fffff : Reserved
3f200000-7effffff : System RAM
7f000000-7fffffff : ACPI Non-volatile Storage
80000000-8fffffff : RAM buffer
e0000000-febfffff : PCI Bus 0000:00
  fe000000-fe0fffff : PCI Bus 0000:01
fec00000-fec003ff : IOAPIC 0
fed00000-fed003ff : HPET 0
fed40000-fed44fff : MSFT0101:00
  fed40000-fed44fff : MSFT0101:00 MSFT0101:00
fed81500-fed818ff : AMDI0030:00
  fed81500-fed818ff : AMDI0030:00 AMDI0030:00
fedc2000-fedc2fff : AMDI0010:00
  fedc2000-fedc2fff : AMDI0010:00 AMDI0010:00
fee00000-fee00fff : Local APIC
ff000000-ffffffff : Reserved
100000000-10fffffff : System RAM`,
  ioports: `
0000-0cf7 : PCI Bus 0000:00
  0000-001f : dma1
  0020-0021 : pic1
  002e-002f : it87
    002e-002f : it87
  0040-0043 : timer0
  0060-0060 : keyboard
  0064-0064 : keyboard
  0070-0071 : rtc0
  00a0-00a1 : pic2
  01f0-01f7 : ata_piix
  0378-037a : parport0
  0800-0803 : ACPI PM1a_EVT_BLK
  0808-080b : ACPI PM_TMR
0cf8-0cff : PCI conf1`,
  ioapics: [[0, 0xfec00000, 0]],
  cStates: { POLL: "CPUIDLE CORE POLL IDLE", C1: "ACPI FFH MWAIT 0x0", C2: "ACPI IOPORT 0x414" },
};

const planned = (change: Partial<MachineTreeFacts> = {}) =>
  planSystem(machineTree({ ...BOARD, ...change }));
const systemOf = (facts: MachineTreeFacts): SystemConfig =>
  defineSystem(definitionOf(planSystem(machineTree(facts))));
const faults = (system: SystemConfig, facts: MachineTreeFacts) =>
  checkConfigs([system], machineFacts(machineTree(facts))).filter(
    ({ severity }) => severity !== "note",
  );
const hasMemory = ({ rootCell }: SystemConfig, address: bigint) =>
  rootCell.memory.some(
    ({ physicalStart, size }) => address >= physicalStart && address < physicalStart + size,
  );
const hasPort = ({ rootCell }: SystemConfig, port: number) =>
  rootCell.ports.some(({ base, length }) => port >= base && port < base + length);

/** The machine with a line more in its memory. */
const withLine = (line: string): MachineTreeFacts => ({
  ...BOARD,
  iomem: `${BOARD.iomem}\n${line}`,
});

describe("memory that Linux' list names", () => {
  it.each([0xfed40000n, 0xfed44fffn, 0xfed81500n, 0xfed818ffn, 0xfedc2000n])(
    "%# is the root cell's where a driver has it at the top of the list",
    (address) => expect(hasMemory(systemOf(BOARD), address)).toBe(true),
  );

  it.each([
    ["as kernels before 4.16 call it", "fed1c000-fed1ffff : reserved", 0xfed1c000n],
    [
      "of a plugged-in module",
      "140000000-17fffffff : virtio0\n  140000000-17fffffff : System RAM (virtio_mem)",
      0x140000000n,
    ],
    [
      "that is persistent",
      "180000000-1bfffffff : Persistent Memory\n  180000000-1bfffffff : namespace0.0",
      0x180000000n,
    ],
    [
      "below a window of a bus",
      "d0000000-dfffffff : PCI Bus 0000:80\n  d0100000-d0100fff : INT344B:00",
      0xd0100000n,
    ],
    ["in a file that went through Windows", "fed1c000-fed1ffff : Reserved\r", 0xfed1c000n],
  ])("is the root cell's: %s", (_, line, address) => {
    expect(hasMemory(systemOf(withLine(line)), address)).toBe(true);
    expect(faults(systemOf(withLine(line)), withLine(line))).toEqual([]);
  });

  it("is not the root cell's where nobody has it, or the hypervisor plays it", () => {
    const system = systemOf(withLine("d0000000-d0000fff : dmar0"));
    for (const address of [0x80000000n, 0xfe000000n, 0xfec00000n, 0xfee00000n, 0xd0000000n])
      expect([address, hasMemory(system, address)]).toEqual([address, false]);
  });

  it("is told where it is too large for registers, and what is in it is the root cell's", () => {
    const large = withLine("a0000000-bfffffff : Reserved\n  a0001000-a0001fff : pnp 00:05");
    const { warnings } = planSystem(machineTree(large));
    expect(warnings.join("\n")).toMatch(/a0000000-bfffffff : Reserved: .*0xa0002000 to 0xbfffffff/);
    expect(hasMemory(systemOf(large), 0xa0001000n)).toBe(true);
    expect(hasMemory(systemOf(large), 0xa0002000n)).toBe(false);
  });

  it("is told where it holds what the hypervisor plays, but the table of it is missing", () => {
    const { warnings, played } = planSystem(machineTree(withLine("d0000000-d0000fff : dmar0")));
    expect(warnings.join("\n")).toContain("d0000000-d0000fff : dmar0");
    expect(played).toContain("fee00000-fee00fff : Local APIC");
    expect(sourceOf(planned())).toContain("fec00000-fec003ff : IOAPIC 0;");
  });
});

describe("ports that Linux' list names", () => {
  it.each([0x2e, 0x1f0, 0x1f7, 0x378, 0x37a, 0x800, 0x803])(
    "0x%s are the root cell's, also below 0x400",
    (port) => expect(hasPort(systemOf(BOARD), port)).toBe(true),
  );

  it("are told where they stay forbidden", () => {
    const told = planned().warnings.join("\n");
    expect(told).toContain("0020-0021 : pic1");
    expect(told).toContain("00a0-00a1 : pic2");
  });

  it("are told to be hidden from who is not root", () => {
    const ioports = "0000-0000 : dma1\n0000-0000 : ACPI PM_TMR";
    expect(planned({ ioports }).warnings.join("\n")).toContain("/proc/ioports shows no port");
  });

  it("are those of C-states, too", () => {
    expect(hasPort(systemOf(BOARD), 0x414)).toBe(true);
    expect(sourceOf(planned())).toContain("// cpuidle: ACPI's C2 is entered here");
  });

  it("are those of PCI functions that no driver has", () => {
    const bars = [[0xe000, 0x20, "ports"]] as const;
    const pci = [{ at: "00:1f.3", ids: "8086:a2a3", class: 0x0c05, bars }];
    expect(hasPort(systemOf({ ...BOARD, pci }), 0xe01f)).toBe(true);
  });
});

describe("config check -r", () => {
  const system = systemOf(BOARD);
  it("finds nothing that config create has missed", () =>
    expect(faults(system, BOARD)).toEqual([]));

  const without = (lists: Partial<SystemConfig["rootCell"]>): SystemConfig => ({
    ...system,
    rootCell: { ...system.rootCell, ...lists },
  });
  const { memory, ports } = system.rootCell;
  const registers = memory.filter(({ flags }) => (flags & 4n) === 0n);
  it.each(registers)("misses none: memory, $physicalStart", (region) => {
    const poorer = without({ memory: memory.filter((one) => one !== region) });
    const found = faults(poorer, BOARD);
    expect(found.map(({ rule }) => rule)).toContain(
      region.physicalStart < 0xff000000n ? "machine-memory-held" : "machine-memory-reserved",
    );
    const [fixed] = applyFix(
      [poorer],
      found.flatMap(({ fix }) => fix),
    ) as [SystemConfig];
    expect(faults(fixed, BOARD)).toEqual([]);
  });

  it("misses none: ports", () => {
    const poorer = without({ ports: ports.filter(({ base }) => base < 0x80 && base !== 0x2e) });
    const found = faults(poorer, BOARD).filter(({ rule }) => rule === "machine-ports-held");
    const told = found.map(({ message }) => message).join("\n");
    for (const name of ["it87", "ata_piix", "parport0", "ACPI PM1a_EVT_BLK", "ACPI's C2"])
      expect(told).toContain(name);
    const [fixed] = applyFix(
      [poorer],
      found.flatMap(({ fix }) => fix),
    ) as [SystemConfig];
    expect(faults(fixed, BOARD)).toEqual([]);
  });

  it("says in a note what is too large for registers", () => {
    const large = withLine("a0000000-bfffffff : Reserved");
    const notes = checkConfigs([systemOf(large)], machineFacts(machineTree(large)));
    expect(notes.map(({ rule }) => rule)).toContain("machine-memory-large");
    expect(faults(systemOf(large), large)).toEqual([]);
  });
});

describe("the platform that can run", () => {
  it.each([
    ["GenuineIntel", "vmx", "metal with VT-x (jailhouse-intel.bin)"],
    ["CentaurHauls", "vmx", "metal with VT-x (jailhouse-intel.bin)"],
    ["HygonGenuine", "svm", "metal with AMD-V (jailhouse-amd.bin)"],
    ["GenuineIntel", "", "none runs there as it is: /proc/cpuinfo lists no vmx"],
    ["AuthenticAMD", "", "none runs there as it is: /proc/cpuinfo lists no svm"],
  ])("is told of %s with %s", (vendor, feature, text) => {
    const plan = planned({ vendor, flags: `apic ${feature}` });
    expect(plan.platform).toContain(text);
    expect(sourceOf(plan).replaceAll("\n// ", " ")).toContain(text);
  });

  it("is none of a PC's on one of Arm's machines", () =>
    expect(() => planned({ vendor: "Arm" })).toThrow("it is an Arm machine"));
});

describe("the kernel's options", () => {
  it("may keep several ranges in one word, and small ones for others", () => {
    const plan = planned({ cmdline: "memmap=64K$0x18690000,82M$0x3a000000 quiet" });
    expect(plan.placement).toMatchObject({ isReserved: true, hypervisor: { start: 0x3a000000n } });
    const small = planned({ cmdline: "memmap=64K$0x18690000" });
    expect(small.placement.isReserved).toBe(false);
    expect(small.warnings.join("\n")).toContain("memmap=0x10000$0x18690000 keeps 64 KiB, but");
  });

  it("were not understood where GRUB took the $ away", () => {
    const told = planned({ cmdline: "memmap=82Mx3a000000 memmap=1G@4G" }).warnings.join("\n");
    expect(told).toContain("Linux did not understand memmap=82Mx3a000000");
    expect(told).not.toContain("1G@4G");
  });
});

describe("IOMMUs", () => {
  it("are as large as their features say", () => {
    const sizes = [0, (2 << 13) | (4 << 17)].map(
      (features) =>
        systemOf({ ...BOARD, iommus: [{ kind: "amd", base: 0xfd800000, features }] }).iommuUnits[0]
          ?.size,
    );
    expect(sizes).toEqual([0x4000, 0x80000]);
  });

  it("are told where the format has no room for them", () => {
    const iommus = Array.from({ length: 10 }, (_, index) => ({
      kind: "intel" as const,
      base: 0xd0000000 + index * 0x1000,
    }));
    const plan = planned({ iommus });
    expect(plan.iommuUnits).toHaveLength(8);
    expect(plan.warnings.join("\n")).toContain("the IOMMU at 0xd0009000 is left out");
  });
});
