import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "half a GiB that firmware keeps for graphics, on another maker's processor",
  vendor: "HygonGenuine",
  kernel: "4",
  oddity: "large Reserved",
  iomem: `
00000000-0009ffff : System RAM
00100000-4fffffff : System RAM
50000000-6fffffff : Reserved
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-1dfffffff : System RAM`,
  ioports: pcPorts(0x808),
  ioapics: [[0, 0xfec00000, 0]],
  pci: [hostBridge("1d94:1450")],
});
