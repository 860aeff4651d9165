import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/QubesOS/qubes-issues/issues/8939",
  taken:
    "IOMMUs at fed90000, fed91000, fed92000 and fed84000 to fed87000, MMCONFIG at c0000000, stolen memory at 7c800000, security at fed50000, PCH_RESERVED fc800000 of 32 MiB",
  adds: "seven IOMMUs, those of Thunderbolt among them",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "seven IOMMUs",
  iomem: `
00000000-0009ffff : System RAM
000a0000-000fffff : Reserved
00100000-76ffffff : System RAM
77000000-803fffff : Reserved
  7c800000-803fffff : Graphics Stolen Memory
c0000000-cfffffff : PCI MMCONFIG 0000 [bus 00-ff]
fc800000-fe7fffff : Reserved
fec00000-fec003ff : IOAPIC 0
fed50000-fed6ffff : pnp 00:02
fed84000-fed84fff : dmar3
fed85000-fed85fff : dmar4
fed86000-fed86fff : dmar5
fed87000-fed87fff : dmar6
fed90000-fed90fff : dmar0
fed91000-fed91fff : dmar1
fed92000-fed92fff : dmar2
fee00000-fee00fff : Local APIC
100000000-107fbfffff : System RAM`,
  ioports: pcPorts(0x1808),
  ioapics: [[2, 0xfec00000, 0]],
  mmconfigs: [{ base: 0xc0000000, endBus: 255 }],
  iommus: [0xfed90000, 0xfed91000, 0xfed92000, 0xfed84000, 0xfed85000, 0xfed86000, 0xfed87000].map(
    (base) => ({ kind: "intel" as const, base }),
  ),
  pci: [hostBridge("8086:9a14")],
});
