import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/eminence/procfs/pull/216",
  taken:
    "RAM to dffeffff with Crash kernel at its end, ACPI Tables at dfff0000, a frame buffer at e0000000 on bus 0",
  adds: "a crash kernel where a place would be looked for, a virtual machine whose hypervisor keeps VT-x back",
  vendor: "GenuineIntel",
  flags: "apic",
  kernel: "5",
  oddity: "no VT-x",
  iomem: `
00000000-00000fff : Reserved
00001000-0009fbff : System RAM
000a0000-000bffff : PCI Bus 0000:00
00100000-dffeffff : System RAM
  49200000-4a202387 : Kernel code
  4a400000-4b00bfff : Kernel rodata
  4b200000-4b7f503f : Kernel data
  4bfdb000-4c5fffff : Kernel bss
  c3000000-deffffff : Crash kernel
dfff0000-dfffffff : ACPI Tables
e0000000-fdffffff : PCI Bus 0000:00
  e0000000-e0ffffff : 0000:00:02.0
    e0000000-e0ffffff : vmwgfx probe
fec00000-fec00fff : Reserved
  fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Reserved
  fee00000-fee00fff : Local APIC
fffc0000-ffffffff : Reserved`,
  ioports: pcPorts(0x4008, "  d000-d00f : 0000:00:01.1\n    d000-d00f : ata_piix"),
  ioapics: [[4, 0xfec00000, 0]],
  pci: [
    hostBridge("8086:1237"),
    { at: "00:02.0", ids: "15ad:0405", class: 0x0300, bars: [[0xe0000000, 0x1000000]] },
  ],
});
