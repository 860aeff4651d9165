import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a PCI Express capability of 20 bytes that has room for 16",
  vendor: "GenuineIntel",
  kernel: "4",
  oddity: "capabilities that touch",
  iomem: `
00000000-0009ffff : System RAM
00100000-7fffffff : System RAM
fe000000-fe003fff : 0000:00:1b.0
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x408),
  ioapics: [[0, 0xfec00000, 0]],
  pci: [
    hostBridge("8086:0f00"),
    {
      at: "00:1b.0",
      ids: "8086:0f04",
      class: 0x0403,
      bars: [[0xfe000000, 0x4000, "wide"]],
      space: { 80: "01 60 03 00", 96: "05 70 80 00", 112: "10 80 91 00", 128: "09 00 10" },
    },
  ],
});
