import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/koverstreet/bcachefs/issues/91",
  taken:
    "ports 0x4d0-0x4d1, 0x220-0x225, 0x290-0x294, 0x228-0x22f and 0x40b of pnp, 0x4100-0x411f above PCI's; RAM buffer bfdf0000-bfffffff; an HPET with four comparators",
  adds: "a hardware monitor and a game port below 0x400, the trigger modes of the old interrupt controllers",
  vendor: "AuthenticAMD",
  kernel: "5",
  oddity: "Super-I/O",
  iomem: `
00000000-0009efff : System RAM
000f0000-000fffff : System ROM
00100000-bfdeffff : System RAM
bfdf0000-bfffffff : RAM buffer
e0000000-efffffff : PCI MMCONFIG 0000 [bus 00-ff]
  e0000000-efffffff : Reserved
fec00000-fec003ff : IOAPIC 0
fed00000-fed003ff : HPET 0
fee00000-fee00fff : Local APIC
100000000-43fffffff : System RAM`,
  ioports: pcPorts(
    0x4008,
    `  0220-0225 : pnp 00:00
  0228-022f : pnp 00:01
  0290-0294 : pnp 00:00
  040b-040b : pnp 00:01
  04d0-04d1 : pnp 00:00
  4100-411f : pnp 00:01`,
  ),
  ioapics: [[2, 0xfec00000, 0]],
  mmconfigs: [{ base: 0xe0000000, endBus: 255 }],
  pci: [hostBridge("1022:9600")],
});
