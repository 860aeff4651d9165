import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/linuxmint/cinnamon/issues/7715",
  taken:
    "I/O APIC 17 at fec00000 for interrupts 0 to 23 and 18 at fec01000 for 24 to 55, the second one listed first; PM timer at 0x808; RAM to 81f37ffff",
  adds: "a table that lists its second I/O APIC first, with 32 pins",
  vendor: "AuthenticAMD",
  kernel: "4",
  oddity: "I/O APICs out of order",
  iomem: `
00000000-0009ffff : System RAM
000f0000-000fffff : System ROM
00100000-d8cfffff : System RAM
fec00000-fec003ff : IOAPIC 0
fec01000-fec013ff : IOAPIC 1
fee00000-fee00fff : Local APIC
100000000-81f37ffff : System RAM`,
  ioports: pcPorts(0x808),
  ioapics: [
    [18, 0xfec01000, 24],
    [17, 0xfec00000, 0],
  ],
  pci: [hostBridge("1022:1450")],
});
