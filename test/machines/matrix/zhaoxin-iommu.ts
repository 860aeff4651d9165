import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "an IOMMU by Intel's table on a machine that is not Intel's",
  vendor: "CentaurHauls",
  kernel: "6",
  oddity: "another maker's IOMMU",
  iomem: `
00000000-0009ffff : System RAM
00100000-6fffffff : System RAM
fe010000-fe010fff : dmar0
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x808),
  ioapics: [[0, 0xfec00000, 0]],
  iommus: [{ kind: "intel", base: 0xfe010000 }],
  pci: [hostBridge("1d17:1001")],
});
