import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/linux-surface/iptsd/issues/57",
  taken:
    "no memory between 8f800000 and dfffffff, which is for devices; f0000000-fe00ffff free, one page reserved at fe010000, free again to the end; eight CPUs",
  adds: "a single reserved page between windows, right behind a range that no list names",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "one reserved page",
  cpus: 8,
  siblings: ["0-1", "0-1", "2-3", "2-3", "4-5", "4-5", "6-7", "6-7"],
  iomem: `
00000000-0009ffff : System RAM
00100000-7effffff : System RAM
7f000000-8f7fffff : Reserved
8f800000-dfffffff : PCI Bus 0000:00
e0000000-efffffff : PCI MMCONFIG 0000 [bus 00-ff]
  e0000000-efffffff : Reserved
fe010000-fe010fff : Reserved
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-26e7fffff : System RAM`,
  ioports: pcPorts(0x1808),
  ioapics: [[2, 0xfec00000, 0]],
  mmconfigs: [{ base: 0xe0000000, endBus: 255 }],
  pci: [hostBridge("8086:8a12")],
});
