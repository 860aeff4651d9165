import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "ten IOMMUs, of which the format has room for eight",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "more IOMMUs than fit",
  iomem: `
00000000-0009ffff : System RAM
00100000-3fffffff : System RAM
d1000000-d1000fff : dmar0
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-27fffffff : System RAM`,
  ioports: pcPorts(0x508),
  ioapics: [[0, 0xfec00000, 0]],
  cmdline: "intel_iommu=off",
  iommus: Array.from({ length: 10 }, (_, at) => ({
    kind: "intel" as const,
    base: 0xd1000000 + at * 0x1000000,
  })),
  pci: [hostBridge("8086:2020")],
});
