// Read access to configurations by the offsets of abi/config.ts. `config` is the address of a cell descriptor that
// core/validate.ts has accepted.
import {
  CACHE_SIZE,
  CAP_SIZE,
  CELL_CPU_SET_SIZE,
  CELL_HEADER_SIZE,
  CELL_NUM_CACHE,
  CELL_NUM_IRQCHIPS,
  CELL_NUM_MEMORY,
  CELL_NUM_PCI_CAPS,
  CELL_NUM_PCI_DEVICES,
  CELL_NUM_PIO,
  CELL_NUM_STREAM_IDS,
  IRQCHIP_SIZE,
  MEM_COMM_REGION,
  MEM_FLAGS,
  MEM_PHYS_START,
  MEM_REGION_SIZE,
  MEM_SIZE,
  MEM_VIRT_START,
  PCI_BDF,
  PCI_SIZE,
  PCI_TYPE,
  PCI_TYPE_IVSHMEM,
  PIO_SIZE,
  STREAM_ID_SIZE,
} from "../../abi/config.ts";
import { PAGE_MASK } from "./limits.ts";

const SYSTEM: usize = memory.data(4, 4);

/** Address of the system configuration. */
export function systemConfig(): usize {
  return load<usize>(SYSTEM);
}

/** Makes `config` the system configuration. */
export function setSystemConfig(config: usize): void {
  store<usize>(SYSTEM, config);
}

// Where the arrays start. Sums of counts are 64-bit until the configuration is known to be small.

function afterMemory(config: usize): u64 {
  const cpus = <u64>load<u32>(config, CELL_CPU_SET_SIZE);
  return CELL_HEADER_SIZE + cpus + <u64>load<u32>(config, CELL_NUM_MEMORY) * MEM_SIZE;
}

function afterCache(config: usize): u64 {
  return afterMemory(config) + <u64>load<u32>(config, CELL_NUM_CACHE) * CACHE_SIZE;
}

function afterIrqchips(config: usize): u64 {
  return afterCache(config) + <u64>load<u32>(config, CELL_NUM_IRQCHIPS) * IRQCHIP_SIZE;
}

function afterPio(config: usize): u64 {
  return afterIrqchips(config) + <u64>load<u32>(config, CELL_NUM_PIO) * PIO_SIZE;
}

function afterPci(config: usize): u64 {
  return afterPio(config) + <u64>load<u32>(config, CELL_NUM_PCI_DEVICES) * PCI_SIZE;
}

/** Size in bytes of the cell descriptor at `config` (only its header need be readable) and its arrays. */
export function cellConfigSize(config: usize): u64 {
  const caps = <u64>load<u32>(config, CELL_NUM_PCI_CAPS) * CAP_SIZE;
  const streams = <u64>load<u32>(config, CELL_NUM_STREAM_IDS) * STREAM_ID_SIZE;
  return afterPci(config) + caps + streams;
}

/** Whether CPU `cpu` is in the CPU set. */
export function hasCpu(config: usize, cpu: u32): bool {
  if (cpu >> 3 >= load<u32>(config, CELL_CPU_SET_SIZE)) return false;
  return ((load<u8>(config + (cpu >> 3), CELL_HEADER_SIZE) >> (cpu & 7)) & 1) !== 0;
}

/** Address of memory region `index` (MEM_*). */
export function memoryRegion(config: usize, index: u32): usize {
  return config + CELL_HEADER_SIZE + load<u32>(config, CELL_CPU_SET_SIZE) + index * MEM_SIZE;
}

/** Address of cache region `index` (CACHE_*). */
export function cacheRegion(config: usize, index: u32): usize {
  return config + <usize>afterMemory(config) + index * CACHE_SIZE;
}

/** Address of irqchip `index` (IRQCHIP_*). */
export function irqchip(config: usize, index: u32): usize {
  return config + <usize>afterCache(config) + index * IRQCHIP_SIZE;
}

/** Address of I/O range `index` (PIO_*). */
export function portRange(config: usize, index: u32): usize {
  return config + <usize>afterIrqchips(config) + index * PIO_SIZE;
}

/** Address of PCI device `index` (PCI_*). */
export function pciDevice(config: usize, index: u32): usize {
  return config + <usize>afterPio(config) + index * PCI_SIZE;
}

/** Address of PCI capability `index` (CAP_*). */
export function pciCapability(config: usize, index: u32): usize {
  return config + <usize>afterPci(config) + index * CAP_SIZE;
}

// Fields of a memory region.

/** Physical start of the memory region at `region`. */
export function physOf(region: usize): u64 {
  return load<u64>(region, MEM_PHYS_START);
}

/** Guest-physical start of the memory region at `region`. */
export function virtOf(region: usize): u64 {
  return load<u64>(region, MEM_VIRT_START);
}

/** Size of the memory region at `region`; 0 = a placeholder. */
export function sizeOf(region: usize): u64 {
  return load<u64>(region, MEM_REGION_SIZE);
}

/** MEM_* flags of the memory region at `region`; all that are defined fit into 32 bits. */
export function flagsOf(region: usize): u32 {
  return load<u32>(region, MEM_FLAGS);
}

/** Whether the region is not made of whole pages: every access to it is trapped and passed through. */
export function isSubPage(region: usize): bool {
  return ((virtOf(region) | sizeOf(region)) & PAGE_MASK) !== 0;
}

/** Whether [a, a+aSize) and [b, b+bSize) overlap; neither wraps around. */
export function overlap(a: u64, aSize: u64, b: u64, bSize: u64): bool {
  return a < b + bSize && b < a + aSize;
}

/** Whether a cell has a communication region. */
export function hasCommRegion(config: usize): bool {
  const count = load<u32>(config, CELL_NUM_MEMORY);
  for (let index: u32 = 0; index < count; index++) {
    const region = memoryRegion(config, index);
    if (flagsOf(region) & MEM_COMM_REGION && sizeOf(region)) return true;
  }
  return false;
}

// PCI devices.

/** Bus, device and function of the PCI device at `device`. */
export function bdfOf(device: usize): u32 {
  return load<u16>(device, PCI_BDF);
}

/** Whether the PCI device at `device` is one that the hypervisor plays. */
export function isVirtual(device: usize): bool {
  return load<u8>(device, PCI_TYPE) === <u8>PCI_TYPE_IVSHMEM;
}

/** Address of the PCI device with `bdf` in a configuration, or 0. */
export function findDevice(config: usize, bdf: u32): usize {
  const count = load<u32>(config, CELL_NUM_PCI_DEVICES);
  for (let index: u32 = 0; index < count; index++) {
    const device = pciDevice(config, index);
    if (bdfOf(device) === bdf) return device;
  }
  return 0;
}
