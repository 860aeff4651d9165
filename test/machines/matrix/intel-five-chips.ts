import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a server with I/O APICs of eight pins in pages far apart",
  vendor: "GenuineIntel",
  kernel: "4",
  oddity: "five I/O APICs",
  iomem: `
00000000-0009ffff : System RAM
00100000-77ffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fec01000-fec013ff : IOAPIC 1
fec08000-fec083ff : IOAPIC 2
fec10000-fec103ff : IOAPIC 3
fec18000-fec183ff : IOAPIC 4
fee00000-fee00fff : Local APIC
100000000-87fffffff : System RAM`,
  ioports: pcPorts(0x508),
  ioapics: [
    [8, 0xfec00000, 0],
    [9, 0xfec01000, 24],
    [10, 0xfec08000, 32],
    [11, 0xfec10000, 40],
    [12, 0xfec18000, 48],
  ],
  mmconfigs: [{ base: 0x80000000, endBus: 255 }],
  pci: [hostBridge("8086:2020")],
});
