import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/microsoft/avml/issues/17",
  taken:
    "reserved in small letters, APEI ERST of a few bytes in it, PCI MMCONFIG 0 [00-ff], RAM buffer at 7b800000, System RAM inside System RAM",
  adds: "the names of kernels before 4.16, records of errors in odd places",
  vendor: "GenuineIntel",
  kernel: "2.6",
  oddity: "reserved in small letters",
  iomem: `
00000000-00000fff : reserved
00001000-0009ffff : System RAM
000a0000-000bffff : PCI Bus 0000:00
000c0000-000c7fff : Video ROM
000f0000-000fffff : System ROM
00100000-54d93fff : System RAM
  01000000-01556eb4 : Kernel code
  03000000-0c8fffff : System RAM
54d94000-54da2fff : reserved
  54d98018-54d98067 : APEI ERST
  54d98070-54d98077 : APEI ERST
54da3000-5a12dfff : System RAM
5a12e000-6a1aefff : reserved
6a1af000-6c65ffff : System RAM
6de35000-793fefff : reserved
793ff000-7b3fefff : ACPI Non-volatile Storage
7b3ff000-7b791fff : ACPI Tables
7b792000-7b7fffff : System RAM
7b800000-7bffffff : RAM buffer
80000000-8fffffff : PCI MMCONFIG 0 [00-ff]
  80000000-8fffffff : reserved
90000000-c7ffbfff : PCI Bus 0000:00
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-47fffffff : System RAM`,
  ioports: pcPorts(0x408),
  ioapics: [[8, 0xfec00000, 0]],
  mmconfigs: [{ base: 0x80000000, endBus: 255 }],
  pci: [hostBridge("8086:2f00")],
});
