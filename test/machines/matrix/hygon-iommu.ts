import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "an IOMMU whose line is larger than the registers that its table tells of",
  vendor: "HygonGenuine",
  kernel: "6",
  oddity: "IOMMU larger than its unit",
  iomem: `
00000000-0009ffff : System RAM
00100000-5fffffff : System RAM
fd300000-fd37ffff : amd_iommu
fec00000-fec003ff : IOAPIC 0
fec01000-fec013ff : IOAPIC 1
fec02000-fec023ff : IOAPIC 2
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x808),
  ioapics: [
    [1, 0xfec00000, 0],
    [2, 0xfec01000, 24],
    [3, 0xfec02000, 48],
  ],
  iommus: [{ kind: "amd", base: 0xfd300000 }],
  pci: [hostBridge("1d94:1450")],
});
