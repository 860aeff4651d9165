// QEMU's virt board with 1 GiB, of which Linux has 768 MiB (mem=768M), as Linux finds it there; but for PCI, which it has not
// got, and two devices that may be read only: the clock's registers, which are less than a page, and the firmware's page.
import { defineSystem, KiB, MiB, mmio } from "../../config/index.ts";

const RAM = 0x40000000;
/** What Linux has of it. */
export const LINUX_MEMORY = MiB(768);
/** Linux' own, and one for each access that is denied (module/main.c). */
export const CPUS = [0, 1, 2, 3, 4, 5];
/** PL031; of its registers those before the identification. */
const CLOCK = 0x09010000;
const CLOCK_SIZE = 0x20;

export default defineSystem({
  architecture: "arm64",
  hypervisorMemory: { physical: RAM + LINUX_MEMORY, size: MiB(4) },
  debugConsole: { type: "pl011", address: 0x09000000, size: KiB(4), flags: ["mmio"] },
  arm: { gicVersion: 3, maintenanceIrq: 25, gicdBase: 0x08000000, gicrBase: 0x080a0000 },
  rootCell: {
    name: "qemu-virt",
    cpus: CPUS,
    memory: [
      // The interrupt controller.
      mmio({ physical: 0x08000000, size: MiB(16) }),
      // The serial port; the firmware's configuration, to be read; the GPIO.
      mmio({ physical: 0x09000000, size: KiB(4) }),
      { physical: CLOCK, size: CLOCK_SIZE, flags: ["read", "io", "io-32"] },
      { physical: 0x09020000, size: KiB(4), flags: ["read", "io"] },
      mmio({ physical: 0x09030000, size: KiB(4) }),
      // virtio's registers.
      mmio({ physical: 0x0a000000, size: KiB(16) }),
      { physical: RAM, size: LINUX_MEMORY, flags: ["read", "write", "execute", "dma"] },
    ],
  },
});
