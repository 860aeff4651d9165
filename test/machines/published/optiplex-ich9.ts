import { hostBridge, machine } from "../machine.ts";

export default machine({
  source: "https://github.com/venomlinux/ports/issues/518",
  taken:
    "port 0x61 of PNP0800:00, rtc0 on 16 ports, fpu inside PNP0C04:00, parport0 in two pieces, iTCO_wdt inside an LPC bridge's 0x800-0x87f, pnp at 0xc00-0xc7f, graphics with ports ecb0-ecb7",
  adds: "a watchdog inside of ACPI's ports, a parallel port in two pieces",
  vendor: "GenuineIntel",
  kernel: "4",
  oddity: "parallel port",
  iomem: `
00000000-0009fbff : System RAM
000c0000-000cebff : Video ROM
000f0000-000fffff : System ROM
00100000-7dd12bff : System RAM
7dd12c00-7dffffff : Reserved
7e000000-7fffffff : Graphics Stolen Memory
fec00000-fec003ff : IOAPIC 0
fed00000-fed003ff : HPET 0
fed1c000-fed1ffff : pnp 00:09
fee00000-fee00fff : Local APIC`,
  ioports: `
0000-0cf7 : PCI Bus 0000:00
  0000-001f : dma1
  0020-0021 : pic1
  0040-0043 : timer0
  0050-0053 : timer1
  0060-0060 : keyboard
  0061-0061 : PNP0800:00
  0064-0064 : keyboard
  0070-007f : rtc0
  0080-008f : dma page reg
  00a0-00a1 : pic2
  00c0-00df : dma2
  00f0-00ff : PNP0C04:00
    00f0-00ff : fpu
  0378-037a : parport0
  037b-037f : parport0
  03c0-03df : vga+
  0800-087f : 0000:00:1f.0
    0800-0803 : ACPI PM1a_EVT_BLK
    0804-0805 : ACPI PM1a_CNT_BLK
    0808-080b : ACPI PM_TMR
    0820-082f : ACPI GPE0_BLK
    0830-0833 : iTCO_wdt.0.auto
    0860-087f : iTCO_wdt.0.auto
  0880-08bf : 0000:00:1f.0
  0c00-0c7f : pnp 00:00
0cf8-0cff : PCI conf1
0d00-ffff : PCI Bus 0000:00
  ecb0-ecb7 : 0000:00:02.0`,
  ioapics: [[8, 0xfec00000, 0]],
  pci: [hostBridge("8086:29b0")],
});
