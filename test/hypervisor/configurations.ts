// Raw configurations for the core's tests: bytes from offsets, without the checks of config/, so that bad ones can be made.
import * as abi from "../../abi/config.ts";

export interface Region {
  readonly phys?: bigint;
  readonly virt: bigint;
  readonly size: bigint;
  readonly flags: number;
}

export interface Device {
  readonly bdf: number;
  readonly type?: number;
  readonly domain?: number;
  readonly iommu?: number;
  readonly caps?: readonly [start: number, count: number];
  readonly barMask?: readonly number[];
  readonly msix?: { readonly vectors: number; readonly address: bigint; readonly size?: number };
  readonly shmem?: readonly [start: number, peers: number];
}

export interface Irqchip {
  readonly address: bigint;
  readonly pins: number;
  readonly pinBase?: number;
}

export interface CellOptions {
  readonly name?: string;
  readonly id?: number;
  readonly flags?: number;
  readonly cpus?: readonly number[];
  readonly cpuSetSize?: number;
  readonly regions?: readonly Region[];
  readonly cacheTypes?: readonly number[];
  readonly ports?: readonly (readonly [base: number, length: number])[];
  readonly devices?: readonly Device[];
  readonly irqchips?: readonly Irqchip[];
  /** Start, length and CAP_FLAG_* of each capability. */
  readonly caps?: readonly (readonly [start: number, length: number, flags?: number])[];
  readonly resetAddress?: bigint;
  readonly timeout?: bigint;
}

export interface SystemOptions {
  /** The x86 part. */
  readonly x86?: {
    readonly apicMode?: number;
    readonly pmTimer?: number;
    readonly tscKhz?: number;
    readonly apicKhz?: number;
    readonly mmconfig?: { readonly base: bigint; readonly endBus: number };
  };
  readonly flags?: number;
  readonly hypervisor?: { readonly phys: bigint; readonly size: bigint };
  readonly iommus?: readonly number[];
  readonly root?: CellOptions;
}

export const RWX = abi.MEM_READ | abi.MEM_WRITE | abi.MEM_EXECUTE;
export const KIB = 1024n;
export const MIB = 1024n * KIB;

/** The test machine: 8 MiB of RAM; the hypervisor's memory at 4 MiB, inmates' from 5 MiB. */
export const HYPERVISOR = { phys: 4n * MIB, size: 256n * KIB };
/** RAM of the root cell around the hypervisor's memory. */
export const ROOT_REGIONS: readonly Region[] = [
  { phys: 0n, virt: 0n, size: 4n * MIB, flags: RWX | abi.MEM_DMA },
  { phys: 5n * MIB, virt: 5n * MIB, size: 3n * MIB, flags: RWX | abi.MEM_DMA },
];

function ascii(text: string, view: DataView, offset: number): void {
  for (let i = 0; i < text.length; i++) view.setUint8(offset + i, text.charCodeAt(i));
}

/** Writes `count` structures of `size` bytes one after the other; returns where they end. */
function list<Item>(
  _view: DataView,
  offset: number,
  size: number,
  items: readonly Item[],
  write: (at: number, item: Item) => void,
): number {
  items.forEach((item, index) => {
    write(offset + index * size, item);
  });
  return offset + items.length * size;
}

function header(view: DataView, cell: CellOptions): void {
  ascii(cell.name ?? "cell", view, abi.CELL_NAME);
  view.setUint32(abi.CELL_ID, cell.id ?? 0, true);
  view.setUint32(abi.CELL_FLAGS, cell.flags ?? 0, true);
  view.setUint32(abi.CELL_CPU_SET_SIZE, cell.cpuSetSize ?? 8, true);
  view.setUint32(abi.CELL_NUM_MEMORY, cell.regions?.length ?? 0, true);
  view.setUint32(abi.CELL_NUM_CACHE, cell.cacheTypes?.length ?? 0, true);
  view.setUint32(abi.CELL_NUM_IRQCHIPS, cell.irqchips?.length ?? 0, true);
  view.setUint32(abi.CELL_NUM_PIO, cell.ports?.length ?? 0, true);
  view.setUint32(abi.CELL_NUM_PCI_DEVICES, cell.devices?.length ?? 0, true);
  view.setUint32(abi.CELL_NUM_PCI_CAPS, cell.caps?.length ?? 0, true);
  view.setBigUint64(abi.CELL_CPU_RESET_ADDRESS, cell.resetAddress ?? 0n, true);
  view.setBigUint64(abi.CELL_MSG_REPLY_TIMEOUT, cell.timeout ?? 0n, true);
}

function writeRegion(view: DataView, at: number, region: Region): void {
  view.setBigUint64(at + abi.MEM_PHYS_START, region.phys ?? 0n, true);
  view.setBigUint64(at + abi.MEM_VIRT_START, region.virt, true);
  view.setBigUint64(at + abi.MEM_REGION_SIZE, region.size, true);
  view.setUint32(at + abi.MEM_FLAGS, region.flags, true);
}

function writeDevice(view: DataView, at: number, device: Device): void {
  view.setUint8(at + abi.PCI_TYPE, device.type ?? abi.PCI_TYPE_DEVICE);
  view.setUint8(at + abi.PCI_IOMMU, device.iommu ?? 0);
  view.setUint16(at + abi.PCI_DOMAIN, device.domain ?? 0, true);
  view.setUint16(at + abi.PCI_BDF, device.bdf, true);
  view.setUint16(at + abi.PCI_CAPS_START, device.caps?.[0] ?? 0, true);
  view.setUint16(at + abi.PCI_NUM_CAPS, device.caps?.[1] ?? 0, true);
  device.barMask?.forEach((mask, index) => {
    view.setUint32(at + abi.PCI_BAR_MASK + 4 * index, mask, true);
  });
  view.setUint16(at + abi.PCI_NUM_MSIX_VECTORS, device.msix?.vectors ?? 0, true);
  view.setUint16(at + abi.PCI_MSIX_REGION_SIZE, device.msix?.size ?? 0, true);
  view.setBigUint64(at + abi.PCI_MSIX_ADDRESS, device.msix?.address ?? 0n, true);
  view.setUint32(at + abi.PCI_SHMEM_REGIONS_START, device.shmem?.[0] ?? 0, true);
  view.setUint8(at + abi.PCI_SHMEM_PEERS, device.shmem?.[1] ?? 0);
}

/** A cell descriptor and its arrays, without signature and revision. */
function descriptor(cell: CellOptions): Uint8Array {
  const bytes = new Uint8Array(1 << 17);
  const view = new DataView(bytes.buffer);
  header(view, cell);
  for (const cpu of cell.cpus ?? [1]) {
    const at = abi.CELL_HEADER_SIZE + (cpu >> 3);
    view.setUint8(at, view.getUint8(at) | (1 << (cpu & 7)));
  }
  let end: number = abi.CELL_HEADER_SIZE + (cell.cpuSetSize ?? 8);
  end = list(view, end, abi.MEM_SIZE, cell.regions ?? [], (at, region) => {
    writeRegion(view, at, region);
  });
  end = list(view, end, abi.CACHE_SIZE, cell.cacheTypes ?? [], (at, type) => {
    view.setUint8(at + abi.CACHE_TYPE, type);
  });
  end = list(view, end, abi.IRQCHIP_SIZE, cell.irqchips ?? [], (at, chip) => {
    view.setBigUint64(at + abi.IRQCHIP_ADDRESS, chip.address, true);
    view.setUint32(at + abi.IRQCHIP_PIN_BASE, chip.pinBase ?? 0, true);
    view.setUint32(at + abi.IRQCHIP_PIN_BITMAP, chip.pins, true);
  });
  end = list(view, end, abi.PIO_SIZE, cell.ports ?? [], (at, [base, length]) => {
    view.setUint16(at + abi.PIO_BASE, base, true);
    view.setUint16(at + abi.PIO_LENGTH, length, true);
  });
  end = list(view, end, abi.PCI_SIZE, cell.devices ?? [], (at, device) => {
    writeDevice(view, at, device);
  });
  end = list(view, end, abi.CAP_SIZE, cell.caps ?? [], (at, [start, length, flags]) => {
    view.setUint16(at + abi.CAP_FLAGS, flags ?? 0, true);
    view.setUint16(at + abi.CAP_START, start, true);
    view.setUint16(at + abi.CAP_LENGTH, length, true);
  });
  return bytes.slice(0, end);
}

/** A cell configuration. */
export function cellConfig(cell: CellOptions): Uint8Array {
  const bytes = descriptor({ id: 1, regions: [], ...cell });
  const view = new DataView(bytes.buffer);
  ascii("JHCLL", view, 0);
  view.setUint16(abi.CONFIG_REVISION_OFFSET, abi.CONFIG_REVISION, true);
  return bytes;
}

function writeX86(view: DataView, x86: NonNullable<SystemOptions["x86"]>): void {
  view.setUint8(abi.SYS_X86_APIC_MODE, x86.apicMode ?? abi.APIC_MODE_AUTO);
  view.setUint16(abi.SYS_X86_PM_TIMER_ADDRESS, x86.pmTimer ?? 0, true);
  view.setUint32(abi.SYS_X86_TSC_KHZ, x86.tscKhz ?? 0, true);
  view.setUint32(abi.SYS_X86_APIC_KHZ, x86.apicKhz ?? 0, true);
  view.setBigUint64(abi.SYS_PCI_MMCONFIG_BASE, x86.mmconfig?.base ?? 0n, true);
  view.setUint8(abi.SYS_PCI_MMCONFIG_END_BUS, x86.mmconfig?.endBus ?? 0);
}

/** A system configuration; its root cell has CPUs 0 to 3 and ROOT_REGIONS unless told otherwise. */
export function systemConfig(system: SystemOptions = {}): Uint8Array {
  const root = descriptor({
    name: "root",
    cpus: [0, 1, 2, 3],
    regions: ROOT_REGIONS,
    ...system.root,
  });
  const bytes = new Uint8Array(abi.SYS_HEADER_SIZE + root.length);
  const view = new DataView(bytes.buffer);
  bytes.set(root, abi.SYS_ROOT_CELL);
  ascii("JHSYS", view, 0);
  view.setUint16(abi.CONFIG_REVISION_OFFSET, abi.CONFIG_REVISION, true);
  view.setUint32(abi.SYS_FLAGS, system.flags ?? abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE, true);
  const memory = system.hypervisor ?? HYPERVISOR;
  writeRegion(view, abi.SYS_HYPERVISOR_MEMORY, { ...memory, virt: 0n, flags: 0 });
  view.setBigUint64(abi.SYS_DEBUG_CONSOLE + abi.CONSOLE_ADDRESS, 0x3f8n, true);
  view.setUint16(abi.SYS_DEBUG_CONSOLE + abi.CONSOLE_TYPE, abi.CONSOLE_TYPE_8250, true);
  writeX86(view, system.x86 ?? {});
  system.iommus?.forEach((type, index) => {
    const unit = abi.SYS_IOMMU + index * abi.IOMMU_SIZE;
    view.setUint32(unit + abi.IOMMU_TYPE, type, true);
    view.setBigUint64(unit + abi.IOMMU_BASE, 0xfed90000n, true);
  });
  return bytes;
}

/** Guest-physical address of the root cell where tests put configurations. */
export const CONFIG_ADDRESS = 1n * MIB;
/** The communication region that inmates expect. */
export const COMM: Region = {
  virt: 1n * MIB,
  size: 4n * KIB,
  flags: abi.MEM_READ | abi.MEM_WRITE | abi.MEM_COMM_REGION,
};

/** 64 KiB of loadable RAM at cell address 0 from physical `phys`. */
export function loadable(phys: bigint): Region {
  return { phys, virt: 0n, size: 64n * KIB, flags: RWX | abi.MEM_LOADABLE };
}
