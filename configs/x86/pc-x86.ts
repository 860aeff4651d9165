// The project's PC with four serial ports and a disk, as tools/metal/beds/pc starts it: `config create` made this of what was collected there
// (test/data/machines/pc-1g-4-amd-demo.tar.gz), and a test compares. The cells for qemu-x86 fit it.
// Linux must be booted with memmap=82M$0x3a000000, as it was when the data were collected.
// To be decided by a person:
// - no IOMMU was found: a cell's devices can reach all memory, and need the flag unguarded-dma
import { bdf, defineSystem } from "../../config/index.ts";

export default defineSystem({
  flags: ["virtual-debug-console"],
  // memmap=82M$0x3a000000
  hypervisorMemory: { physical: 0x3a000000, size: 0x600000 },
  // ttyS0, from /sys/class/tty/ttyS0
  debugConsole: { type: "8250", address: 0x3f8 },
  // MCFG
  pci: { mmconfigBase: 0xb0000000, endBus: 0xff },
  // /proc/ioports: ACPI PM_TMR; vectors of all devices
  x86: { pmTimer: 0x608, vtdInterruptLimit: 128 },

  rootCell: {
    name: "RootCell",
    // /proc/cpuinfo
    cpus: [0, 1, 2, 3],
    memory: [
      // the first MiB, with VGA and ROMs; /proc/iomem: System RAM (928 MiB)
      { physical: 0, size: 0x3a000000, flags: ["read", "write", "execute", "dma"] },
      // for inmates (memmap=82M$0x3a000000) (76 MiB)
      { physical: 0x3a600000, size: 0x4c00000, flags: ["read", "write", "execute", "dma"] },
      // /proc/iomem: System RAM (14 MiB)
      { physical: 0x3f200000, size: 0xe00000, flags: ["read", "write", "execute", "dma"] },
      // /proc/iomem: HPET 0 (4 KiB)
      { physical: 0xfed00000, size: 0x1000, flags: ["read", "write"] },
      // 00:02.0: class 0180, 1af4:1042 (16 KiB)
      { physical: 0x800000000, size: 0x4000, flags: ["read", "write"] },
    ],
    irqchips: [
      // MADT: I/O APIC 0, interrupts from 0
      {
        address: 0xfec00000,
        id: 0xff00,
        pins: [
          0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
        ],
      },
    ],
    ports: [
      // DMA controller
      { base: 0, length: 32 },
      // timer (PIT)
      { base: 0x40, length: 4 },
      // /proc/ioports: timer1
      { base: 0x50, length: 4 },
      // keyboard, system control
      { base: 0x60, length: 2 },
      // keyboard
      { base: 0x64, length: 1 },
      // clock (RTC)
      { base: 0x70, length: 2 },
      // DMA page registers
      { base: 0x80, length: 16 },
      // second DMA controller
      { base: 0xc0, length: 32 },
      // FPU
      { base: 0xf0, length: 16 },
      // COM4
      { base: 0x2e8, length: 8 },
      // COM2
      { base: 0x2f8, length: 8 },
      // VGA
      { base: 0x3b0, length: 48 },
      // COM3
      { base: 0x3e8, length: 8 },
      // floppy disk, IDE
      { base: 0x3f0, length: 8 },
      // COM1
      { base: 0x3f8, length: 8 },
      // /proc/ioports: pnp 00:04
      { base: 0x600, length: 16 },
    ],
    pciDevices: [
      // 00:00.0: host bridge, 8086:29c0
      { type: "device", bdf: bdf(0, 0, 0) },
      // 00:02.0: class 0180, 1af4:1042
      {
        type: "device",
        bdf: bdf(0, 2, 0),
        barMask: [0, 0xfffff000, 0, 0, 0xffffc000, 0xffffffff],
        msix: { vectors: 2, address: 0xc0000000, regionSize: 0x1000 },
        capabilities: [
          { id: "msix", start: 0x40, length: 12, flags: ["write"] },
          { id: "vendor-specific", start: 0x4c, length: 2 },
          { id: "vendor-specific", start: 0x5c, length: 2 },
          { id: "vendor-specific", start: 0x6c, length: 2 },
          { id: "vendor-specific", start: 0x7c, length: 2 },
        ],
      },
      // 00:1f.0: ISA bridge, 8086:2918
      { type: "device", bdf: bdf(0, 0x1f, 0) },
    ],
  },
});
