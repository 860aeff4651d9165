// Bochs 2.7's i440fx as tools/metal/beds/bochs starts it: 1 GiB, 4 CPUs, no ECAM, no IOMMU, Linux booted with
// memmap=82M$0x3a000000. The cells for qemu-x86 fit it.
import { bdf, defineSystem, ioapic, MiB, mmio, ram, uart } from "../../config/index.ts";

export default defineSystem({
  flags: ["virtual-debug-console"],
  hypervisorMemory: { physical: 0x3a000000, size: MiB(6) },
  // Its BIOS leaves the port with five bits a character.
  debugConsole: { ...uart("COM1").console, divider: 1 },
  x86: { pmTimer: 0xb008, vtdInterruptLimit: 256 },
  rootCell: {
    name: "Bochs-VM",
    cpus: [0, 1, 2, 3],
    memory: [
      // Linux, with the legacy VGA and ROM areas.
      ram({ physical: 0, size: 0x3a000000 }),
      // Inmates.
      ram({ physical: 0x3a600000, size: MiB(74) }),
      // Linux, and the BIOS' tables.
      ram({ physical: 0x3f200000, size: MiB(14) }),
      // HPET.
      mmio({ physical: 0xfed00000, size: 0x1000 }),
    ],
    irqchips: [ioapic()],
    ports: [
      // DMA controller.
      { base: 0x0, length: 0x1f },
      // PIT, keyboard and system control, RTC.
      { base: 0x40, length: 4 },
      { base: 0x60, length: 2 },
      { base: 0x64, length: 1 },
      { base: 0x70, length: 2 },
      // IDE, which has its legacy ports.
      { base: 0x170, length: 8 },
      { base: 0x1f0, length: 8 },
      // VBE.
      { base: 0x1ce, length: 3 },
      // IDE: alternate status of the second channel.
      { base: 0x376, length: 1 },
      // VGA.
      { base: 0x3b0, length: 0x30 },
      // Floppy controller; IDE: alternate status of the first channel.
      { base: 0x3f0, length: 8 },
      // ACPI with the PM timer; SMBus.
      { base: 0xb000, length: 0x40 },
      { base: 0xb100, length: 0x10 },
      // IDE: bus master; USB.
      { base: 0xc000, length: 0x10 },
      { base: 0xc020, length: 0x20 },
    ],
    devices: [uart("COM1"), uart("COM2"), uart("COM3"), uart("COM4")],
    pciDevices: [
      // Host bridge, ISA bridge.
      { type: "device", bdf: bdf(0, 0, 0) },
      { type: "device", bdf: bdf(0, 1, 0) },
      // IDE, USB.
      { type: "device", bdf: bdf(0, 1, 1), barMask: [0, 0, 0, 0, 0xfffffff0] },
      { type: "device", bdf: bdf(0, 1, 2), barMask: [0, 0, 0, 0, 0xffffffe0] },
      // ACPI.
      { type: "device", bdf: bdf(0, 1, 3) },
    ],
  },
});
