import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/awslabs/damo/pull/84",
  taken:
    "Persistent Memory 140000000-33fffffff with namespace0.0 and dax0.0, in which System RAM (kmem) begins at 150000000",
  adds: "RAM that a driver has given to Linux inside persistent memory",
  vendor: "GenuineIntel",
  kernel: "6",
  oddity: "System RAM (kmem)",
  iomem: `
00000000-0009ffff : System RAM
000f0000-000fffff : System ROM
00100000-bfffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-13fffffff : System RAM
140000000-33fffffff : Persistent Memory
  140000000-1481fffff : namespace0.0
  150000000-33fffffff : dax0.0
    150000000-33fffffff : System RAM (kmem)`,
  ioports: pcPorts(0x608),
  ioapics: [[0, 0xfec00000, 0]],
  pci: [hostBridge("8086:29c0")],
});
