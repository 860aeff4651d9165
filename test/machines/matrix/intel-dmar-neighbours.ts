import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "two IOMMUs in pages beside each other, which Linux leaves alone",
  vendor: "GenuineIntel",
  kernel: "6",
  oddity: "IOMMUs beside each other",
  iomem: `
00000000-0009ffff : System RAM
00100000-3fffffff : System RAM
d0000000-d0000fff : dmar0
d0001000-d0001fff : dmar1
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x1808),
  ioapics: [[0, 0xfec00000, 0]],
  cmdline: "quiet intel_iommu=off",
  iommus: [0xd0000000, 0xd0001000].map((base) => ({ kind: "intel" as const, base })),
  pci: [hostBridge("8086:191f")],
});
