// Entry of conformance.wasm: exports what hypervisor.wasm exports, and runs a case for each hypercall.
import { SYS_DEBUG_CONSOLE } from "../../abi/config.ts";
import {
  MAP_EXECUTE,
  MAP_READ,
  MAP_WRITE,
  MSR_ACCESS_READ,
  MSR_ACCESS_WRITE,
  RANGE_LENGTH,
  RANGE_SIZE,
  RANGE_VIRT,
  REG_RAX,
  REG_RIP,
} from "../../abi/platform.ts";
import {
  commit,
  map,
  readRegister,
  releaseCpu,
  reserve,
  writeRegister,
} from "../../hypervisor/platform.ts";
import { grantMsrs, grantPorts } from "../../hypervisor/x86/platform.ts";
import {
  absentMsrIsTold,
  cpuidExits,
  grantedPortsDoNot,
  msrsAreWritten,
  msrsExit,
  portsExit,
  refusedMsrIsTold,
} from "./cases/access.ts";
import {
  exceptionIsInjected,
  nmiArrives,
  startState,
  stopAndResume,
  timePasses,
  tripleFaultExits,
} from "./cases/cpus.ts";
import {
  apicIdsAreTheCpus,
  configSpaceIsUsed,
  consoleTakesBytes,
  devicesComeAndGo,
  lockIsOnes,
  portsAreUsed,
  x2apicIsUsed,
} from "./cases/devices.ts";
import {
  absurdReservationIsRefused,
  accessesExit,
  anyAddressMayBeNamed,
  commPageIsShared,
  fetchesExit,
  poolIsGivenBack,
  readsFollowTheMap,
  scrubbedMemoryIsZero,
} from "./cases/memory.ts";
import { closeGuest, openGuest, setConsole } from "./guest.ts";
import {
  exitCpuid,
  exitCr,
  exitException,
  exitManagement,
  exitMmio,
  exitMsrRead,
  exitMsrWrite,
  exitPio,
  exitUnhandled,
  exitXsetbv,
} from "./handlers.ts";

export {
  exitCpuid,
  exitCr,
  exitException,
  exitManagement,
  exitMmio,
  exitMsrRead,
  exitMsrWrite,
  exitPio,
  exitUnhandled,
  exitXsetbv,
};

const ROOT: u32 = 0;
/** RAM that the root cell gets, from 0. */
const ROOT_MEMORY: u64 = 8 << 20;
const PORTS: u32 = 0x10000;
const MSRS: u32 = 0x2000;
const MSRS_HIGH: u32 = 0xc0000000;
/** Not a case: the CPU leaves the hypervisor. */
const RELEASE: u32 = 0x100;
/** Result of a case that does not exist. */
const NO_CASE: i32 = -1;

/** VMCALL and VMMCALL. */
const HYPERCALL_LENGTH: u64 = 3;

const RANGE: usize = memory.data(RANGE_SIZE, 8);
const CONSOLE: usize = memory.data(4096, 16);

export function heapBase(): usize {
  return __heap_base;
}

export function consolePage(): usize {
  return CONSOLE;
}

export function denialTable(): usize {
  return 0;
}

export function exceptions(): u32 {
  return 0;
}

/** Gives the root cell memory, ports and MSRs. */
export function init(_cpu: u32, config: usize, _size: u32): i32 {
  setConsole(config + SYS_DEBUG_CONSOLE);
  store<u64>(RANGE, 0, RANGE_VIRT);
  store<u64>(RANGE, ROOT_MEMORY, RANGE_LENGTH);
  const result = reserve(ROOT, RANGE, 1);
  if (result) return result;
  map(ROOT, 0, 0, ROOT_MEMORY, MAP_READ | MAP_WRITE | MAP_EXECUTE);
  grantPorts(ROOT, 0, PORTS);
  grantMsrs(ROOT, 0, MSRS, MSR_ACCESS_READ | MSR_ACCESS_WRITE);
  grantMsrs(ROOT, MSRS_HIGH, MSRS, MSR_ACCESS_READ | MSR_ACCESS_WRITE);
  return 0;
}

export function initCpu(_cpu: u32): i32 {
  return 0;
}

export function activate(): i32 {
  commit(ROOT);
  return 0;
}

/** The case of this number: 0, or the number of the check that failed. */
function runCase(number: u32): i32 {
  switch (number) {
    case 0:
      return absurdReservationIsRefused();
    case 1:
      return commPageIsShared();
    case 2:
      return readsFollowTheMap();
    case 3:
      return scrubbedMemoryIsZero();
    case 4:
      return accessesExit();
    case 5:
      return fetchesExit();
    case 6:
      return portsExit();
    case 7:
      return grantedPortsDoNot();
    case 8:
      return msrsExit();
    case 9:
      return cpuidExits();
    case 10:
      return startState();
    case 11:
      return stopAndResume();
    case 12:
      return nmiArrives();
    case 13:
      return exceptionIsInjected();
    case 14:
      return tripleFaultExits();
    case 15:
      return timePasses();
    case 16:
      return poolIsGivenBack();
    case 17:
      return msrsAreWritten();
    case 18:
      return absentMsrIsTold();
    case 19:
      return refusedMsrIsTold();
    case 20:
      return anyAddressMayBeNamed();
    case 21:
      return portsAreUsed();
    case 22:
      return apicIdsAreTheCpus();
    case 23:
      return configSpaceIsUsed();
    case 24:
      return devicesComeAndGo();
    case 25:
      return lockIsOnes();
    case 26:
      return consoleTakesBytes();
    case 27:
      return x2apicIsUsed();
    default:
      return NO_CASE;
  }
}

export function hypercall(cpu: u32, _length: u32): void {
  const number = <u32>readRegister(cpu, REG_RAX);
  let result = number === RELEASE ? 0 : openGuest();
  if (number === RELEASE) releaseCpu(cpu);
  else if (!result) {
    result = runCase(number);
    closeGuest();
  }
  writeRegister(cpu, REG_RAX, <u64>(<u32>result));
  writeRegister(cpu, REG_RIP, readRegister(cpu, REG_RIP) + HYPERCALL_LENGTH);
}
