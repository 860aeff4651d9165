import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/pentoo/pentoo-overlay/issues/610",
  taken:
    "pnp 00:04 with fec00000, fec01000, fedc0000, fee00000, fed80000-fed8ffff, fec10000 and ff000000 on, of which the first two and fed80000 could not be reserved; ports 0x900-0x91f",
  adds: "pages of interrupt controllers that a board claims too",
  vendor: "AuthenticAMD",
  kernel: "5",
  oddity: "claims on played pages",
  iomem: `
00000000-0009ffff : System RAM
00100000-09d7ffff : System RAM
09d80000-09ffffff : Reserved
0a000000-ca2fffff : System RAM
fec00000-fec00fff : pnp 00:04
  fec00000-fec003ff : IOAPIC 0
fec01000-fec01fff : pnp 00:04
  fec01000-fec013ff : IOAPIC 1
fec10000-fec10fff : pnp 00:04
fed80000-fed8ffff : Reserved
  fed81500-fed818ff : AMDI0030:00
fedc0000-fedc0fff : pnp 00:04
fee00000-fee00fff : pnp 00:04
ff000000-ffffffff : pnp 00:04
100000000-82f2fffff : System RAM`,
  ioports: pcPorts(0x808, "  0900-090f : pnp 00:04\n  0910-091f : pnp 00:04"),
  ioapics: [
    [13, 0xfec00000, 0],
    [14, 0xfec01000, 24],
  ],
  iommus: [{ kind: "amd", base: 0xfeb80000 }],
  pci: [hostBridge("1022:1480"), { at: "00:00.2", ids: "1022:1481", class: 0x0806 }],
});
