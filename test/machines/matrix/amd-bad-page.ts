import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a page of bad RAM and a hypervisor's place in one option",
  vendor: "AuthenticAMD",
  kernel: "5",
  oddity: "several memmap= in one",
  iomem: `
00000000-0009ffff : System RAM
00100000-1868ffff : System RAM
18690000-1869ffff : Reserved
186a0000-39ffffff : System RAM
3a000000-3f1fffff : Reserved
3f200000-6fffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fed00000-fed003ff : HPET 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x808),
  ioapics: [[0, 0xfec00000, 0]],
  cmdline: "quiet memmap=64K$0x18690000,82M$0x3a000000",
  pci: [hostBridge("1022:1450")],
});
