// e1000-demo: a cell with a network card, QEMU's e1000 in slot 19 of the machine that qemu-x86-e1000 describes.
import { bdf, commRegion, defineCell, KiB, lowRam, mmio, uart } from "../../config/index.ts";

export default defineCell({
  name: "e1000-demo",
  // The card could write anywhere: the machine has no IOMMU that would stop it.
  flags: ["passive-commreg", "virtual-console-permitted", "unguarded-dma"],
  cpus: [2],
  memory: [lowRam({ physical: 0x3ee00000, dma: true }), commRegion()],
  devices: [
    uart("COM2"),
    uart("COM1"),
    {
      name: "e1000",
      memory: [mmio({ physical: 0xfebc0000, size: KiB(128) })],
      ports: [{ base: 0xc000, length: 0x3f }],
      pciDevices: [
        {
          type: "device",
          bdf: bdf(0, 0x19, 0),
          barMask: [0xfffe0000, 0xffffffc0],
          msi: { vectors: 1, bits64: true },
          capabilities: [{ id: "msi", start: 0xd0, length: 14, flags: ["write"] }],
        },
      ],
    },
    { name: "serial card", ports: [{ base: 0xe000, length: 8 }] },
  ],
  console: "COM1",
});
