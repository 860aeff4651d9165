// Taking over the machine, in three steps: `init` on one CPU, `initCpu` on each, `activate`. A failure before activation
// leaves nothing behind: the platform throws the instance away.
import {
  IOMMU_BASE,
  IOMMU_SIZE,
  IOMMU_TYPE,
  SYS_DEBUG_CONSOLE,
  SYS_HYPERVISOR_MEMORY,
  SYS_IOMMU,
  SYS_IOMMU_COUNT,
  SYS_ROOT_CELL,
} from "../../abi/config.ts";
import { EINVAL, ENOMEM } from "../../abi/errno.ts";
import {
  archActivate,
  archCellCheck,
  archCellCreate,
  archInit,
  archInitCpu,
  archIommu,
} from "../arch.ts";
import { commit } from "../platform.ts";
import { rootCell } from "./cells/cell.ts";
import { fillComm } from "./cells/comm.ts";
import { addCpu, cpuInCell, nextCpu, perCpu } from "./cells/percpu.ts";
import { hasCpu, physOf, systemConfig } from "./config.ts";
import {
  consoleInit,
  consoleOpen,
  print,
  printAddress,
  printDecimal,
  printLine,
} from "./console.ts";
import { denialsInit, isLearning } from "./denials.ts";
import { MAX_CPUS } from "./limits.ts";
import { mapRoot, reserveMemory, trapSubPages } from "./memory/maps.ts";
import { allocatePages, inCoreMemory, poolInit, printPools } from "./memory/pool.ts";
import { checkTrapped } from "./memory/trapped.ts";
import { trapTables } from "./pci/check.ts";
import { allocateDevices } from "./pci/device.ts";
import { checkEcam, trapEcam } from "./pci/ecam.ts";
import { giveDevices } from "./pci/moves.ts";
import { refuse, refuseItem } from "./refuse.ts";
import { checkCell, checkSystem } from "./validate.ts";

/**
 * Checks the system configuration, `size` bytes at `config` in the core's memory, which stays there, and sets up the root
 * cell. Once, on the first CPU `cpu`. Returns 0 or -errno.
 */
export function init(cpu: u32, config: usize, size: u32): i32 {
  if (!inCoreMemory(config, size) || !poolInit(config + size)) return -ENOMEM;
  const page = allocatePages(1);
  if (!page) return -ENOMEM;
  consoleInit(page);
  let result = checkSystem(config, size);
  if (result) return result;
  if (!denialsInit()) return refuse(ENOMEM, "the page pool is exhausted");
  consoleOpen(config + SYS_DEBUG_CONSOLE);
  printLine("");
  print("Initializing Jailhouse hypervisor v0.1.0 on CPU ");
  printDecimal(cpu);
  printLine("");
  print("Code location: ");
  printAddress(physOf(config + SYS_HYPERVISOR_MEMORY));
  printLine("");
  result = checkIommus();
  if (!result) result = checkEcam();
  if (!result) result = archInit(cpu, config);
  if (!result) result = initRoot(cpu);
  if (result) return result;
  printPools("after early setup");
  printLine("Initializing processors:");
  return 0;
}

/** The units must be of a kind that the architecture's machines have; none is driven. */
function checkIommus(): i32 {
  for (let index: u32 = 0; index < SYS_IOMMU_COUNT; index++) {
    const unit = systemConfig() + SYS_IOMMU + index * IOMMU_SIZE;
    if (!load<u64>(unit, IOMMU_BASE)) break;
    if (!archIommu(load<u32>(unit, IOMMU_TYPE)))
      return refuseItem(EINVAL, "IOMMU unit", index, "unknown type");
  }
  return 0;
}

function initRoot(caller: u32): i32 {
  const root = rootCell();
  root.config = systemConfig() + SYS_ROOT_CELL;
  let result = checkCell(root.config, true);
  if (!result) result = addCpus(caller);
  if (!result && !allocateDevices(root)) result = refuse(ENOMEM, "the page pool is exhausted");
  if (!result) result = archCellCheck(root);
  if (!result) result = trapEcam(root);
  if (!result) result = checkTrapped(root);
  if (!result) result = trapTables(root);
  if (!result) result = trapSubPages(root);
  if (!result) result = reserveMemory(root);
  return result;
}

function addCpus(caller: u32): i32 {
  const root = rootCell();
  if (!hasCpu(root.config, caller))
    return refuseItem(EINVAL, "CPU", caller, "the root cell lacks the CPU that starts");
  for (let cpu: u32 = 0; cpu < MAX_CPUS; cpu++) {
    if (hasCpu(root.config, cpu) && !addCpu(cpu, root))
      return refuse(ENOMEM, "the page pool is exhausted");
  }
  return 0;
}

/** Prepares the calling CPU `cpu`; on every CPU of the root cell, after `init`. Returns 0 or -errno. */
export function initCpu(cpu: u32): i32 {
  print(" CPU ");
  printDecimal(cpu);
  print("... ");
  let result = cpuInCell(cpu, rootCell()) && !perCpu(cpu).initialized ? 0 : -EINVAL;
  if (!result) result = archInitCpu(cpu);
  printLine(result ? "FAILED" : "OK");
  if (!result) perCpu(cpu).initialized = 1;
  return result;
}

/** Takes effect: hands the root cell all that it has. Once, when all CPUs are prepared. Returns 0 or -errno. */
export function activate(): i32 {
  const root = rootCell();
  for (let cpu = nextCpu(root, 0); cpu < MAX_CPUS; cpu = nextCpu(root, cpu + 1)) {
    if (!perCpu(cpu).initialized) return refuseItem(EINVAL, "CPU", cpu, "not prepared");
  }
  const result = archActivate();
  if (result) return result;
  printLine("Initializing unit: PCI");
  printLine("No IOMMU is used: the DMA of devices is not isolated");
  if (isLearning()) printLine("LEARNING: the root cell is allowed what its configuration forgot");
  giveDevices(root);
  archCellCreate(root);
  mapRoot();
  fillComm(root);
  commit(root.number);
  printPools("after late setup");
  printLine("Activating hypervisor");
  return 0;
}
