import { hostBridge, machine } from "../machine.ts";

export default machine({
  adds: "lines that mail has indented by three signs, the PM timer by its old name, half a GiB",
  vendor: "GenuineIntel",
  kernel: "2.6",
  oddity: "odd indentation",
  iomem: `
00000000-0009fbff : System RAM
0009fc00-0009ffff : reserved
000f0000-000fffff : reserved
00100000-1fefffff : System RAM
1ff00000-1fffffff : reserved
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: `
0000-001f : dma1
0020-0021 : pic1
0040-0043 : timer0
0060-006f : keyboard
0070-0077 : rtc
00a0-00a1 : pic2
0170-0177 : 0000:00:1f.1
   0170-0177 : ata_piix
01f0-01f7 : 0000:00:1f.1
   01f0-01f7 : ata_piix
0376-0376 : 0000:00:1f.1
03f6-03f6 : 0000:00:1f.1
1008-100b : PM_TMR
0cf8-0cff : PCI conf1`,
  ioapics: [[0, 0xfec00000, 0]],
  pci: [hostBridge("8086:2560")],
});
