import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "memory of an accelerator that firmware asks Linux to keep for drivers",
  vendor: "AuthenticAMD",
  kernel: "6",
  oddity: "Soft Reserved",
  iomem: `
00000000-0009ffff : System RAM
00100000-6fffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-1ffffffff : System RAM
200000000-2ffffffff : Soft Reserved
  200000000-2ffffffff : dax0.0`,
  ioports: pcPorts(0x808),
  ioapics: [[0, 0xfec00000, 0]],
  pci: [hostBridge("1022:1450")],
});
