import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/ROCm/legacy-rocm-build/issues/361",
  taken:
    "ports 0x1800-0x18fe, 0x164e-0x164f and 0x1854-0x1857 of PNP0c02, memory fed10000-fed19fff, fed20000-fed3ffff, fed45000-fed8ffff and ff000000 on of another",
  adds: "many small ranges of a board's resources beside each other",
  vendor: "GenuineIntel",
  kernel: "4",
  oddity: "resources of the board",
  cmdline: "ro quiet splash intel_iommu=on iommu=pt",
  iomem: `
00000000-0009ffff : System RAM
000a0000-000fffff : Reserved
00100000-5fffffff : System RAM
60000000-603fffff : Reserved
f0000000-f7ffffff : PCI MMCONFIG 0000 [bus 00-7f]
  f0000000-f7ffffff : pnp 00:05
fec00000-fec003ff : IOAPIC 0
fed00000-fed003ff : HPET 0
fed10000-fed17fff : pnp 00:05
fed18000-fed18fff : pnp 00:05
fed19000-fed19fff : pnp 00:05
fed20000-fed3ffff : pnp 00:05
fed45000-fed8ffff : pnp 00:05
fed90000-fed90fff : dmar0
fee00000-fee00fff : Local APIC
ff000000-ffffffff : pnp 00:05
100000000-41effffff : System RAM`,
  ioports: pcPorts(
    0x1808,
    "  164e-164f : pnp 00:01\n  1800-18fe : pnp 00:01\n    1854-1857 : pnp 00:04",
  ),
  ioapics: [[2, 0xfec00000, 0]],
  mmconfigs: [{ base: 0xf0000000, endBus: 127 }],
  iommus: [{ kind: "intel", base: 0xfed90000 }],
  pci: [hostBridge("8086:0c00")],
});
