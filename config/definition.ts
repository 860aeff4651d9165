// What people write. defineSystem and defineCell turn it into the model of types.ts; a JSON configuration is the same
// thing with a `kind`. Absent keys have the defaults given here; counts, indices and bit masks are computed.
import type * as names from "./names.ts";
import type { Architecture } from "./types.ts";

/** An address or a size in bytes. In strings: hex, decimal, and KiB, MiB, GiB ("16 MiB"). */
export type Address = number | bigint | string;

/** Names of `Table`, or a number where there is no name. */
type Choice<Table> = Extract<keyof Table, string> | number;
type Flags<Table> = readonly (Choice<Table> | bigint)[] | number | bigint;

export type CellFlag = Choice<typeof names.CELL_FLAGS>;
export type MemoryFlag = Choice<typeof names.MEMORY_FLAGS>;

export interface MemoryDefinition {
  /** Physical start; default 0 (a communication region has none). */
  physical?: Address;
  /** Where the cell sees it; default: at its physical address. */
  virtual?: Address;
  size: Address;
  flags: Flags<typeof names.MEMORY_FLAGS>;
}

export interface CacheDefinition {
  /** First unit. */
  start: number;
  /** Number of units. */
  size: number;
  /** Default `l3`. */
  type?: Choice<typeof names.CACHE_TYPES>;
  flags?: Flags<typeof names.CACHE_FLAGS>;
}

export interface IrqchipDefinition {
  address: Address;
  /** x86: number of the IOMMU << 16 | bdf of the IOAPIC. */
  id: number;
  /** Default 0; x86 allows no other. */
  pinBase?: number;
  /** Pin numbers, from `pinBase` up to 127 above it. */
  pins: readonly number[];
}

export interface PortDefinition {
  base: number;
  length: number;
}

export interface ConsoleDefinition {
  type: Choice<typeof names.CONSOLE_TYPES>;
  /** First port, or with the flag `mmio` the physical address. */
  address?: Address;
  /** Bytes of registers (MMIO). */
  size?: number;
  flags?: Flags<typeof names.CONSOLE_FLAGS>;
  /** Divider of the baud rate clock; default 0: it is set up already. */
  divider?: number;
  gateNumber?: number;
  clockRegister?: Address;
}

export interface CapabilityDefinition {
  id: Choice<typeof names.CAPABILITIES>;
  /** First byte in configuration space. */
  start: number;
  /** Bytes. */
  length: number;
  flags?: Flags<typeof names.CAPABILITY_FLAGS>;
}

export interface SharedMemoryDefinition {
  /**
   * State table, read/write section, then one output section per peer: placed before the cell's other memory. Or the index
   * in the cell's `memory` at which they are.
   */
  regions: readonly MemoryDefinition[] | { start: number };
  /** Number of this end, from 0. */
  id: number;
  /** How many ends there are. */
  peers: number;
  protocol?: Choice<typeof names.PROTOCOLS>;
}

export interface PciDeviceDefinition {
  type: Choice<typeof names.PCI_TYPES>;
  /** bdf(bus, device, function). */
  bdf: number;
  iommu?: number;
  domain?: number;
  /** Writable bits of up to six base address registers. */
  barMask?: readonly number[];
  /** Placed in the configuration's list; equal lists are stored once. Or a place in the cell's `pciCapabilities`. */
  capabilities?: readonly CapabilityDefinition[] | { start: number; count: number };
  msi?: { vectors: number; bits64?: boolean; maskable?: boolean };
  msix?: { vectors: number; regionSize?: number; address?: Address };
  /** Shared memory devices. */
  sharedMemory?: SharedMemoryDefinition;
}

/** A stream id: a number, or id and mask for an MMU-500. */
export type StreamIdDefinition = number | { id: number; mask: number };

/** A device: what a cell that has it is given. The name is for people, and for the cell's `console`. */
export interface DeviceDefinition {
  name: string;
  memory?: readonly MemoryDefinition[];
  caches?: readonly CacheDefinition[];
  /** Pins are added to those that the cell has of the same irqchip. */
  irqchips?: readonly IrqchipDefinition[];
  ports?: readonly PortDefinition[];
  pciDevices?: readonly PciDeviceDefinition[];
  streamIds?: readonly StreamIdDefinition[];
  /** For a cell whose `console` is this device's name. */
  console?: ConsoleDefinition;
}

export interface CellDefinition {
  name: string;
  /** CPU numbers. */
  cpus: readonly number[];
  /** Bytes of the CPU set; default: as many words of 8 bytes as needed. */
  cpuSetSize?: number;
  /** Default none: an active communication region, no virtual console. */
  flags?: Flags<typeof names.CELL_FLAGS>;
  memory?: readonly MemoryDefinition[];
  caches?: readonly CacheDefinition[];
  irqchips?: readonly IrqchipDefinition[];
  ports?: readonly PortDefinition[];
  pciDevices?: readonly PciDeviceDefinition[];
  /** What the list of capabilities begins with; only needed for one with entries that no device names. */
  pciCapabilities?: readonly CapabilityDefinition[];
  /** Arm: ids of its bus masters. */
  streamIds?: readonly StreamIdDefinition[];
  /** Placed behind the cell's own lists. */
  devices?: readonly DeviceDefinition[];
  /** Arm: first interrupt of its virtual PCI devices. */
  vpciIrqBase?: number;
  /** Default 0xffff0 for a cell on x86, else 0. */
  cpuResetAddress?: Address;
  /** Polls before a message counts as unanswered; default 0: the platform's own limit. */
  msgReplyTimeout?: Address;
  /** Default none. The name of one of its devices stands for that device's. */
  console?: ConsoleDefinition | string;
}

/** Bytes of the built file that no other key stands for: hexadecimal text by offset, such as `{ "0x28": "ff 00" }`. */
export type BytesDefinition = Readonly<Record<string, string>>;

/** A cell configuration: defineCell's argument. */
export interface CellConfigDefinition extends CellDefinition {
  /** Default `x86`. */
  architecture?: Architecture;
  /** Only 14 is supported. */
  revision?: number;
  /** Default none: only decompiled files with unusual bytes have them. */
  bytes?: BytesDefinition;
}

export interface IommuDefinition {
  type: Choice<typeof names.IOMMU_TYPES>;
  base: Address;
  size: number;
  amd?: { bdf: number; baseCapability: number; msiCapability?: number; features?: number };
  pvu?: { tlbBase: Address; tlbSize: number };
}

/** A system configuration: defineSystem's argument. */
export interface SystemConfigDefinition {
  /** Default `x86`. */
  architecture?: Architecture;
  /** Only 14 is supported. */
  revision?: number;
  /** Default none: only decompiled files with unusual bytes have them. */
  bytes?: BytesDefinition;
  flags?: Flags<typeof names.SYSTEM_FLAGS>;
  hypervisorMemory: { physical: Address; size: Address };
  debugConsole?: ConsoleDefinition;
  /** Default: no MMCONFIG. */
  pci?: { mmconfigBase: Address; endBus: number; virtual?: boolean; domain?: number };
  iommuUnits?: readonly IommuDefinition[];
  /** On x86. */
  x86?: {
    /** Port of the PM timer. */
    pmTimer: number;
    apicMode?: Choice<typeof names.APIC_MODES>;
    vtdInterruptLimit?: number;
    /** Default 0: the driver fills it in. */
    tscKhz?: number;
    apicKhz?: number;
  };
  /** On arm and arm64. */
  arm?: {
    gicVersion: number;
    maintenanceIrq: number;
    gicdBase: Address;
    giccBase?: Address;
    gichBase?: Address;
    gicvBase?: Address;
    gicrBase?: Address;
  };
  rootCell: CellDefinition;
}
