import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/cockpit-project/bots/issues/6769",
  taken:
    "QEMU's i440FX: RAM to 3ffdafff, reserved 3ffdb000, feffc000-feffffff, fffc0000 and fd00000000-ffffffffff",
  adds: "the hole of HyperTransport below 1 TiB, sixteen KiB that KVM keeps below the APIC",
  vendor: "AuthenticAMD",
  kernel: "6",
  oddity: "HyperTransport's hole",
  product: "Standard PC (i440FX + PIIX, 1996)",
  iomem: `
00000000-00000fff : Reserved
00001000-0009fbff : System RAM
0009fc00-0009ffff : Reserved
000f0000-000fffff : Reserved
00100000-3ffdafff : System RAM
3ffdb000-3fffffff : Reserved
40000000-febfffff : PCI Bus 0000:00
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
feffc000-feffffff : Reserved
fffc0000-ffffffff : Reserved
fd00000000-ffffffffff : Reserved`,
  ioports: pcPorts(0x608, "  0510-051b : QEMU0002:00\n  afe0-afe3 : ACPI GPE0_BLK"),
  ioapics: [[0, 0xfec00000, 0]],
  pci: [hostBridge("8086:1237")],
});
