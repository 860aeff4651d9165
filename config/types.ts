// Both kinds of configuration file, revision 14, as plain data. Names say what a field is; numbers (types, flags) are the
// ones of abi/config.ts. 64-bit fields are bigint, everything smaller is number. Nothing of a file is lost: bytes without
// a meaning are kept in `reserved` fields (absent when they are zero), so that encode(decode(bytes)) equals bytes.

/** Bytes of a file that have no meaning; absent when they are all zero. */
export type Reserved = Uint8Array | undefined;

/** Processor architecture that a configuration is for. */
export type Architecture = "x86" | "arm" | "arm64";

/** A console: the UART or framebuffer itself, not who uses it. */
export interface Console {
  /** First port, or physical address with CONSOLE_FLAG_MMIO. */
  address: bigint;
  /** Size of its registers in bytes (MMIO only). */
  size: number;
  /** CONSOLE_TYPE_*. */
  type: number;
  /** CONSOLE_FLAG_*. */
  flags: number;
  /** Divider of the baud rate clock; 0 = it is set up already. */
  divider: number;
  /** Arm: number of the clock gate. */
  gateNumber: number;
  /** Arm: address of the clock register. */
  clockRegister: bigint;
}

/** A range of memory or of device registers. An all-zero region is a legal placeholder. */
export interface MemoryRegion {
  /** Physical start in bytes; ignored with MEM_COMM_REGION. */
  physicalStart: bigint;
  /** Where the cell sees it. */
  virtualStart: bigint;
  /** Bytes. */
  size: bigint;
  /** MEM_*. */
  flags: bigint;
}

/** A share of the last-level cache. */
export interface CacheRegion {
  /** First unit (bit of the capacity mask). */
  start: number;
  /** Number of units. */
  size: number;
  /** CACHE_TYPE_*. */
  type: number;
  /** CACHE_FLAG_*. */
  flags: number;
  reserved?: Reserved;
}

/** Pins of an interrupt controller (x86: an IOAPIC). */
export interface Irqchip {
  address: bigint;
  /** x86: number of the IOMMU << 16 | bdf of the IOAPIC. */
  id: number;
  /** Number of the first pin that the bitmap describes; 0 on x86. */
  pinBase: number;
  /** Four words of 32 pins each. */
  pinBitmap: readonly number[];
}

/** I/O ports. */
export interface PortRange {
  base: number;
  length: number;
}

/** A PCI function. */
export interface PciDevice {
  /** PCI_TYPE_*. */
  type: number;
  /** Number of its IOMMU unit. */
  iommu: number;
  /** PCI segment. */
  domain: number;
  /** bus << 8 | device << 3 | function. */
  bdf: number;
  /** Writable bits of the six base address registers. */
  barMask: readonly number[];
  /** Index of its first capability in the configuration's list. */
  capsStart: number;
  numCaps: number;
  numMsiVectors: number;
  /** PCI_MSI_*. */
  msiFlags: number;
  numMsixVectors: number;
  /** Size of the MSI-X table, in whole pages, in bytes. */
  msixRegionSize: number;
  msixAddress: bigint;
  /** Shared memory devices: index of the state table's memory region, the first of the device's. */
  shmemRegionsStart: number;
  shmemDeviceId: number;
  shmemPeers: number;
  /** 0 undefined, 1 veth, 0x4000 custom, 0x8000 virtio front end, 0xc000 virtio back end. */
  shmemProtocol: number;
}

/** A capability in a function's configuration space, or (id 0) a range of plain registers. */
export interface PciCapability {
  /** Capability id; CAP_EXTENDED is set for extended ones. */
  id: number;
  /** First byte in configuration space. */
  start: number;
  /** Bytes. */
  length: number;
  /** CAP_FLAG_*. */
  flags: number;
}

/** What is particular to AMD's IOMMU. */
export interface AmdIommu {
  bdf: number;
  /** Offset of its capability in configuration space. */
  baseCapability: number;
  msiCapability: number;
  features: number;
  reserved?: Reserved;
}

/** What is particular to TI's peripheral virtualisation unit. */
export interface PvuIommu {
  tlbBase: bigint;
  tlbSize: number;
}

/** An IOMMU unit. The list in a file ends at the first unit whose base is 0. */
export interface IommuUnit {
  /** IOMMU_TYPE_*. */
  type: number;
  base: bigint;
  size: number;
  /** With IOMMU_TYPE_AMD only. */
  amd?: AmdIommu | undefined;
  /** With IOMMU_TYPE_PVU only. */
  pvu?: PvuIommu | undefined;
  /** The type-dependent part of all other types. */
  reserved?: Reserved;
}

/** The x86 part of a system configuration. */
export interface X86Platform {
  /** Port of the PM timer. */
  pmTimerAddress: number;
  /** APIC_MODE_*. */
  apicMode: number;
  /** Entries of VT-d's interrupt remapping table. */
  vtdInterruptLimit: number;
  /** TSC frequency; 0 = the driver fills it in. */
  tscKhz: number;
  /** APIC timer frequency; 0 = the driver fills it in. */
  apicKhz: number;
  padding?: Reserved;
  reserved?: Reserved;
}

/** The Arm part of a system configuration: its interrupt controller. */
export interface ArmPlatform {
  maintenanceIrq: number;
  gicVersion: number;
  gicdBase: bigint;
  giccBase: bigint;
  gichBase: bigint;
  gicvBase: bigint;
  gicrBase: bigint;
  reserved?: Reserved;
}

/** What a cell is given; the root cell has one too. */
export interface Cell {
  /** At most 31 bytes of UTF-8. A byte that is not UTF-8 is kept as U+DC00 + byte. */
  name: string;
  /** What follows the name's terminator. */
  nameReserved?: Reserved;
  /** 0 in a file; the driver fills it in. */
  id: number;
  /** CELL_FLAG_*. */
  flags: number;
  /** Size of the CPU set in the file, in bytes. */
  cpuSetSize: number;
  /** CPU numbers, ascending. */
  cpus: readonly number[];
  memory: readonly MemoryRegion[];
  caches: readonly CacheRegion[];
  irqchips: readonly Irqchip[];
  ports: readonly PortRange[];
  pciDevices: readonly PciDevice[];
  pciCapabilities: readonly PciCapability[];
  /** Arm: ids of its bus masters. */
  streamIds: readonly number[];
  /** Arm: first interrupt of its virtual PCI devices. */
  vpciIrqBase: number;
  /** Where its CPUs start. */
  cpuResetAddress: bigint;
  /** Polls before a message counts as unanswered; 0 = the platform's default. */
  msgReplyTimeout: bigint;
  console: Console;
}

/** A cell configuration file (`JHCLL`). */
export interface CellConfig extends Cell {
  kind: "cell";
  architecture: Architecture;
}

/** A system configuration file (`JHSYS`): the platform and its root cell. */
export interface SystemConfig {
  kind: "system";
  architecture: Architecture;
  /** SYS_FLAG_*. */
  flags: number;
  /** Only its physical start and size are used. */
  hypervisorMemory: MemoryRegion;
  debugConsole: Console;
  pciMmconfigBase: bigint;
  pciMmconfigEndBus: number;
  /** 1: the PCI host bridge is the hypervisor's, for shared memory devices only. */
  pciIsVirtual: number;
  pciDomain: number;
  /** At most eight. */
  iommuUnits: readonly IommuUnit[];
  /** On x86 only. */
  x86?: X86Platform | undefined;
  /** On arm and arm64 only. */
  arm?: ArmPlatform | undefined;
  rootCell: RootCell;
}

/** The root cell's descriptor: where a cell configuration has its signature, it has zeros. */
export interface RootCell extends Cell {
  /** The bytes in place of the signature, the architecture and the revision. */
  reserved?: Reserved;
}

export type Config = SystemConfig | CellConfig;
