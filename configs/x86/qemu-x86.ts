// The emulated PC, and QEMU 7.2 as the article starts it: q35, 1 GiB, 4 CPUs, no IOMMU, an intel-hda in slot 1b, Linux booted
// with memmap=82M$0x3a000000.
import { KiB, mmio } from "../../config/index.ts";
import { e1000e, qemuSystem } from "./shared/qemu.ts";

export default qemuSystem({
  registers: [
    // e1000e: its ROM, BAR 0, BAR 1, and BAR 3 without the MSI-X table's page.
    mmio({ physical: 0xfeb40000, size: KiB(256) }),
    mmio({ physical: 0xfeb80000, size: KiB(128) }),
    mmio({ physical: 0xfeba0000, size: KiB(128) }),
    mmio({ physical: 0xfebd1000, size: KiB(12) }),
    // HDA, VGA, AHCI.
    mmio({ physical: 0xfebd4000, size: KiB(16) }),
    mmio({ physical: 0xfebd8000, size: KiB(4) }),
    mmio({ physical: 0xfebd9000, size: KiB(4) }),
  ],
  devices: [e1000e(0xfebd0000)],
});
