import { hostBridge, machine } from "../machine.ts";

export default machine({
  source: "https://github.com/LMMS/lmms/issues/2811",
  taken:
    "PCI Bus 0000:80 around PCI Bus 0000:00 in the ports, IDE at 0x170, 0x1f0 and 0x376 by VIA's driver, a monitor at 0x290, floppy at 0x3f2 and 0x3f4-0x3f5, rtc0 on four ports",
  adds: "the old ports of an IDE controller where no register moves them, a floppy in pieces, a second root bus",
  vendor: "CentaurHauls",
  kernel: "4",
  oddity: "IDE in its old place",
  iomem: `
00000000-0009fbff : System RAM
000f0000-000fffff : System ROM
00100000-77eeffff : System RAM
77ef0000-77ef2fff : ACPI Non-volatile Storage
77ef3000-77efffff : ACPI Tables
fec00000-fec003ff : IOAPIC 0
fecc0000-fecc03ff : IOAPIC 1
fee00000-fee00fff : Local APIC`,
  ioports: `
0000-0cf7 : PCI Bus 0000:80
  0000-0cf7 : PCI Bus 0000:00
    0000-001f : dma1
    0020-0021 : pic1
    0040-0043 : timer0
    0060-0060 : keyboard
    0064-0064 : keyboard
    0070-0073 : rtc0
    00a0-00a1 : pic2
    0170-0177 : 0000:00:0f.0
      0170-0177 : pata_via
    01f0-01f7 : 0000:00:0f.0
      01f0-01f7 : pata_via
    0290-029f : pnp 00:01
    0376-0376 : 0000:00:0f.0
    0378-037a : parport0
    03f2-03f2 : floppy
    03f4-03f5 : floppy
    03f6-03f6 : 0000:00:0f.0
    0400-0403 : ACPI PM1a_EVT_BLK
    0408-040b : ACPI PM_TMR
0cf8-0cff : PCI conf1`,
  ioapics: [
    [1, 0xfec00000, 0],
    [2, 0xfecc0000, 24],
  ],
  pci: [
    hostBridge("1106:0353"),
    {
      at: "00:0f.0",
      ids: "1106:0571",
      class: 0x0101,
      bars: [
        [0x1f0, 8, "fixed-ports"],
        [0x3f6, 1, "fixed-ports"],
        [0x170, 8, "fixed-ports"],
        [0x376, 1, "fixed-ports"],
        [0xfc00, 0x10, "ports"],
      ],
    },
  ],
});
