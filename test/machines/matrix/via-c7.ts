import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a processor without any virtualisation, and half a GiB",
  vendor: "CentaurHauls",
  kernel: "2.6",
  oddity: "no virtualisation",
  iomem: `
00000000-0009ffff : System RAM
00100000-1fffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x408),
  ioapics: [[0, 0xfec00000, 0]],
  flags: "apic",
  pci: [hostBridge("1106:3324")],
});
