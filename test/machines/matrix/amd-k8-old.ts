import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a kernel of 2008: small letters, and tables right behind RAM",
  vendor: "AuthenticAMD",
  kernel: "2.6",
  oddity: "reserved in small letters",
  iomem: `
00000000-0009fbff : System RAM
0009fc00-0009ffff : reserved
000e0000-000fffff : reserved
00100000-dfecffff : System RAM
dfed0000-dfed2fff : ACPI Non-volatile Storage
dfed3000-dfefffff : ACPI Tables
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
fff80000-ffffffff : reserved`,
  ioports: pcPorts(0x4008),
  ioapics: [[0, 0xfec00000, 0]],
  pci: [hostBridge("1022:1450")],
});
