// What people write. defineSystem and defineCell turn it into the model of types.ts; a JSON configuration is the same
// thing with a `kind`. Absent keys have the defaults given here; counts, indices and bit masks are computed.
import type * as names from "./names.ts";
import type { Architecture } from "./types.ts";

/** An address or a size in bytes. In strings: hex, decimal, and KiB, MiB, GiB ("16 MiB"). */
export type Address = number | bigint | string;

/** Names of `Table`, or a number where there is no name. */
type Choice<Table> = Extract<keyof Table, string> | number;
type Flags<Table> = readonly (Choice<Table> | bigint)[] | number | bigint;

/** A flag of a cell. */
export type CellFlag = Choice<typeof names.CELL_FLAGS>;
/** A flag of a memory region. */
export type MemoryFlag = Choice<typeof names.MEMORY_FLAGS>;

/** A range of memory or of device registers. */
export interface MemoryDefinition {
  /** Physical start; default 0 (a communication region has none). */
  physical?: Address;
  /** Where the cell sees it; default: at its physical address. */
  virtual?: Address;
  /** Bytes: whole pages, except for registers that share a page with others. */
  size: Address;
  /** What may be done with it. */
  flags: Flags<typeof names.MEMORY_FLAGS>;
}

/** A share of the last-level cache. */
export interface CacheDefinition {
  /** First unit. */
  start: number;
  /** Number of units. */
  size: number;
  /** Default `l3`. */
  type?: Choice<typeof names.CACHE_TYPES>;
  /** Default none. */
  flags?: Flags<typeof names.CACHE_FLAGS>;
}

/** Pins of an interrupt controller; on x86 of an IOAPIC. */
export interface IrqchipDefinition {
  /** Physical address of its registers. */
  address: Address;
  /** x86: number of the IOMMU << 16 | bdf of the IOAPIC. */
  id: number;
  /** Default 0; x86 allows no other. */
  pinBase?: number;
  /** Pin numbers, from `pinBase` up to 127 above it. */
  pins: readonly number[];
}

/** I/O ports. */
export interface PortDefinition {
  /** First port. */
  base: number;
  /** Number of ports. */
  length: number;
}

/** A console: a UART, or a framebuffer. */
export interface ConsoleDefinition {
  /** What it is. */
  type: Choice<typeof names.CONSOLE_TYPES>;
  /** First port, or with the flag `mmio` the physical address. */
  address?: Address;
  /** Bytes of registers (MMIO). */
  size?: number;
  /** Default none: ports, a register each. */
  flags?: Flags<typeof names.CONSOLE_FLAGS>;
  /** Divider of the baud rate clock; default 0: it is set up already. */
  divider?: number;
  /** Arm: number of its clock's gate. */
  gateNumber?: number;
  /** Arm: physical address of the register with that gate. */
  clockRegister?: Address;
}

/** A capability in a function's configuration space, or a range of plain registers there. */
export interface CapabilityDefinition {
  /** What it is. */
  id: Choice<typeof names.CAPABILITIES>;
  /** First byte in configuration space. */
  start: number;
  /** Bytes. */
  length: number;
  /** Default none: the cell may only read it. */
  flags?: Flags<typeof names.CAPABILITY_FLAGS>;
}

/** What makes a PCI device an end of a link between cells. `ivshmemLink` makes the devices of all ends. */
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
  /** What the ends speak; default `undefined`. */
  protocol?: Choice<typeof names.PROTOCOLS>;
}

/** Message-signalled interrupts of a PCI function. */
export interface MsiDefinition {
  /** Number of vectors. */
  vectors: number;
  /** It takes 64-bit addresses; default false. */
  bits64?: boolean;
  /** Vectors can be masked; default false. */
  maskable?: boolean;
}

/** MSI-X interrupts of a PCI function. */
export interface MsixDefinition {
  /** Number of vectors. */
  vectors: number;
  /** Bytes of the table, in whole pages. */
  regionSize?: number;
  /** Physical address of the table. */
  address?: Address;
}

/** A PCI function. */
export interface PciDeviceDefinition {
  /** What it is. */
  type: Choice<typeof names.PCI_TYPES>;
  /** Where it is: `bdf(bus, device, function)`. */
  bdf: number;
  /** Number of its IOMMU unit; default 0. */
  iommu?: number;
  /** PCI segment; default 0. */
  domain?: number;
  /** Writable bits of up to six base address registers. */
  barMask?: readonly number[];
  /** Placed in the configuration's list; equal lists are stored once. Or a place in the cell's `pciCapabilities`. */
  capabilities?: readonly CapabilityDefinition[] | { start: number; count: number };
  /** Its message-signalled interrupts; default none. */
  msi?: MsiDefinition;
  /** Its interrupts by MSI-X; default none. */
  msix?: MsixDefinition;
  /** Shared memory devices. */
  sharedMemory?: SharedMemoryDefinition;
}

/** A stream id: a number, or id and mask for an MMU-500. */
export type StreamIdDefinition = number | { id: number; mask: number };

/** A device: what a cell that has it is given. The name is for people, and for the cell's `console`. */
export interface DeviceDefinition {
  /** For people, and for the cell's `console`. */
  name: string;
  /** Its registers and memory. */
  memory?: readonly MemoryDefinition[];
  /** Its share of the cache. */
  caches?: readonly CacheDefinition[];
  /** Pins are added to those that the cell has of the same irqchip. */
  irqchips?: readonly IrqchipDefinition[];
  /** Its ports. */
  ports?: readonly PortDefinition[];
  /** Its functions. */
  pciDevices?: readonly PciDeviceDefinition[];
  /** Arm: what it is called at its IOMMU. */
  streamIds?: readonly StreamIdDefinition[];
  /** For a cell whose `console` is this device's name. */
  console?: ConsoleDefinition;
}

/** What a cell is given; the root cell, too. */
export interface CellDefinition {
  /** At most 31 bytes. */
  name: string;
  /** CPU numbers. */
  cpus: readonly number[];
  /** Bytes of the CPU set; default: as many words of 8 bytes as needed. */
  cpuSetSize?: number;
  /** Default none: an active communication region, no virtual console. */
  flags?: Flags<typeof names.CELL_FLAGS>;
  /** Its memory, the communication region included. */
  memory?: readonly MemoryDefinition[];
  /** Its share of the last-level cache. */
  caches?: readonly CacheDefinition[];
  /** Its interrupt pins. */
  irqchips?: readonly IrqchipDefinition[];
  /** Its I/O ports. */
  ports?: readonly PortDefinition[];
  /** Its PCI functions. */
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

/** What is particular to AMD's IOMMU. */
export interface AmdIommuDefinition {
  /** The function that it is: `bdf(bus, device, function)`. */
  bdf: number;
  /** Offset of its capability in configuration space. */
  baseCapability: number;
  /** Offset of its MSI capability. */
  msiCapability?: number;
  /** Features as the IVRS table tells them. */
  features?: number;
}

/** What is particular to TI's peripheral virtualisation unit. */
export interface PvuDefinition {
  /** Physical address of its translation buffers. */
  tlbBase: Address;
  /** Their bytes. */
  tlbSize: number;
}

/** An IOMMU unit. */
export interface IommuDefinition {
  /** What it is. */
  type: Choice<typeof names.IOMMU_TYPES>;
  /** Physical address of its registers. */
  base: Address;
  /** Bytes of registers. */
  size: number;
  /** With the type `amd` only. */
  amd?: AmdIommuDefinition;
  /** With the type `pvu` only. */
  pvu?: PvuDefinition;
}

/** Memory of the hypervisor itself. */
export interface HypervisorMemoryDefinition {
  /** Physical start. */
  physical: Address;
  /** Bytes. */
  size: Address;
}

/** The PCI host bridge. */
export interface PciHostDefinition {
  /** Physical address of memory-mapped configuration space (ACPI table MCFG). */
  mmconfigBase: Address;
  /** The last bus. */
  endBus: number;
  /** The bridge is the hypervisor's, for shared memory devices only; default false. */
  virtual?: boolean;
  /** PCI segment; default 0. */
  domain?: number;
}

/** What only systems on x86 have. */
export interface X86Definition {
  /** Port of the PM timer (ACPI table FADT). */
  pmTimer: number;
  /** Default `auto`: as found. With `xapic` no cell has its CPUs in x2APIC mode either. */
  apicMode?: Choice<typeof names.APIC_MODES>;
  /** Entries of VT-d's interrupt remapping table. */
  vtdInterruptLimit?: number;
  /** Frequency of the TSC; default 0: the driver fills it in. */
  tscKhz?: number;
  /** Frequency of the APIC timer; default 0: the driver fills it in. */
  apicKhz?: number;
}

/** What only systems on arm and arm64 have: their interrupt controller. */
export interface ArmDefinition {
  /** 2 or 3. */
  gicVersion: number;
  /** Number of the maintenance interrupt. */
  maintenanceIrq: number;
  /** Physical address of the distributor. */
  gicdBase: Address;
  /** … of the CPU interface. */
  giccBase?: Address;
  /** … of the virtual interface control. */
  gichBase?: Address;
  /** … of the virtual CPU interface. */
  gicvBase?: Address;
  /** … of the redistributors (version 3). */
  gicrBase?: Address;
}

/** A system configuration: defineSystem's argument. */
export interface SystemConfigDefinition {
  /** Default `x86`. */
  architecture?: Architecture;
  /** Only 14 is supported. */
  revision?: number;
  /** Default none: only decompiled files with unusual bytes have them. */
  bytes?: BytesDefinition;
  /** Default none. */
  flags?: Flags<typeof names.SYSTEM_FLAGS>;
  /** Set aside for the hypervisor: no cell has it. */
  hypervisorMemory: HypervisorMemoryDefinition;
  /** Where the hypervisor prints; default nowhere but in its console page. */
  debugConsole?: ConsoleDefinition;
  /** Default: no memory-mapped configuration space. */
  pci?: PciHostDefinition;
  /** At most eight; default none: devices can reach all memory. */
  iommuUnits?: readonly IommuDefinition[];
  /** On x86. */
  x86?: X86Definition;
  /** On arm and arm64. */
  arm?: ArmDefinition;
  /** What the root cell has: everything that it and all cells need. */
  rootCell: CellDefinition;
}
