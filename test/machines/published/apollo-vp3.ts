import { hostBridge, machine } from "../machine.ts";

export default machine({
  source: "http://38.142.81.21:8001/manual/pythonq/248-8xx/installation-guide-english/page-29.html",
  taken:
    "128 MiB of RAM, AGP and its bridge at e0000000 and e4000000 by their names, a network card of 128 bytes at ea000000, ffff0000 reserved; ports with pic1 on 32 ports, timer at 0x40-0x5f, ide0 and ide1, lines without any indentation",
  adds: "names of devices in words, ports of a time before ACPI, little RAM, no I/O APIC",
  vendor: "GenuineIntel",
  flags: "apic",
  kernel: "2.6",
  oddity: "no I/O APIC",
  iomem: `
00000000-0009fbff : System RAM
0009fc00-0009ffff : reserved
000a0000-000bffff : Video RAM area
000c0000-000c7fff : Video ROM
000f0000-000fffff : System ROM
00100000-07ffffff : System RAM
00100000-00291ba8 : Kernel code
e0000000-e3ffffff : VIA Technologies, Inc. VT82C597 [Apollo VP3]
e4000000-e7ffffff : PCI Bus #01
e4000000-e4003fff : Matrox Graphics, Inc. MGA G200 AGP
ea000000-ea00007f : Digital Equipment Corporation DECchip 21140 [FasterNet]
ffff0000-ffffffff : reserved`,
  ioports: `
0000-001f : dma1
0020-003f : pic1
0040-005f : timer
0060-006f : keyboard
0070-007f : rtc
0080-008f : dma page reg
00a0-00bf : pic2
00c0-00df : dma2
00f0-00ff : fpu
0170-0177 : ide1
01f0-01f7 : ide0
02f8-02ff : serial(auto)
0376-0376 : ide1
03c0-03df : vga+
03f6-03f6 : ide0
0cf8-0cff : PCI conf1
d000-dfff : PCI Bus #01
e000-e00f : VIA Technologies, Inc. Bus Master IDE
e800-e87f : Digital Equipment Corporation DECchip 21140 [FasterNet]`,
  pci: [hostBridge("1106:0597")],
});
