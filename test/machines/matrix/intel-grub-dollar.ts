import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "an option whose dollar sign GRUB has taken, and a serial line in memory",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "memmap= that lost its sign",
  iomem: `
00000000-0009ffff : System RAM
00100000-79ffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x408),
  ioapics: [[0, 0xfec00000, 0]],
  cmdline: "quiet memmap=82Mx3a000000",
  lines: { ttyS0: { memory: 0xfe042000 } },
  pci: [hostBridge("8086:191f")],
});
