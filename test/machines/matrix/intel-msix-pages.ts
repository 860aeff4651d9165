import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a table of MSI-X that begins in the middle of a page and ends in the next one",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "MSI-X over two pages",
  iomem: `
00000000-0009ffff : System RAM
00100000-7fffffff : System RAM
e0000000-e0003fff : 0000:01:00.0
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x408),
  ioapics: [[0, 0xfec00000, 0]],
  pci: [
    hostBridge("8086:3ec2"),
    { at: "00:01.0", ids: "8086:1901", class: 0x0604, header: 1 },
    {
      at: "01:00.0",
      ids: "144d:a808",
      class: 0x0108,
      bars: [[0xe0000000, 0x4000, "wide"]],
      space: { 64: "01 50 03 00", 80: "11 00 20 00 00 0e 00 00 00 20 00 00" },
    },
  ],
});
