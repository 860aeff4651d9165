import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/pmem/ndctl/issues/76",
  taken:
    "RAM to 6c12bfff with five records of APEI ERST, NVS at 6c12c000, MMCONFIG at 80000000 inside a Reserved of 520 MiB, SATA and a thermal sensor below 9d100000",
  adds: "a configuration space inside a larger reserved range, whose rest must not be forgotten",
  vendor: "GenuineIntel",
  kernel: "4",
  oddity: "large Reserved around MMCONFIG",
  iomem: `
00000000-00000fff : Reserved
00001000-0009a7ff : System RAM
0009a800-0009ffff : Reserved
000c8000-000c8dff : Adapter ROM
000e0000-000fffff : Reserved
  000f0000-000fffff : System ROM
00100000-69f0efff : System RAM
69f0f000-6c00efff : Reserved
  6afcf018-6afcf018 : APEI ERST
  6afcf01c-6afcf021 : APEI ERST
  6afcf050-6afd104f : APEI ERST
6c00f000-6c12bfff : System RAM
6c12c000-6ceb2fff : ACPI Non-volatile Storage
6ceb3000-6f2bbfff : Reserved
6f2bc000-6f7fffff : System RAM
6f800000-8fffffff : Reserved
  80000000-8fffffff : PCI MMCONFIG 0000 [bus 00-ff]
90000000-9d7fffff : PCI Bus 0000:00
  9d100000-9d17ffff : 0000:00:17.0
    9d100000-9d17ffff : ahci
  9d210000-9d213fff : 0000:00:1f.2
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-87fffffff : System RAM
880000000-c7fffffff : Persistent Memory
  880000000-c7fffffff : namespace0.0`,
  ioports: pcPorts(0x508),
  ioapics: [[8, 0xfec00000, 0]],
  mmconfigs: [{ base: 0x80000000, endBus: 255 }],
  pci: [
    hostBridge("8086:2020"),
    {
      at: "00:17.0",
      ids: "8086:a182",
      class: 0x0106,
      bars: [undefined, undefined, undefined, undefined, undefined, [0x9d100000, 0x80000]],
    },
  ],
});
