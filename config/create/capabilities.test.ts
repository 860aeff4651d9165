// PCI functions as machines have them: what is made of their capabilities and registers passes the check.
import { expect, it } from "vitest";
import { checkConfigs } from "../check/index.ts";
import { defineSystem } from "../define-system.ts";
import { machineTree, type PciFacts } from "../testing/machine-tree.ts";
import { definitionOf, planSystem } from "./system.ts";

const IOMEM = `
00000000-0009ffff : System RAM
000a0000-000bffff : PCI Bus 0000:00
00100000-39ffffff : System RAM
3a000000-3f1fffff : Reserved
3f200000-7effffff : System RAM
e0000000-febfffff : PCI Bus 0000:00
fec00000-fec003ff : IOAPIC 0`;

function systemWith(one: Omit<PciFacts, "at" | "ids" | "class">) {
  const tree = machineTree({
    vendor: "GenuineIntel",
    cmdline: "memmap=82M$0x3a000000",
    iomem: IOMEM,
    ioapics: [[0, 0xfec00000, 0]],
    mmconfigs: [{ base: 0xb0000000, endBus: 255 }],
    ioports: "0040-0043 : timer0\n0608-060b : ACPI PM_TMR",
    pci: [
      { at: "00:00.0", ids: "8086:0f00", class: 0x0600 },
      { at: "00:1b.0", ids: "8086:0f04", class: 0x0403, ...one },
    ],
  });
  return defineSystem(definitionOf(planSystem(tree)));
}

const lengths = (one: Omit<PciFacts, "at" | "ids" | "class">) =>
  systemWith(one).rootCell.pciCapabilities.map(({ start, length }) => [start, length]);
const faults = (one: Omit<PciFacts, "at" | "ids" | "class">) =>
  checkConfigs([systemWith(one)]).filter(({ severity }) => severity !== "note");

it.each([
  [
    "PCI Express, 0x14 bytes at 0x70",
    { 112: "10 80 91 00", 128: "09 00 10" },
    [
      [0x70, 16],
      [0x80, 2],
    ],
  ],
  [
    "PCI Express 2, 0x3c bytes at 0x70",
    { 112: "10 90 02 00", 144: "05 00 80 00" },
    [
      [0x70, 32],
      [0x90, 14],
    ],
  ],
  [
    "power management, 8 bytes",
    { 64: "01 44 03 00", 68: "0d 00" },
    [
      [0x40, 4],
      [0x44, 2],
    ],
  ],
  ["one at the end of its part", { 240: "10 00 02 00" }, [[0xf0, 16]]],
  [
    "extended ones",
    { 64: "0d 00", 256: "01 00 02 12", 288: "10 00 01 00" },
    [
      [0x40, 2],
      [0x100, 32],
      [0x120, 64],
    ],
  ],
  [
    "an extended one at the end of all",
    { 64: "0d 00", 256: "01 00 01 ff", 4080: "10 00 01 00" },
    [
      [0x40, 2],
      [0x100, 64],
      [0xff0, 16],
    ],
  ],
  [
    "a list that runs in a circle",
    { 64: "0d 50", 80: "09 40 10" },
    [
      [0x40, 2],
      [0x50, 2],
    ],
  ],
  ["a slot's registers of a root port of version 1", { 64: "10 00 41 01" }, [[0x40, 36]]],
] as const)("a capability ends where the next one begins: %s", (_, space, expected) => {
  expect(lengths({ space })).toEqual(expected);
  expect(faults({ space })).toEqual([]);
});

it("an MSI-X capability whose table has no address is not written", () => {
  const space = { 64: "11 00 03 00 00 00 00 00 00 08 00 00" };
  const one = { space, bars: [[0, 0x4000, "unset"]] as const };
  expect(systemWith(one).rootCell.pciCapabilities[0]).toMatchObject({ flags: 0 });
  expect(systemWith(one).rootCell.pciDevices[1]).toMatchObject({
    numMsixVectors: 0,
    barMask: [0, 0, 0, 0, 0, 0],
  });
  expect(faults(one)).toEqual([]);
});

it("the pages of an MSI-X table are all in which it is", () => {
  const space = { 64: "11 00 7f 00 00 0c 00 00 00 20 00 00" };
  const [, device] = systemWith({ space, bars: [[0xf7000000, 0x4000]] }).rootCell.pciDevices;
  expect(device).toMatchObject({
    msixAddress: 0xf7000000n,
    msixRegionSize: 0x2000,
    numMsixVectors: 128,
  });
});

it("registers that nobody has placed are in no region", () => {
  const { memory, ports } = systemWith({
    bars: [
      [0, 0x20000000, "unset"],
      [0, 0x20, "ports"],
    ],
  }).rootCell;
  expect(memory.some(({ physicalStart, size }) => physicalStart + size > 0x7f000000n)).toBe(false);
  expect(ports.filter(({ base }) => base === 0)).toMatchObject([{ length: 0x20 }]);
});
