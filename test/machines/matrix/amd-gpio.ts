import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a GPIO controller of AMD's at the top of the list, smaller than a page",
  vendor: "AuthenticAMD",
  kernel: "5",
  oddity: "GPIO at the top",
  iomem: `
00000000-0009ffff : System RAM
00100000-bfffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fed81500-fed818ff : AMDI0030:00
  fed81500-fed818ff : AMDI0030:00 AMDI0030:00
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x808),
  ioapics: [[0, 0xfec00000, 0]],
  pci: [hostBridge("1022:1450")],
});
