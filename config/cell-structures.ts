// The structures of a cell, as field tables. A cell configuration is a cell descriptor, the CPU set and the lists.
import * as abi from "../abi/config.ts";
import {
  afterName,
  type Field,
  name,
  nested,
  readStructure,
  reserved,
  type Structure,
  u8,
  u16,
  u32,
  u64,
  words,
  writeStructure,
} from "./fields.ts";
import type * as types from "./types.ts";

export const CONSOLE: Structure<types.Console> = {
  name: "console",
  size: abi.CONSOLE_SIZE,
  fields: {
    address: u64(abi.CONSOLE_ADDRESS),
    size: u32(abi.CONSOLE_REGION_SIZE),
    type: u16(abi.CONSOLE_TYPE),
    flags: u16(abi.CONSOLE_FLAGS),
    divider: u32(abi.CONSOLE_DIVIDER),
    gateNumber: u32(abi.CONSOLE_GATE_NR),
    clockRegister: u64(abi.CONSOLE_CLOCK_REG),
  },
};

export const MEMORY: Structure<types.MemoryRegion> = {
  name: "memory region",
  size: abi.MEM_SIZE,
  fields: {
    physicalStart: u64(abi.MEM_PHYS_START),
    virtualStart: u64(abi.MEM_VIRT_START),
    size: u64(abi.MEM_REGION_SIZE),
    flags: u64(abi.MEM_FLAGS),
  },
};

export const CACHE: Structure<types.CacheRegion> = {
  name: "cache region",
  size: abi.CACHE_SIZE,
  fields: {
    start: u32(abi.CACHE_START),
    size: u32(abi.CACHE_REGION_SIZE),
    type: u8(abi.CACHE_TYPE),
    reserved: reserved(abi.CACHE_TYPE + 1, 1),
    flags: u16(abi.CACHE_FLAGS),
  },
};

const PIN_WORDS = 4;

export const IRQCHIP: Structure<types.Irqchip> = {
  name: "irqchip",
  size: abi.IRQCHIP_SIZE,
  fields: {
    address: u64(abi.IRQCHIP_ADDRESS),
    id: u32(abi.IRQCHIP_ID),
    pinBase: u32(abi.IRQCHIP_PIN_BASE),
    pinBitmap: words(abi.IRQCHIP_PIN_BITMAP, PIN_WORDS),
  },
};

export const PORTS: Structure<types.PortRange> = {
  name: "port range",
  size: abi.PIO_SIZE,
  fields: { base: u16(abi.PIO_BASE), length: u16(abi.PIO_LENGTH) },
};

const BARS = 6;

export const PCI_DEVICE: Structure<types.PciDevice> = {
  name: "PCI device",
  size: abi.PCI_SIZE,
  fields: {
    type: u8(abi.PCI_TYPE),
    iommu: u8(abi.PCI_IOMMU),
    domain: u16(abi.PCI_DOMAIN),
    bdf: u16(abi.PCI_BDF),
    barMask: words(abi.PCI_BAR_MASK, BARS),
    capsStart: u16(abi.PCI_CAPS_START),
    numCaps: u16(abi.PCI_NUM_CAPS),
    numMsiVectors: u8(abi.PCI_NUM_MSI_VECTORS),
    msiFlags: u8(abi.PCI_MSI_FLAGS),
    numMsixVectors: u16(abi.PCI_NUM_MSIX_VECTORS),
    msixRegionSize: u16(abi.PCI_MSIX_REGION_SIZE),
    msixAddress: u64(abi.PCI_MSIX_ADDRESS),
    shmemRegionsStart: u32(abi.PCI_SHMEM_REGIONS_START),
    shmemDeviceId: u8(abi.PCI_SHMEM_DEV_ID),
    shmemPeers: u8(abi.PCI_SHMEM_PEERS),
    shmemProtocol: u16(abi.PCI_SHMEM_PROTOCOL),
  },
};

export const PCI_CAPABILITY: Structure<types.PciCapability> = {
  name: "PCI capability",
  size: abi.CAP_SIZE,
  fields: {
    id: u16(abi.CAP_ID),
    start: u16(abi.CAP_START),
    length: u16(abi.CAP_LENGTH),
    flags: u16(abi.CAP_FLAGS),
  },
};

/** The lists after a cell's descriptor and CPU set. */
export type CellLists = Pick<
  types.Cell,
  "memory" | "caches" | "irqchips" | "ports" | "pciDevices" | "pciCapabilities"
>;

/** The descriptor's own fields. */
export type CellHeader = Omit<types.Cell, keyof CellLists | "cpus" | "streamIds">;

export const CELL_HEADER: Structure<CellHeader> = {
  name: "cell descriptor",
  size: abi.CELL_HEADER_SIZE,
  fields: {
    name: name(abi.CELL_NAME, abi.CELL_NAME_SIZE),
    nameReserved: afterName(abi.CELL_NAME, abi.CELL_NAME_SIZE),
    id: u32(abi.CELL_ID),
    flags: u32(abi.CELL_FLAGS),
    cpuSetSize: u32(abi.CELL_CPU_SET_SIZE),
    vpciIrqBase: u32(abi.CELL_VPCI_IRQ_BASE),
    cpuResetAddress: u64(abi.CELL_CPU_RESET_ADDRESS),
    msgReplyTimeout: u64(abi.CELL_MSG_REPLY_TIMEOUT),
    console: nested(abi.CELL_CONSOLE, CONSOLE),
  },
};

/** One list: where its count is in the descriptor, and how its entries are read and written. */
export interface ListLayout {
  readonly key: keyof CellLists | "streamIds";
  readonly count: Field<number>;
  /** What an entry is called. */
  readonly name: string;
  /** Bytes of an entry. */
  readonly size: number;
  read(view: DataView, base: number): unknown;
  write(view: DataView, base: number, value: unknown, path: string): void;
}

function list<Type>(
  key: keyof CellLists,
  countOffset: number,
  structure: Structure<Type>,
): ListLayout {
  return {
    key,
    count: u32(countOffset),
    name: structure.name,
    size: structure.size,
    read: (view, base) => readStructure(structure, view, base),
    write: (view, base, value, path) => writeStructure(structure, view, base, value, `${path}.`),
  };
}

const STREAM_IDS: ListLayout = {
  ...u32(0),
  key: "streamIds",
  count: u32(abi.CELL_NUM_STREAM_IDS),
  name: "stream id",
};

/** All lists, in file order. */
export const LISTS: readonly ListLayout[] = [
  list("memory", abi.CELL_NUM_MEMORY, MEMORY),
  list("caches", abi.CELL_NUM_CACHE, CACHE),
  list("irqchips", abi.CELL_NUM_IRQCHIPS, IRQCHIP),
  list("ports", abi.CELL_NUM_PIO, PORTS),
  list("pciDevices", abi.CELL_NUM_PCI_DEVICES, PCI_DEVICE),
  list("pciCapabilities", abi.CELL_NUM_PCI_CAPS, PCI_CAPABILITY),
  STREAM_IDS,
];
