import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "two I2C controllers in pages beside each other become one region, with an IOMMU",
  vendor: "AuthenticAMD",
  kernel: "6",
  oddity: "neighbours",
  iomem: `
00000000-0009ffff : System RAM
00100000-3fffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fec01000-fec013ff : IOAPIC 1
fedc2000-fedc2fff : AMDI0010:00
fedc3000-fedc3fff : AMDI0010:01
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x808),
  ioapics: [
    [1, 0xfec00000, 0],
    [2, 0xfec01000, 24],
  ],
  iommus: [{ kind: "amd", base: 0xfeb80000 }],
  pci: [hostBridge("1022:1450")],
});
