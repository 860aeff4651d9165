import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/flatcar/Flatcar/issues/1935",
  taken:
    "ports 0xc14, 0xc50-0xc52, 0xc6c, 0xc6f, 0xcd0-0xcdf in six pieces, 0x800-0x89f, 0x900-0x91f, 0xb00-0xb0f and 0xb20-0xb3f of pnp 00:03; fedc0000 of the same",
  adds: "the ports of AMD's chipset one by one, up to one below PCI's",
  vendor: "AuthenticAMD",
  kernel: "6",
  oddity: "ports one by one",
  iomem: `
00000000-0009ffff : System RAM
000a0000-000fffff : Reserved
00100000-09afffff : System RAM
09b00000-09dfffff : Reserved
09e00000-b9ffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fec01000-fec013ff : IOAPIC 1
fedc0000-fedc0fff : pnp 00:03
fee00000-fee00fff : Local APIC
  fee00000-fee00fff : pnp 00:03
100000000-43effffff : System RAM`,
  ioports: pcPorts(
    0x808,
    `  0800-089f : pnp 00:03
  0900-090f : pnp 00:03
  0910-091f : pnp 00:03
  0b00-0b0f : pnp 00:03
  0b20-0b3f : pnp 00:03
  0c14-0c14 : pnp 00:03
  0c50-0c51 : pnp 00:03
  0c52-0c52 : pnp 00:03
  0c6c-0c6c : pnp 00:03
  0c6f-0c6f : pnp 00:03
  0cd0-0cd1 : pnp 00:03
  0cd2-0cd3 : pnp 00:03
  0cd4-0cd5 : pnp 00:03
  0cd6-0cd7 : pnp 00:03
  0cd8-0cdf : pnp 00:03`,
  ),
  ioapics: [
    [33, 0xfec00000, 0],
    [34, 0xfec01000, 24],
  ],
  pci: [hostBridge("1022:15d0")],
});
