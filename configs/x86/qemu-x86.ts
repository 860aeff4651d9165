// The emulated PC, and QEMU 7.2 as the article starts it: q35, 1 GiB, 4 CPUs, no IOMMU, Linux booted with
// memmap=82M$0x3a000000. Device addresses are where SeaBIOS puts them with an intel-hda in slot 1b.
import { bdf, defineSystem, KiB, MiB } from "../../config/index.ts";

const COM1 = 0x3f8;
const COM2 = 0x2f8;
const COM3 = 0x3e8;
const RAM = ["read", "write", "execute", "dma"] as const;
const DEVICE = ["read", "write"] as const;

export default defineSystem({
  flags: ["virtual-debug-console"],
  hypervisorMemory: { physical: 0x3a000000, size: MiB(6) },
  debugConsole: { type: "8250", address: COM1 },
  pci: { mmconfigBase: 0xb0000000, endBus: 0xff },
  x86: { pmTimer: 0x608, vtdInterruptLimit: 256 },

  rootCell: {
    name: "QEMU-VM",
    cpus: [0, 1, 2, 3],
    memory: [
      // Linux, with the legacy VGA and ROM areas.
      { physical: 0, size: 0x3a000000, flags: RAM },
      // Inmates: the demos use the last MiBs before 0x3f000000.
      { physical: 0x3a600000, size: MiB(74), flags: RAM },
      // Shared memory of the original's demos, and the RAM that the BIOS keeps for its tables, up to 1 GiB. The root
      // cell must be able to write all of it.
      { physical: 0x3f000000, size: MiB(16), flags: RAM },
      // VGA: frame buffer and registers.
      { physical: 0xfd000000, size: MiB(16), flags: DEVICE },
      { physical: 0xfebd8000, size: KiB(4), flags: DEVICE },
      // e1000e: BAR 0, BAR 1, and BAR 3 without the MSI-X table's page.
      { physical: 0xfeb80000, size: KiB(128), flags: DEVICE },
      { physical: 0xfeba0000, size: KiB(128), flags: DEVICE },
      { physical: 0xfebd1000, size: KiB(12), flags: DEVICE },
      // HDA, AHCI.
      { physical: 0xfebd4000, size: KiB(16), flags: DEVICE },
      { physical: 0xfebd9000, size: KiB(4), flags: DEVICE },
      // HPET, root complex registers.
      { physical: 0xfed00000, size: KiB(4), flags: DEVICE },
      { physical: 0xfed1c000, size: KiB(16), flags: DEVICE },
    ],
    irqchips: [
      { address: 0xfec00000, id: 0xff00, pins: Array.from({ length: 24 }, (_, pin) => pin) },
    ],
    ports: [
      // DMA controller.
      { base: 0x0, length: 0x1f },
      // PIT, keyboard and system control, RTC.
      { base: 0x40, length: 4 },
      { base: 0x60, length: 2 },
      { base: 0x64, length: 1 },
      { base: 0x70, length: 2 },
      // VBE.
      { base: 0x1ce, length: 3 },
      { base: COM2, length: 8 },
      // VGA.
      { base: 0x3b0, length: 0x30 },
      { base: COM3, length: 8 },
      // Floppy controller, IDE alternate status.
      { base: 0x3f0, length: 8 },
      { base: COM1, length: 8 },
      // BIOS debug port.
      { base: 0x402, length: 1 },
      // ACPI with the PM timer; SMBus.
      { base: 0x600, length: 0x80 },
      { base: 0x700, length: 0x40 },
      { base: 0xcd0, length: 8 },
      // QEMU's back door.
      { base: 0x5658, length: 4 },
      // The I/O windows of PCI.
      { base: 0xc000, length: 0x4000 },
    ],
    pciDevices: [
      // Host bridge.
      { type: "device", bdf: bdf(0, 0, 0) },
      // VGA.
      { type: "device", bdf: bdf(0, 1, 0), barMask: [0xff000000, 0, 0xfffff000] },
      // e1000e.
      {
        type: "device",
        bdf: bdf(0, 2, 0),
        barMask: [0xfffe0000, 0xfffe0000, 0xffffffe0, 0xffffc000],
        msi: { vectors: 1, bits64: true },
        msix: { vectors: 5, regionSize: KiB(4), address: 0xfebd0000 },
        capabilities: [
          { id: "pm", start: 0xc8, length: 8, flags: ["write"] },
          { id: "msi", start: 0xd0, length: 14, flags: ["write"] },
          { id: "pcie", start: 0xe0, length: 20, flags: ["write"] },
          { id: "msix", start: 0xa0, length: 12, flags: ["write"] },
          { id: "advanced-error-reporting", start: 0x100, length: 4 },
          { id: "serial-number", start: 0x140, length: 4 },
        ],
      },
      // HDA.
      {
        type: "device",
        bdf: bdf(0, 0x1b, 0),
        barMask: [0xffffc000],
        msi: { vectors: 1, bits64: true },
        capabilities: [
          { id: "msi", start: 0x60, length: 14, flags: ["write"] },
          { id: "registers", start: 0x40, length: 16, flags: ["write"] },
        ],
      },
      // ISA bridge.
      { type: "device", bdf: bdf(0, 0x1f, 0) },
      // AHCI.
      {
        type: "device",
        bdf: bdf(0, 0x1f, 2),
        barMask: [0, 0, 0, 0, 0xffffffe0, 0xfffff000],
        msi: { vectors: 1, bits64: true },
        capabilities: [
          { id: "sata", start: 0xa8, length: 2 },
          { id: "msi", start: 0x80, length: 14, flags: ["write"] },
        ],
      },
      // SMBus.
      { type: "device", bdf: bdf(0, 0x1f, 3), barMask: [0, 0, 0, 0, 0xffffffc0] },
    ],
  },
});
