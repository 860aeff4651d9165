// QEMU 7.2 like qemu-x86, with a second network card for e1000-demo: `-device e1000,addr=19` beside the e1000e. The BIOS places
// the other devices elsewhere then.
import { bdf, KiB, mmio } from "../../config/index.ts";
import { e1000e, qemuSystem } from "./shared/qemu.ts";

export default qemuSystem({
  registers: [
    // ROMs of the e1000e and the e1000.
    mmio({ physical: 0xfeb00000, size: KiB(512) }),
    // e1000e: BAR 0, BAR 1, and BAR 3 without the MSI-X table's page.
    mmio({ physical: 0xfeb80000, size: KiB(128) }),
    mmio({ physical: 0xfeba0000, size: KiB(128) }),
    mmio({ physical: 0xfebf1000, size: KiB(12) }),
    // e1000.
    mmio({ physical: 0xfebc0000, size: KiB(128) }),
    // HDA, VGA, AHCI.
    mmio({ physical: 0xfebf4000, size: KiB(16) }),
    mmio({ physical: 0xfebf8000, size: KiB(4) }),
    mmio({ physical: 0xfebf9000, size: KiB(4) }),
  ],
  devices: [
    e1000e(0xfebf0000),
    { type: "device", bdf: bdf(0, 0x19, 0), barMask: [0xfffe0000, 0xffffffc0] },
  ],
});
