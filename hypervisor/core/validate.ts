// Decoding of untrusted configurations: every count, size, index and address is checked before anything else looks at
// it. Each check returns 0 or -errno and has then said why on the console; nothing is changed.
import {
  CACHE_TYPE,
  CACHE_TYPE_L3,
  CACHE_TYPE_L3_CODE,
  CELL_CPU_SET_SIZE,
  CELL_HEADER_SIZE,
  CELL_NAME,
  CELL_NAME_SIZE,
  CELL_NUM_CACHE,
  CELL_NUM_MEMORY,
  CONFIG_ARCHITECTURE,
  CONFIG_REVISION,
  CONFIG_REVISION_OFFSET,
  MEM_COMM_REGION,
  MEM_LOADABLE,
  MEM_SIZE,
  SIGNATURE_HIGH_CELL,
  SIGNATURE_HIGH_SYSTEM,
  SIGNATURE_LOW_CELL,
  SIGNATURE_LOW_SYSTEM,
  SYS_HEADER_SIZE,
  SYS_HYPERVISOR_MEMORY,
  SYS_ROOT_CELL,
} from "../../abi/config.ts";
import { EINVAL, ERANGE } from "../../abi/errno.ts";
import { ARCHITECTURE } from "../arch.ts";
import {
  cacheRegion,
  cellConfigSize,
  flagsOf,
  isSubPage,
  memoryRegion,
  overlap,
  physOf,
  setSystemConfig,
  sizeOf,
  systemConfig,
  virtOf,
} from "./config.ts";
import { ADDRESS_LIMIT, MAX_CPUS, PAGE_MASK, PAGE_SIZE } from "./limits.ts";
import { checkPci } from "./pci/check.ts";
import { refuse, refuseItem } from "./refuse.ts";

function checkFormat(config: usize, low: u32, high: u32): i32 {
  if (load<u32>(config) !== low || load<u8>(config, 4) !== <u8>high)
    return refuse(EINVAL, "wrong signature of the configuration");
  if (load<u16>(config, CONFIG_REVISION_OFFSET) !== <u16>CONFIG_REVISION)
    return refuse(EINVAL, "configuration revision mismatch");
  if (load<u8>(config, CONFIG_ARCHITECTURE) !== <u8>ARCHITECTURE)
    return refuse(EINVAL, "configuration architecture mismatch");
  return 0;
}

/** Checks signature, revision and architecture of a cell configuration of which the header is readable. */
export function checkCellFormat(config: usize): i32 {
  return checkFormat(config, SIGNATURE_LOW_CELL, SIGNATURE_HIGH_CELL);
}

/** Checks the header of the system configuration, `size` bytes, and makes it the one that systemConfig gives. */
export function checkSystem(config: usize, size: u32): i32 {
  if (size < SYS_HEADER_SIZE + CELL_HEADER_SIZE)
    return refuse(EINVAL, "the system configuration is truncated");
  const result = checkFormat(config, SIGNATURE_LOW_SYSTEM, SIGNATURE_HIGH_SYSTEM);
  if (result) return result;
  if (SYS_HEADER_SIZE + cellConfigSize(config + SYS_ROOT_CELL) > size)
    return refuse(EINVAL, "the system configuration is truncated");
  const region = config + SYS_HYPERVISOR_MEMORY;
  const start = physOf(region);
  const length = sizeOf(region);
  if (!length || (start | length) & PAGE_MASK)
    return refuse(EINVAL, "the hypervisor memory is not made of whole pages");
  if (length > ADDRESS_LIMIT || start > ADDRESS_LIMIT - length)
    return refuse(ERANGE, "the hypervisor memory is out of range");
  setSystemConfig(config);
  return 0;
}

/**
 * Checks the cell descriptor at `config`, all of whose bytes are readable, and its arrays, as far as they can be checked
 * without regard to other cells.
 */
export function checkCell(config: usize, root: bool): i32 {
  if (!terminated(config + CELL_NAME)) return refuse(EINVAL, "the name does not end");
  let result = checkCpuSet(config);
  if (!result) result = checkMemory(config, root);
  if (!result) result = checkCache(config);
  if (!result) result = checkPci(config);
  return result;
}

function terminated(name: usize): bool {
  for (let i: u32 = 0; i < CELL_NAME_SIZE; i++) if (!load<u8>(name + i)) return true;
  return false;
}

/** At least one CPU, and none with a number that cannot exist. */
function checkCpuSet(config: usize): i32 {
  const size = load<u32>(config, CELL_CPU_SET_SIZE);
  let any = false;
  for (let i: u32 = 0; i < size; i++) {
    if (!load<u8>(config + i, CELL_HEADER_SIZE)) continue;
    if (i >= MAX_CPUS >> 3) return refuse(ERANGE, "a CPU number is too large");
    any = true;
  }
  return any ? 0 : refuse(EINVAL, "the CPU set is empty");
}

const REGION: string = "memory region";

function checkMemory(config: usize, root: bool): i32 {
  const count = load<u32>(config, CELL_NUM_MEMORY);
  for (let index: u32 = 0; index < count; index++) {
    const region = memoryRegion(config, index);
    if (!sizeOf(region)) continue;
    let result = checkRegion(region, index);
    if (!result) result = checkHypervisorMemory(region, index, root);
    if (result) return result;
    if (overlapsEarlier(config, index))
      return refuseItem(EINVAL, REGION, index, "overlaps another");
  }
  return 0;
}

function checkRegion(region: usize, index: u32): i32 {
  const size = sizeOf(region);
  const comm = flagsOf(region) & MEM_COMM_REGION;
  const phys = comm ? 0 : physOf(region);
  if (size > ADDRESS_LIMIT || virtOf(region) > ADDRESS_LIMIT - size || phys > ADDRESS_LIMIT - size)
    return refuseItem(ERANGE, REGION, index, "out of range");
  if (comm && size !== PAGE_SIZE)
    return refuseItem(EINVAL, REGION, index, "a communication region is one page");
  if (isSubPage(region)) {
    if (flagsOf(region) & (MEM_LOADABLE | MEM_COMM_REGION))
      return refuseItem(EINVAL, REGION, index, "not made of whole pages");
  } else if (phys & PAGE_MASK) {
    return refuseItem(EINVAL, REGION, index, "its physical start is not page-aligned");
  }
  return 0;
}

/** No cell may reach hypervisor memory; the root cell finds something else at its address. */
function checkHypervisorMemory(region: usize, index: u32, root: bool): i32 {
  const memory = systemConfig() + SYS_HYPERVISOR_MEMORY;
  const size = sizeOf(region);
  const reaches =
    !(flagsOf(region) & MEM_COMM_REGION) &&
    overlap(physOf(region), size, physOf(memory), sizeOf(memory));
  if (reaches || (root && overlap(virtOf(region), size, physOf(memory), sizeOf(memory))))
    return refuseItem(EINVAL, REGION, index, "overlaps the hypervisor memory");
  return 0;
}

function overlapsEarlier(config: usize, index: u32): bool {
  const region = memoryRegion(config, index);
  for (let other = memoryRegion(config, 0); other < region; other += MEM_SIZE) {
    // One without a size stands for nothing, wherever it says it is.
    if (!sizeOf(other)) continue;
    if (overlap(virtOf(region), sizeOf(region), virtOf(other), sizeOf(other))) return true;
  }
  return false;
}

function checkCache(config: usize): i32 {
  const count = load<u32>(config, CELL_NUM_CACHE);
  for (let index: u32 = 0; index < count; index++) {
    const type = <u32>load<u8>(cacheRegion(config, index), CACHE_TYPE);
    if (type < CACHE_TYPE_L3_CODE || type > CACHE_TYPE_L3)
      return refuseItem(EINVAL, "cache region", index, "unknown type");
  }
  return 0;
}
