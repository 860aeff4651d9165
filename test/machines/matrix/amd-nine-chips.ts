import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a server with nine I/O APICs, four of which the list of memory names",
  vendor: "AuthenticAMD",
  kernel: "5",
  oddity: "nine I/O APICs",
  iomem: `
00000000-0009ffff : System RAM
00100000-67ffffff : System RAM
68000000-6fffffff : Reserved
b4180000-b41803ff : IOAPIC 3
c8180000-c81803ff : IOAPIC 2
f3180000-f31803ff : IOAPIC 1
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-407fffffff : System RAM`,
  ioports: pcPorts(0x808),
  ioapics: [
    [240, 0xfec00000, 0],
    [241, 0xf3180000, 24],
    [242, 0xc8180000, 56],
    [243, 0xb4180000, 88],
    [244, 0xf4180000, 120],
    [245, 0xfd180000, 152],
    [246, 0xe1180000, 184],
    [247, 0xd2180000, 216],
    [248, 0xd1180000, 248],
  ],
  iommus: [0xf3100000, 0xc8100000, 0xb4100000, 0xf4100000].map((base) => ({
    kind: "amd" as const,
    base,
  })),
  pci: [hostBridge("1022:1480")],
});
