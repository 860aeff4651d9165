import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/AMDESE/AMDSEV/issues/62",
  taken:
    "bus 0 with ports 1000-3fff, memory e1000000-fcffffff and 60200200000-7fcffffffff, buses 00 to 3f; bridges 1022:1483 and 1022:1484, an IOMMU 1022:1481 at 00:00.2",
  adds: "several root bridges' IOMMUs, windows of hundreds of GiB that nobody has as a whole",
  vendor: "AuthenticAMD",
  kernel: "6",
  oddity: "windows above all RAM",
  siblings: ["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6", "3,7"],
  cpus: 8,
  iomem: `
00000000-0009ffff : System RAM
00100000-75daffff : System RAM
75db0000-7fffffff : Reserved
e1000000-fcffffff : PCI Bus 0000:00
  e1000000-e10fffff : PCI Bus 0000:01
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-807fffffff : System RAM
60200200000-7fcffffffff : PCI Bus 0000:00`,
  ioports: pcPorts(0x808, "  1000-3fff : PCI Bus 0000:00"),
  ioapics: [
    [240, 0xfec00000, 0],
    [241, 0xf3180000, 24],
    [242, 0xc8180000, 56],
    [243, 0xb4180000, 88],
    [244, 0xf4180000, 120],
  ],
  iommus: [0xf3100000, 0xc8100000, 0xb4100000, 0xf4100000].map((base) => ({
    kind: "amd" as const,
    base,
  })),
  pci: [
    hostBridge("1022:1480"),
    { at: "00:01.0", ids: "1022:1482", class: 0x0600 },
    { at: "00:07.0", ids: "1022:1482", class: 0x0600 },
    { at: "00:00.2", ids: "1022:1481", class: 0x0806 },
    {
      at: "00:01.1",
      ids: "1022:1483",
      class: 0x0604,
      header: 1,
      space: {
        80: "01 58 03 c8",
        88: "10 a0 42 01",
        160: "05 c0 80 00",
        192: "0d c8 00 00",
        200: "08 00 03 a8",
      },
    },
    {
      at: "00:07.1",
      ids: "1022:1484",
      class: 0x0604,
      header: 1,
      space: { 80: "01 58 03 c8", 88: "10 a0 42 00", 160: "05 00 80 00" },
    },
  ],
});
