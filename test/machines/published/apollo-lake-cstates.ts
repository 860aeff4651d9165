import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/projectacrn/acrn-hypervisor/issues/7956",
  taken:
    "Celeron N3350, C2 by port 0x415 and C3 by 0x419, MCFG at e0000000, all RAM below cfffffff inside one Reserved, i2c of the LPSS with parts in BARs from 91530000",
  adds: "RAM inside of what is reserved, C-states by ports",
  vendor: "GenuineIntel",
  kernel: "4",
  oddity: "C-state ports",
  iomem: `
00000000-cfffffff : Reserved
  00000000-00000fff : Reserved
  00001000-0003efff : System RAM
  0003f000-0003ffff : Reserved
  00040000-0009dfff : System RAM
  0009e000-000fffff : Reserved
    000f0000-000fffff : System ROM
  00100000-0fffffff : System RAM
  10000000-12150fff : Reserved
  12151000-7305b017 : System RAM
    61800000-6280267f : Kernel code
  91530000-91530fff : 0000:00:16.3
    91530000-915301ff : lpss_dev
      91530000-915301ff : i2c_designware.3 lpss_dev
  91538000-915387ff : 0000:00:12.0
    91538000-915387ff : ahci
e0000000-efffffff : PCI MMCONFIG 0000 [bus 00-ff]
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x408),
  ioapics: [[1, 0xfec00000, 0]],
  mmconfigs: [{ base: 0xe0000000, endBus: 255 }],
  cStates: {
    POLL: "CPUIDLE CORE POLL IDLE",
    C1: "ACPI FFH MWAIT 0x0",
    C2: "ACPI IOPORT 0x415",
    C3: "ACPI IOPORT 0x419",
  },
  pci: [
    hostBridge("8086:5af0"),
    { at: "00:16.0", ids: "8086:5aac", class: 0x1180 },
    { at: "00:12.0", ids: "8086:5ae3", class: 0x0106, bars: [[0x91538000, 0x800]] },
    { at: "00:16.3", ids: "8086:5ab2", class: 0x1180, bars: [[0x91530000, 0x1000, "wide"]] },
  ],
});
