import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/HyperEnclave/hyperenclave/issues/24",
  taken: "HygonGenuine, kernel 5.4, booted with memmap=4G$0x100000000 amd_iommu=off no5lvl",
  adds: "memory that is kept free above 4 GiB, another maker with AMD's virtualisation",
  vendor: "HygonGenuine",
  kernel: "5",
  oddity: "kept above 4 GiB",
  cmdline: "ro memmap=4G$0x100000000 amd_iommu=off no5lvl",
  iomem: `
00000000-0009ffff : System RAM
000a0000-000fffff : Reserved
00100000-6aceffff : System RAM
6acf0000-6cffffff : Reserved
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-1ffffffff : Reserved
200000000-103effffff : System RAM`,
  ioports: pcPorts(0x808),
  ioapics: [[240, 0xfec00000, 0]],
  iommus: [{ kind: "amd", base: 0xfd800000 }],
  pci: [hostBridge("1d94:1450")],
});
