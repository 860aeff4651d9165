import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "five bytes of a watchdog inside what firmware keeps",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "watchdog",
  iomem: `
00000000-0009ffff : System RAM
00100000-7dffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fed1c000-fed1ffff : Reserved
  fed1f410-fed1f414 : iTCO_wdt.0.auto
fed90000-fed90fff : dmar0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x1808),
  ioapics: [[0, 0xfec00000, 0]],
  iommus: [{ kind: "intel", base: 0xfed90000 }],
  pci: [hostBridge("8086:191f")],
});
