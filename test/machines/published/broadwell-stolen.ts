import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/genodelabs/genode/issues/5066",
  taken:
    "RAM to bf068fff and a Reserved of 220 MiB behind it, NVS at ccbff000, Graphics Stolen Memory at ce000000, pnp 00:06 at d0000000, BARs of graphics, network, USB and audio from e0000000 on",
  adds: "memory of the graphics inside what firmware keeps, registers of a few bytes in a page",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "Graphics Stolen Memory",
  iomem: `
00000000-00000fff : Reserved
00001000-0009cfff : System RAM
0009d000-0009ffff : Reserved
000e0000-000fffff : Reserved
00100000-0fffffff : System RAM
10000000-1000afff : Reserved
1000b000-bf068fff : System RAM
bf069000-ccbfefff : Reserved
ccbff000-ccd7efff : ACPI Non-volatile Storage
ccd7f000-ccdfefff : ACPI Tables
ccdff000-cfffffff : Reserved
  ce000000-cfffffff : Graphics Stolen Memory
d0000000-febfffff : PCI Bus 0000:00
  d0000000-d000ffff : pnp 00:06
  e0000000-efffffff : 0000:00:02.0
  f0000000-f0ffffff : 0000:00:02.0
  f1220000-f122ffff : 0000:00:14.0
    f1220000-f122ffff : xhci-hcd
  f1238000-f12380ff : 0000:00:1f.3
  f1239000-f123901f : 0000:00:16.0
    f1239000-f123901f : mei_me
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-32dffffff : System RAM`,
  ioports: pcPorts(0x1808),
  ioapics: [[2, 0xfec00000, 0]],
  iommus: [
    { kind: "intel", base: 0xfed90000 },
    { kind: "intel", base: 0xfed91000 },
  ],
  pci: [
    hostBridge("8086:1604"),
    { at: "00:1f.0", ids: "8086:9cc3", class: 0x0601 },
    {
      at: "00:02.0",
      ids: "8086:1616",
      class: 0x0300,
      bars: [[0xf0000000, 0x1000000, "wide"], undefined, [0xe0000000, 0x10000000, "wide"]],
    },
    { at: "00:16.0", ids: "8086:9cba", class: 0x0780, bars: [[0xf1239000, 0x20, "wide"]] },
    { at: "00:1f.3", ids: "8086:9ca2", class: 0x0c05, bars: [[0xf1238000, 0x100, "wide"]] },
  ],
});
