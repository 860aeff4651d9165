// Bochs 2.7 as tools/metal/beds/bochs starts it, an i440fx without ECAM and IOMMU: `config create` made this of what was collected there
// (test/data/machines/i440fx-1g-4-amd-demo.tar.gz, and the same with an Intel processor), and a test compares. The cells for qemu-x86 fit it.
// Linux must be booted with memmap=82M$0x3a000000, as it was when the data were collected.
// To be decided by a person:
// - no IOMMU was found: a cell's devices can reach all memory, and need the flag unguarded-dma
// - no MCFG table: extended configuration space is neither reachable nor protected
import { bdf, defineSystem } from "../../config/index.ts";

export default defineSystem({
  flags: ["virtual-debug-console"],
  // memmap=82M$0x3a000000
  hypervisorMemory: { physical: 0x3a000000, size: 0x600000 },
  // ttyS0, from /sys/class/tty/ttyS0
  debugConsole: { type: "8250", address: 0x3f8 },
  // /proc/ioports: ACPI PM_TMR; vectors of all devices
  x86: { pmTimer: 0xb008, vtdInterruptLimit: 128 },

  rootCell: {
    name: "RootCell",
    // /proc/cpuinfo
    cpus: [0, 1, 2, 3],
    memory: [
      // the first MiB, with VGA and ROMs; /proc/iomem: System RAM (928 MiB)
      { physical: 0, size: 0x3a000000, flags: ["read", "write", "execute", "dma"] },
      // for inmates (memmap=82M$0x3a000000) (76 MiB)
      { physical: 0x3a600000, size: 0x4c00000, flags: ["read", "write", "execute", "dma"] },
      // /proc/iomem: System RAM; /proc/iomem: ACPI Tables, the firmware's RAM (14 MiB)
      { physical: 0x3f200000, size: 0xe00000, flags: ["read", "write", "execute", "dma"] },
      // /proc/iomem: HPET 0 (4 KiB)
      { physical: 0xfed00000, size: 0x1000, flags: ["read", "write"] },
      // flash with the firmware (256 KiB)
      { physical: 0xfffc0000, size: 0x40000, flags: ["read"] },
    ],
    irqchips: [
      // MADT: I/O APIC 4, interrupts from 0
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
      // /proc/ioports: 0000:00:01.1
      { base: 0x170, length: 8 },
      // /proc/ioports: 0000:00:01.1
      { base: 0x1f0, length: 8 },
      // COM4
      { base: 0x2e8, length: 8 },
      // COM2
      { base: 0x2f8, length: 8 },
      // /proc/ioports: 0000:00:01.1
      { base: 0x376, length: 1 },
      // VGA
      { base: 0x3b0, length: 48 },
      // COM3
      { base: 0x3e8, length: 8 },
      // floppy disk, IDE
      { base: 0x3f0, length: 8 },
      // COM1
      { base: 0x3f8, length: 8 },
      // /proc/ioports: 0000:00:01.3
      { base: 0xb000, length: 64 },
      // /proc/ioports: 0000:00:01.3
      { base: 0xb100, length: 16 },
      // /proc/ioports: 0000:00:01.1
      { base: 0xc000, length: 16 },
      // /proc/ioports: 0000:00:01.2
      { base: 0xc020, length: 32 },
    ],
    pciDevices: [
      // 00:00.0: host bridge, 8086:1237
      { type: "device", bdf: bdf(0, 0, 0) },
      // 00:01.0: ISA bridge, 8086:7000
      { type: "device", bdf: bdf(0, 1, 0) },
      // 00:01.1: IDE controller, 8086:7010
      { type: "device", bdf: bdf(0, 1, 1), barMask: [0, 0, 0, 0, 0xfffffff0] },
      // 00:01.2: USB controller, 8086:7020
      { type: "device", bdf: bdf(0, 1, 2), barMask: [0, 0, 0, 0, 0xffffffe0] },
      // 00:01.3: class 0680, 8086:7113
      { type: "device", bdf: bdf(0, 1, 3) },
    ],
  },
});
