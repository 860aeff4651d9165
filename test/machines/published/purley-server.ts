import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/Open-CAS/open-cas-linux/issues/524",
  taken:
    "memory fd000000-fdabffff, fdad0000-fdadffff, fdb00000-fdffffff, fe000000-fe00ffff, fe011000-fe01ffff, fe036000-fe03bfff, fe03d000-fe3fffff and fe410000-fe7fffff; ports 0xa30-0xa4f and 0xf00-0xffe; two serial lines",
  adds: "odd borders of a board's memory; ports in 0xf00 behind PCI's own",
  vendor: "GenuineIntel",
  kernel: "4",
  oddity: "odd borders",
  cmdline: "ro console=ttyS0,115200",
  iomem: `
00000000-0009ffff : System RAM
00100000-66dfefff : System RAM
fd000000-fdabffff : pnp 00:05
fdad0000-fdadffff : pnp 00:05
fdb00000-fdffffff : pnp 00:05
fe000000-fe00ffff : pnp 00:05
fe011000-fe01ffff : pnp 00:05
fe036000-fe03bfff : pnp 00:05
fe03d000-fe3fffff : pnp 00:05
fe410000-fe7fffff : pnp 00:05
fec00000-fec003ff : IOAPIC 0
fec01000-fec013ff : IOAPIC 1
fec08000-fec083ff : IOAPIC 2
fee00000-fee00fff : Local APIC
100000000-187fffffff : System RAM`,
  ioports: pcPorts(
    0x508,
    "  0a30-0a3f : pnp 00:02\n  0a40-0a4f : pnp 00:02\n  0f00-0ffe : pnp 00:06",
  ),
  ioapics: [
    [8, 0xfec00000, 0],
    [9, 0xfec01000, 24],
    [10, 0xfec08000, 32],
  ],
  lines: { ttyS0: { port: 0x3f8 }, ttyS1: { port: 0x2f8 } },
  iommus: [
    { kind: "intel", base: 0xd37fc000 },
    { kind: "intel", base: 0xe0ffc000 },
  ],
  pci: [hostBridge("8086:2020")],
});
