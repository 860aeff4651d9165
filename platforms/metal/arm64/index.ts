// Entry of the platform's module for EL2: the waist (hypervisor/platform.ts, hypervisor/arm64/platform.ts), and what native code
// calls: enter, trap, flushConsole.
import { poolPages } from "../pool.ts";
import { flushConsole, putConsole } from "./console.ts";
import {
  hardwareId,
  lock,
  parkCpu,
  readRegister,
  relax,
  releaseCpu,
  unlock,
  writeRegister,
} from "./cpu.ts";
import { enter } from "./enter.ts";
import {
  assignCpu,
  attachDevice,
  detachDevice,
  pciRead,
  pciWrite,
  release,
  resetCpu,
  resumeCpu,
  scrub,
  stopCpu,
} from "./missing.ts";
import { mmioRead, mmioWrite } from "./passthrough.ts";
import { commit, map, readComm, readGuest, reserve, unmap, writeComm } from "./stage2.ts";
import { now } from "./time.ts";
import { trap } from "./trap.ts";

export {
  assignCpu,
  attachDevice,
  commit,
  detachDevice,
  enter,
  flushConsole,
  hardwareId,
  lock,
  map,
  mmioRead,
  mmioWrite,
  now,
  parkCpu,
  pciRead,
  pciWrite,
  poolPages,
  putConsole,
  readComm,
  readGuest,
  readRegister,
  relax,
  release,
  releaseCpu,
  reserve,
  resetCpu,
  resumeCpu,
  scrub,
  stopCpu,
  trap,
  unlock,
  unmap,
  writeComm,
  writeRegister,
};
