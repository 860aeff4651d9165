import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a maker with Intel's virtualisation, a second I/O APIC in another page",
  vendor: "CentaurHauls",
  kernel: "4",
  oddity: "second chip far away",
  iomem: `
00000000-0009ffff : System RAM
00100000-37ffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fecc0000-fecc03ff : IOAPIC 1
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x408),
  ioapics: [
    [1, 0xfec00000, 0],
    [2, 0xfecc0000, 24],
  ],
  pci: [hostBridge("1106:0410")],
});
