import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/linux-surface/linux-surface/issues/894",
  taken:
    "memory fd000000-fd68ffff, fd6b0000-fd6cffff, fd6f0000-fdffffff, fe04c000-fe04ffff, fe050000-fe0affff, fe0d0000-fe0fffff and fe200000-fe7fffff of a board, with holes for pin controllers; ports 0x2000-0x20fe",
  adds: "holes of 64 KiB between what a board has, which pin controllers fill",
  vendor: "GenuineIntel",
  kernel: "6",
  oddity: "pin controllers",
  iomem: `
00000000-0009ffff : System RAM
00100000-5b9fffff : System RAM
5ba00000-669fefff : Reserved
fd000000-fd68ffff : pnp 00:01
fd690000-fd69ffff : INT34C5:00
  fd690000-fd69ffff : INT34C5:00 INT34C5:00
fd6a0000-fd6affff : INT34C5:00
fd6b0000-fd6cffff : pnp 00:01
fd6d0000-fd6dffff : INT34C5:00
fd6e0000-fd6effff : INT34C5:00
fd6f0000-fdffffff : pnp 00:01
fe04c000-fe04ffff : pnp 00:01
fe050000-fe0affff : pnp 00:01
fe0d0000-fe0fffff : pnp 00:01
fe200000-fe7fffff : pnp 00:01
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
ff000000-ffffffff : pnp 00:01
100000000-87f7fffff : System RAM`,
  ioports: pcPorts(0x1808, "  2000-20fe : pnp 00:02"),
  ioapics: [[2, 0xfec00000, 0]],
  iommus: [
    { kind: "intel", base: 0xfed90000 },
    { kind: "intel", base: 0xfed91000 },
  ],
  pci: [hostBridge("8086:9a04")],
});
