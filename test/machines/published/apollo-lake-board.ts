import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/MichaIng/DietPi/issues/4817",
  taken:
    "RAM buffers at 7a3f9000, 7a965000 and 7b000000, ports 0x680-0x69f, 0x400-0x47f and 0x500-0x5fe, memory e0000000-efffffff, fea00000-feafffff, fed01000 and fed03000, an HPET of 19.2 MHz",
  adds: "three gaps that Linux keeps, two single pages of a board",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "several RAM buffers",
  iomem: `
00000000-0009ffff : System RAM
00100000-7a3f8fff : System RAM
7a3f9000-7a40ffff : Reserved
7a410000-7a964fff : System RAM
7a965000-7a97ffff : ACPI Tables
7a980000-7affffff : System RAM
7b000000-7bffffff : RAM buffer
e0000000-efffffff : PCI MMCONFIG 0000 [bus 00-ff]
  e0000000-efffffff : pnp 00:01
fea00000-feafffff : pnp 00:01
fec00000-fec003ff : IOAPIC 0
fed00000-fed003ff : HPET 0
fed01000-fed01fff : pnp 00:01
fed03000-fed03fff : pnp 00:01
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(
    0x408,
    "  0400-047f : pnp 00:00\n  0500-05fe : pnp 00:00\n  0680-069f : pnp 00:00",
  ),
  ioapics: [[1, 0xfec00000, 0]],
  mmconfigs: [{ base: 0xe0000000, endBus: 255 }],
  pci: [hostBridge("8086:31f0")],
});
