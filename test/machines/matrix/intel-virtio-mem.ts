import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "RAM that was plugged into a virtual machine, inside a line of the device",
  vendor: "GenuineIntel",
  kernel: "6",
  oddity: "memory plugged in",
  iomem: `
00000000-0009ffff : System RAM
00100000-7fffffff : System RAM
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-13fffffff : System RAM
140000000-17fffffff : virtio0
  140000000-17fffffff : System RAM (virtio_mem)`,
  ioports: pcPorts(0x608),
  ioapics: [[0, 0xfec00000, 0]],
  flags: "apic",
  pci: [hostBridge("8086:29c0")],
});
