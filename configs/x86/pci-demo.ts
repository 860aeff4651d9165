// pci-demo: a cell with a PCI device of its own, QEMU's HD audio controller (`-device intel-hda,addr=1b.0`), and its MSI.
import { bdf, commRegion, defineCell, KiB, lowRam, mmio, uart } from "../../config/index.ts";

export default defineCell({
  name: "pci-demo",
  // The controller could write anywhere: the machine has no IOMMU that would stop it.
  flags: ["passive-commreg", "virtual-console-permitted", "unguarded-dma"],
  cpus: [2],
  memory: [lowRam({ physical: 0x3ee00000 }), commRegion()],
  devices: [
    uart("COM2"),
    uart("COM1"),
    uart({ name: "serial card", port: 0xe010 }),
    {
      name: "HD audio",
      memory: [mmio({ physical: 0xfebd4000, size: KiB(16) })],
      pciDevices: [
        {
          type: "device",
          bdf: bdf(0, 0x1b, 0),
          barMask: [0xffffc000],
          msi: { vectors: 1, bits64: true },
          capabilities: [{ id: "msi", start: 0x60, length: 14, flags: ["write"] }],
        },
      ],
    },
  ],
  console: "COM1",
});
