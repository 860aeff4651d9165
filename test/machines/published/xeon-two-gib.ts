import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://9to5answer.com/understanding-proc-iomem",
  taken:
    "RAM to 7fedffff with a crash kernel at 3000000, tables at 7fee0000 and NVS at 7feff000, one MiB of RAM behind them, IOAPIC 0 inside 64 KiB reserved, HPET with pnp 00:08, fffe0000 reserved",
  adds: "RAM behind ACPI's tables, an I/O APIC inside a larger reserved range",
  vendor: "GenuineIntel",
  kernel: "2.6",
  oddity: "RAM behind tables",
  iomem: `
00000000-0000ffff : reserved
00010000-0009f3ff : System RAM
0009f400-0009ffff : reserved
000a0000-000bffff : PCI Bus 0000:00
000c0000-000c7fff : Video ROM
000ca000-000cbfff : reserved
  000ca000-000cafff : Adapter ROM
000dc000-000fffff : reserved
00100000-7fedffff : System RAM
  01000000-01520fa4 : Kernel code
  03000000-0b0fffff : Crash kernel
7fee0000-7fefefff : ACPI Tables
7feff000-7fefffff : ACPI Non-volatile Storage
7ff00000-7fffffff : System RAM
c0000000-febfffff : PCI Bus 0000:00
fec00000-fec0ffff : reserved
  fec00000-fec003ff : IOAPIC 0
fed00000-fed003ff : HPET 0
  fed00000-fed003ff : pnp 00:08
fee00000-fee00fff : Local APIC
  fee00000-fee00fff : reserved
fffe0000-ffffffff : reserved`,
  ioports: pcPorts(0x1008),
  ioapics: [[1, 0xfec00000, 0]],
  pci: [hostBridge("15ad:0720")],
});
