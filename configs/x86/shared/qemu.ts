// QEMU 7.2's q35 with 1 GiB and 4 CPUs, Linux booted with memmap=82M$0x3a000000, no IOMMU: what all of its systems share. What
// depends on the PCI devices that QEMU is started with is the argument.
import {
  bdf,
  defineSystem,
  ioapic,
  type MemoryDefinition,
  MiB,
  mmio,
  type PciDeviceDefinition,
  ram,
  type SystemConfig,
  uart,
} from "../../../config/index.ts";
import { rootEnds } from "./links.ts";

/** Registers of PCI devices, and the devices that other machines do not have. */
export interface Board {
  readonly registers: readonly MemoryDefinition[];
  readonly devices: readonly PciDeviceDefinition[];
}

/** A whole system. Devices' addresses are where SeaBIOS puts them. */
export function qemuSystem(board: Board): SystemConfig {
  return defineSystem({
    flags: ["virtual-debug-console"],
    hypervisorMemory: { physical: 0x3a000000, size: MiB(6) },
    debugConsole: uart("COM1").console,
    pci: { mmconfigBase: 0xb0000000, endBus: 0xff },
    x86: { pmTimer: 0x608, vtdInterruptLimit: 256 },
    rootCell: {
      name: "QEMU-VM",
      cpus: [0, 1, 2, 3],
      memory: [
        // Linux, with the legacy VGA and ROM areas.
        ram({ physical: 0, size: 0x3a000000 }),
        // Inmates: the demos use the last MiBs before 0x3f000000.
        ram({ physical: 0x3a600000, size: MiB(74) }),
        // Behind the shared memory: Linux, and the RAM that the BIOS keeps for its tables, up to 1 GiB. The root cell must be
        // able to write all of it.
        ram({ physical: 0x3f200000, size: MiB(14) }),
        // VGA: frame buffer.
        mmio({ physical: 0xfd000000, size: MiB(16) }),
        ...board.registers,
        // HPET, root complex registers.
        mmio({ physical: 0xfed00000, size: 0x1000 }),
        mmio({ physical: 0xfed1c000, size: 0x4000 }),
        // Flash with the firmware.
        { physical: 0xfffc0000, size: 0x40000, flags: ["read"] },
      ],
      irqchips: [ioapic()],
      ports: [
        // DMA controller, its pages, the second one.
        { base: 0x0, length: 0x20 },
        { base: 0x80, length: 0x10 },
        { base: 0xc0, length: 0x20 },
        // PIT, keyboard and system control, RTC, FPU.
        { base: 0x40, length: 4 },
        { base: 0x50, length: 4 },
        { base: 0x60, length: 2 },
        { base: 0x64, length: 1 },
        { base: 0x70, length: 8 },
        { base: 0xf0, length: 0x10 },
        // VBE.
        { base: 0x1ce, length: 3 },
        // VGA.
        { base: 0x3b0, length: 0x30 },
        // Floppy controller, IDE alternate status.
        { base: 0x3f0, length: 8 },
        // BIOS debug port.
        { base: 0x402, length: 1 },
        // QEMU's firmware configuration.
        { base: 0x510, length: 12 },
        // ACPI with the PM timer; SMBus.
        { base: 0x600, length: 0x80 },
        { base: 0x700, length: 0x40 },
        { base: 0xcd0, length: 8 },
        // QEMU's back door.
        { base: 0x5658, length: 4 },
        // The I/O windows of PCI.
        { base: 0xc000, length: 0x4000 },
      ],
      devices: [uart("COM1"), uart("COM2"), uart("COM3")],
      pciDevices: [
        // Host bridge.
        { type: "device", bdf: bdf(0, 0, 0) },
        // VGA.
        { type: "device", bdf: bdf(0, 1, 0), barMask: [0xff000000, 0, 0xfffff000] },
        ...board.devices,
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
        ...rootEnds,
      ],
    },
  });
}

/** QEMU's default network card, with its MSI-X table at this address. */
export function e1000e(tableAddress: number): PciDeviceDefinition {
  return {
    type: "device",
    bdf: bdf(0, 2, 0),
    barMask: [0xfffe0000, 0xfffe0000, 0xffffffe0, 0xffffc000],
    msi: { vectors: 1, bits64: true },
    msix: { vectors: 5, regionSize: 0x1000, address: tableAddress },
    capabilities: [
      { id: "pm", start: 0xc8, length: 8, flags: ["write"] },
      { id: "msi", start: 0xd0, length: 14, flags: ["write"] },
      { id: "pcie", start: 0xe0, length: 20, flags: ["write"] },
      { id: "msix", start: 0xa0, length: 12, flags: ["write"] },
      { id: "advanced-error-reporting", start: 0x100, length: 4 },
      { id: "serial-number", start: 0x140, length: 4 },
    ],
  };
}
