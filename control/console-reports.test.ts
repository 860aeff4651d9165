// Reports in the words of several revisions of the original, as people have published them, and what else a log has.
import { describe, expect, test } from "vitest";
import { armReports, readEvents } from "./console-events.ts";
import { readReports } from "./console-reports.ts";

/** Registers as Intel's and AMD's platforms print them. */
const registers = (
  rights: string,
  lma = 1,
  rax = "0000000000000042",
) => `RIP: 0xffffffff8104eb25 RSP: 0xffffc90000c17ab0 FLAGS: 10046
RAX: 0x${rax} RBX: 0xffff998a76d52000 RCX: 0x0000000000000001
RDX: 0x0000000000000cfc RSI: 0x0000000000000202 RDI: 0xffffbb66c0002010
CS: 10 BASE: 0x0000000000000000 AR-BYTES: ${rights} EFER.LMA ${lma}
CR0: 0x0000000080050033 CR3: 0x00000001df20a004 CR4: 0x00000000001626f0
EFER: 0x0000000000000d01
`;
const END = 'Parking CPU 3 (Cell: "RootCell")\n';
const report = (words: string, end = END) =>
  `[   12.3] Linux\r\nFATAL: ${words}\n${registers("a09b")}${end}`;
const only = (log: string) => {
  const { reports, unread } = readReports(log);
  expect(unread).toEqual([]);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

describe("forms of words", () => {
  test.each<[string, object]>([
    [
      "Invalid PCI config write, port: cfc, size 2, address port: 8000c8e8",
      { kind: "pci", address: (0xc8n << 16n) | 0xe8n, size: 2, write: true },
    ],
    [
      "Invalid PCI config write, port: 0xcfe, size: 2, address port: 0x800010e8",
      { kind: "pci", address: (0x10n << 16n) | 0xean, size: 2 },
    ],
    [
      "Invalid PCI MMCONFIG write, device 03:00.0, reg: 70f, size: 1",
      { kind: "pci", address: (0x300n << 16n) | 0x70fn, size: 1 },
    ],
    [
      "Invalid PIO read, port: 3f9: size 1",
      { kind: "port", address: 0x3f9n, size: 1, write: false },
    ],
    ["Invalid PIO read, port: 3f9: size: 1", { kind: "port", address: 0x3f9n, size: 1 }],
    ["Invalid PIO write, port: 61 size: 1", { kind: "port", address: 0x61n, value: 0x42n }],
    ["Invalid write to i8042 controller port", { kind: "port", address: 0x64n, value: 0x42n }],
    ["Unhandled VM-Exit, reason 26", { kind: "exit", address: 26n }],
    ["Unhandled VM-Exit, reason 2", { kind: "exit", address: 2n, value: 1n }],
    ["Unhandled VM-Exit, reason 50, exit qualification 0", { kind: "exit", address: 50n }],
  ])("%s", (words, denial) => {
    expect(only(report(words))).toMatchObject({ cell: "RootCell", denial: { cpu: 3, ...denial } });
  });

  test("the cell's name is missing in older ones", () => {
    const { cell, denial } = only(report("Invalid PIO read, port: 61 size: 1", "Parking CPU 2\n"));
    expect([cell, denial.cpu]).toEqual([undefined, 2]);
  });
});

test.each([
  ["a09b", 1, 64],
  ["c09b", 1, 32],
  ["c09b", 0, 32],
  ["9b", 0, 16],
  ["29b", 1, 64],
  ["a9b", 1, 64],
  ["c9b", 0, 32],
  ["809b", 0, 16],
])("access rights %s with EFER.LMA %i are those of %i-bit code", (rights, lma, bits) => {
  const log = `FATAL: Invalid PIO read, port: 61 size: 1\n${registers(rights, lma)}${END}`;
  expect(only(log).denial.bits).toBe(bits);
});

describe("a log that ends too early", () => {
  const words = "FATAL: Invalid MMIO/RAM read, addr: 0x00000000b9c34010 size: 4\n";
  test.each([
    ["behind the words", words],
    ["in the registers", `${words}${registers("a09b").slice(0, 90)}`],
    ["before the end", `${words}${registers("a09b")}`],
  ])("%s", (_, log) => {
    const { cell, denial } = only(log);
    expect(denial).toMatchObject({ kind: "memory", address: 0xb9c34010n, cpu: -1 });
    expect(cell).toBeUndefined();
  });

  test("another report cuts the one before", () => {
    const { reports } = readReports(
      `${words}${registers("a09b")}${report("Invalid PIO read, port: 61 size: 1")}`,
    );
    expect(reports.map(({ cell, denial }) => [cell, denial.kind])).toEqual([
      [undefined, "memory"],
      ["RootCell", "port"],
    ]);
  });
});

describe("events", () => {
  test("VT-d: an interrupt and memory, each once", () => {
    const interrupt = `VT-d fault event reported by IOMMU 1:\r
  Source Identifier (bus:dev.func): 03:00.0\r
  Fault Reason: 0x22 Fault Info: 38000000000 Type 0\r
`;
    const memory = `VT-d fault event reported by IOMMU 0:
 Source Identifier (bus:dev.func): 00:02.0
 Fault Reason: 0x6 Fault Info: 6a1cea1 Type 1
`;
    const events = readEvents(`Activating hypervisor\n${interrupt}${interrupt}${memory}`);
    expect(events.map(({ what }) => what)).toEqual([
      "PCI device 03:00.0 sent interrupt 56 of its remapping table, which IOMMU 1 (VT-d) stopped for reason 0x22",
      "PCI device 00:02.0 read memory at 0x6a1cea1000, which IOMMU 0 (VT-d) stopped for reason 0x6",
    ]);
  });

  test("AMD's, in both orders, and Linux'", () => {
    const log = `AMD IOMMU 0 reported event
 DeviceId (bus:dev.func): 02:00.0
 EventCode: 2 Operand 1: 20000ff, Operand 2: bd5000
AMD IOMMU 0 reported event
 EventCode: 1, Operand 1: 1000000, Operand 2: fee00000
 DeviceId (bus:dev.func): 00:14.2
[ 5.1] AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:00:14.0 domain=0x0000 address=0xfdf8100000 flags=0x0050]
[ 5.2] DMAR: [DMA Write] Request device [00:1f.2] PASID ffffffff fault addr 7b000000 [fault reason 05]
`;
    expect(readEvents(log).map(({ what }) => what)).toEqual([
      "IOMMU 0 (AMD) reported PCI device 02:00.0: it accessed memory that it was not given (address 0xbd5000)",
      "IOMMU 0 (AMD) reported PCI device 00:14.2: its entry of the device table is illegal",
      "PCI device 00:14.0 was stopped by the IOMMU that Linux drives: IO_PAGE_FAULT, address 0xfdf8100000",
      "PCI device 00:1f.2 was stopped by the IOMMU that Linux drives: DMA Write, address 0x7b000000",
    ]);
  });

  test("the hypervisor's own failure is no cell's", () => {
    const log = `FATAL: Jailhouse triggered exception #14
Error code: 2
Physical CPU ID: 0
RIP: 0xfffffffff0012345 RSP: 0xfffffffff0245f00 FLAGS: 10006
CR2: 0x0000000000000040
Stopping CPU 0 (Cell: "RootCell")
`;
    expect(readReports(log)).toEqual({ reports: [], unread: [] });
    expect(readEvents(log).map(({ what }) => what)).toEqual([
      "The hypervisor itself failed: exception #14 (page fault) at 0xfffffffff0012345, address 0x0000000000000040",
    ]);
  });

  test("an Arm log is one, by either kind of registers; one of x86 is not", () => {
    const arm64 = `Unhandled data write at 0x90280000(1)
FATAL: unhandled trap (exception class 0x24)
Cell state before exception:
 pc: ffffff8008a168b0   lr: ffffff8000ae0b48 spsr: 20000145     EL1
`;
    const arm =
      "Unhandled data read at 0x1c25014(4)\nFATAL: unhandled trap (exception class 0x24)\npc=0xc0543d64 cpsr=0xa00f0193 hsr=0x93850007\n";
    for (const log of [arm64, arm])
      expect(armReports(log)).toEqual([
        expect.stringMatching(/^Unhandled data (read|write) at 0x/),
        "FATAL: unhandled trap (exception class 0x24)",
      ]);
    expect(armReports(report("Invalid PIO read, port: 61 size: 1"))).toEqual([]);
  });
});
