// Which ports the root cell gets: those of every PC, and all that Linux has found something at.
import { expect, it } from "vitest";
import { planPorts } from "./ports.ts";
import { readResources } from "./resources.ts";
import type { Tree } from "./tree.ts";

/** /proc/ioports of Bochs' i440fx, with an embedded controller, as notebooks have it. */
const IOPORTS = `0000-0cf7 : PCI Bus 0000:00
  0000-001f : dma1
  0020-0021 : pic1
  0040-0043 : timer0
  0060-0060 : keyboard
  0062-0062 : PNP0C09:00
    0062-0062 : EC data
  0064-0064 : keyboard
  0066-0066 : PNP0C09:00
    0066-0066 : EC cmd
  0070-0071 : rtc0
  00a0-00a1 : pic2
  0170-0177 : 0000:00:01.1
    0170-0177 : ata_piix
  01f0-01f7 : 0000:00:01.1
    01f0-01f7 : ata_piix
  0376-0376 : 0000:00:01.1
    0376-0376 : ata_piix
  0378-037a : parport0
  03f6-03f6 : 0000:00:01.1
    03f6-03f6 : ata_piix
0cf8-0cff : PCI conf1
0d00-ffff : PCI Bus 0000:00
  b000-b03f : 0000:00:01.3
    b008-b00b : ACPI PM_TMR
`;

const tree: Tree = {
  read: (path) => (path === "/proc/ioports" ? Buffer.from(IOPORTS) : undefined),
  list: () => [],
};

it("ports of devices below 0x400 are listed, and none twice, and not the first interrupt controllers", () => {
  const ioports = readResources(tree, "/proc/ioports");
  const { entries } = planPorts({ ioports, functions: [], cStates: [] });
  const has = (port: number) =>
    entries.filter(({ value }) => port >= value.base && port < value.base + value.length).length;
  for (const port of [0x62, 0x66, 0x170, 0x177, 0x1f0, 0x1f7, 0x376, 0x378, 0x3f6, 0xb008])
    expect([port.toString(16), has(port)]).toEqual([port.toString(16), 1]);
  for (const port of [0x20, 0x21, 0xa0, 0xa1, 0x92, 0xcf8, 0xcfc, 0x1ce])
    expect([port.toString(16), has(port)]).toEqual([port.toString(16), 0]);
  expect(entries.find(({ value }) => value.base === 0x170)?.comment).toContain("0000:00:01.1");
});
