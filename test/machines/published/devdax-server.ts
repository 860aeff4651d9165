import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/pmem/ndctl/issues/288",
  taken:
    "RAM to 5e5fefff, NVS of 32 MiB at 6d7ff000, tables at 6f7ff000, network cards with two BARs each below 92900000",
  adds: "RAM of one MiB between ACPI's tables and a hole; two functions of one card",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "islands of RAM",
  iomem: `
00000000-00000fff : Reserved
00001000-0009bfff : System RAM
0009c000-0009ffff : Reserved
000f0000-000fffff : System ROM
00100000-5e5fefff : System RAM
5e5ff000-6d7fefff : Reserved
  6828a020-6828a06f : APEI ERST
  6828a080-6828c01f : APEI ERST
6d7ff000-6f7fefff : ACPI Non-volatile Storage
6f7ff000-6fffefff : ACPI Tables
6ffff000-6fffffff : System RAM
70000000-8fffffff : Reserved
  80000000-8fffffff : PCI MMCONFIG 0000 [bus 00-ff]
90000000-96bfffff : PCI Bus 0000:00
  92900000-92bfffff : PCI Bus 0000:01
    92900000-929fffff : 0000:01:00.1
      92900000-929fffff : igb
    92a00000-92afffff : 0000:01:00.0
      92a00000-92afffff : igb
    92b00000-92b03fff : 0000:01:00.1
    92b04000-92b07fff : 0000:01:00.0
    92b80000-92bfffff : 0000:01:00.0
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-207fffffff : System RAM`,
  ioports: pcPorts(0x508),
  ioapics: [[8, 0xfec00000, 0]],
  mmconfigs: [{ base: 0x80000000, endBus: 255 }],
  pci: [
    hostBridge("8086:2020"),
    {
      at: "01:00.0",
      ids: "8086:1521",
      class: 0x0200,
      bars: [[0x92a00000, 0x100000], undefined, undefined, [0x92b04000, 0x4000]],
      space: { 64: "01 70 23 00", 112: "11 a0 09 00 03 00 00 00 03 20 00 00", 160: "10 00 02 00" },
    },
    {
      at: "01:00.1",
      ids: "8086:1521",
      class: 0x0200,
      bars: [[0x92900000, 0x100000], undefined, undefined, [0x92b00000, 0x4000]],
      space: { 64: "01 70 23 00", 112: "11 a0 09 00 03 00 00 00 03 20 00 00", 160: "10 00 02 00" },
    },
  ],
});
