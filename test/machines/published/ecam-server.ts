import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/snu-csl/nvmevirt/issues/60",
  taken:
    "a kernel that says ECAM, 80000000-8fffffff for buses 00 to ff, not reserved by ACPI but by EFI; root buses PC00, PC01, PC02",
  adds: "the configuration space under the name that kernels from 6.8 on have for it",
  vendor: "GenuineIntel",
  kernel: "6",
  oddity: "PCI ECAM",
  iomem: `
00000000-0009ffff : System RAM
00100000-6bffffff : System RAM
6c000000-7fffffff : Reserved
80000000-8fffffff : PCI ECAM 0000 [bus 00-ff]
  80000000-8fffffff : Reserved
90000000-9fffffff : PCI Bus 0000:00
a0000000-afffffff : PCI Bus 0000:16
fec00000-fec003ff : IOAPIC 0
fed00000-fed003ff : HPET 0
  fed00000-fed003ff : PNP0103:00
fee00000-fee00fff : Local APIC
100000000-207fffffff : System RAM
206000000000-206fffffffff : PCI Bus 0000:16`,
  ioports: pcPorts(0x508),
  ioapics: [[8, 0xfec00000, 0]],
  mmconfigs: [{ base: 0x80000000, endBus: 255 }],
  pci: [hostBridge("8086:09a2")],
});
