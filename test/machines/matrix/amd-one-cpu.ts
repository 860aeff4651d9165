import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "one processor, of which no cell can have any",
  vendor: "AuthenticAMD",
  kernel: "4",
  oddity: "one CPU",
  iomem: `
00000000-0009ffff : System RAM
00100000-5fffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
ff700000-ff7fffff : reserved`,
  ioports: pcPorts(0x4008),
  ioapics: [[0, 0xfec00000, 0]],
  cpus: 1,
  pci: [hostBridge("1022:9600")],
});
