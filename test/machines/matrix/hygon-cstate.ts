import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a C-state by port 0x814, on a small machine",
  vendor: "HygonGenuine",
  kernel: "5",
  oddity: "C-state ports",
  iomem: `
00000000-0009ffff : System RAM
00100000-2fffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x808),
  ioapics: [[0, 0xfec00000, 0]],
  cStates: { C1: "ACPI HLT", C2: "ACPI IOPORT 0x814" },
  pci: [hostBridge("1d94:1460")],
});
