import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "flash that a driver has, which must not be written, and pin controllers with a gap",
  vendor: "GenuineIntel",
  kernel: "4",
  oddity: "flash of a driver",
  iomem: `
00000000-0009ffff : System RAM
00100000-7effffff : System RAM
fdac0000-fdacffff : INT344B:00
fdae0000-fdaeffff : INT344B:00
fdaf0000-fdafffff : INT344B:00
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
ff000000-ffffffff : INT0800:00`,
  ioports: pcPorts(0x1808),
  ioapics: [[0, 0xfec00000, 0]],
  pci: [hostBridge("8086:191f")],
});
