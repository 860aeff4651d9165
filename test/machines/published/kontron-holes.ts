import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/slimbootloader/slimbootloader/issues/1502",
  taken:
    "RAM 100000-3d630fff, 3d632000-3f19ffff, 3f1a1000-702d2fff, one page at 73eff000 and from 100000000 to 47fbfffff; 192 MiB for a crash kernel at 1296 MiB",
  adds: "single pages of firmware in RAM, one of them where a hypervisor is usually put",
  vendor: "GenuineIntel",
  kernel: "5",
  oddity: "pages of firmware in RAM",
  cmdline: "crashkernel=192M",
  iomem: `
00000000-00000fff : Reserved
00001000-0009efff : System RAM
0009f000-000fffff : Reserved
00100000-3d630fff : System RAM
3d631000-3d631fff : Reserved
3d632000-3f19ffff : System RAM
3f1a0000-3f1a0fff : Reserved
3f1a1000-702d2fff : System RAM
  51000000-5cffffff : Crash kernel
702d3000-73efefff : Reserved
73eff000-73efffff : System RAM
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-47fbfffff : System RAM`,
  ioports: pcPorts(0x1808),
  ioapics: [[2, 0xfec00000, 0]],
  pci: [hostBridge("8086:9a14")],
});
