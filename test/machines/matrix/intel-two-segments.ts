import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a second segment with a configuration space above one TiB",
  vendor: "GenuineIntel",
  kernel: "6",
  oddity: "two PCI segments",
  iomem: `
00000000-0009ffff : System RAM
00100000-7fffffff : System RAM
80000000-8fffffff : PCI MMCONFIG 0000 [bus 00-ff]
  80000000-8fffffff : Reserved
10000000000-1000fffffff : PCI MMCONFIG 0001 [bus 00-ff]
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x508),
  ioapics: [[0, 0xfec00000, 0]],
  mmconfigs: [
    { base: 0x80000000, endBus: 255 },
    { base: 0x10000000000, endBus: 255, segment: 1 },
  ],
  pci: [hostBridge("8086:09a2"), { at: "0001:00:00.0", ids: "8086:09a2", class: 0x0600 }],
});
