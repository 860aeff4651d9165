import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/lm-sensors/lm-sensors/issues/432",
  taken:
    "ports 0x280-0x2df of pnp 00:00 in four pieces, iTCO_wdt at 0x400-0x41f, PM2_CNT_BLK at 0x1850, SATA at 4020, 4040 and 4050, rtc_cmos around rtc0; two reserved pages below 640 KiB",
  adds: "a port of ACPI's alone, buses within buses in the ports",
  vendor: "GenuineIntel",
  kernel: "6",
  oddity: "PM2 port",
  iomem: `
00000000-00000fff : Reserved
00001000-0009dfff : System RAM
0009e000-0009efff : Reserved
0009f000-0009ffff : System RAM
000a0000-000fffff : Reserved
  000a0000-000bffff : PCI Bus 0000:00
00100000-3fffffff : System RAM
40000000-403fffff : Reserved
40400000-8ac6efff : System RAM
fec00000-fec00fff : Reserved
  fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-46f7fffff : System RAM`,
  ioports: pcPorts(
    0x1808,
    `  0280-028f : pnp 00:00
  0290-029f : pnp 00:00
  02a0-02bf : pnp 00:00
  02c0-02df : pnp 00:00
  0400-041f : iTCO_wdt
  0680-069f : pnp 00:01
  164e-164f : pnp 00:01
  1800-1803 : ACPI PM1a_EVT_BLK
  1804-1805 : ACPI PM1a_CNT_BLK
  1850-1850 : ACPI PM2_CNT_BLK
  1860-187f : ACPI GPE0_BLK
  3000-3fff : PCI Bus 0000:01
    3000-3fff : PCI Bus 0000:02
      3000-30ff : 0000:03:00.0
  4020-403f : 0000:00:17.0
    4020-403f : ahci`,
  ),
  ioapics: [[2, 0xfec00000, 0]],
  pci: [hostBridge("8086:3e31")],
});
