import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "tables that only root may read are missing, so that nothing is known of interrupts",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "without root",
  iomem: `
00000000-0009ffff : System RAM
00100000-7fffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x408),
  ioapics: [[0, 0xfec00000, 0]],
  isRoot: false,
  pci: [hostBridge("8086:191f")],
});
