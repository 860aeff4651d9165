import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/FlyGoat/RyzenAdj/issues/210",
  taken:
    "RAM from 9f28000 and Unknown E820 type at 4f779000 before a large Reserved, NVS at 9f00000 within RAM, some lines of buses all zeros",
  adds: "lines that a person has made zeros, NVS in the middle of low RAM, an unknown type",
  vendor: "AuthenticAMD",
  kernel: "5",
  oddity: "zeroed lines",
  iomem: `
00000000-00000fff : Reserved
00001000-0009ffff : System RAM
00000000-00000000 : PCI Bus 0000:00
000a0000-000effff : PCI Bus 0000:00
000f0000-000fffff : System ROM
00100000-09bfffff : System RAM
09c00000-09dc0fff : Reserved
09dc1000-09efffff : System RAM
09f00000-09f27fff : ACPI Non-volatile Storage
09f28000-45014fff : System RAM
45015000-45123fff : Reserved
45124000-4f778fff : System RAM
4f779000-50ee8fff : Unknown E820 type
50ee9000-6c11cfff : Reserved
6c11d000-6dffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fec01000-fec013ff : IOAPIC 1
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x408),
  ioapics: [
    [33, 0xfec00000, 0],
    [34, 0xfec01000, 24],
  ],
  pci: [hostBridge("1022:14b5")],
});
