// Entry of the platform's module for x86: the waist (hypervisor/platform.ts), and what native code calls.

import { poolPages } from "../pool.ts";
import { apicId, useX2apic } from "./apic.ts";
import { flushConsole, putConsole } from "./console.ts";
import { assignCpu, parkCpu, releaseCpu, resetCpu, sendIpi } from "./cpus.ts";
import { enter } from "./enter.ts";
import {
  commit,
  map,
  readComm,
  readGuest,
  release,
  reserve,
  scrub,
  unmap,
  writeComm,
} from "./nested.ts";
import {
  attachDevice,
  cpuid,
  detachDevice,
  mmioRead,
  mmioWrite,
  pciRead,
  pciWrite,
  portIn,
  portOut,
  readMsr,
  writeMsr,
} from "./passthrough.ts";
import { grantPorts, revokePorts } from "./port-map.ts";
import { run } from "./run.ts";
import { lock, relax, resumeCpu, stopCpu, unlock } from "./stop.ts";
import { now } from "./time.ts";
import { grantMsrs, injectException, readRegister, revokeMsrs, writeRegister } from "./vcpu.ts";

export {
  apicId,
  assignCpu,
  attachDevice,
  commit,
  cpuid,
  detachDevice,
  enter,
  flushConsole,
  grantMsrs,
  grantPorts,
  injectException,
  lock,
  map,
  mmioRead,
  mmioWrite,
  now,
  parkCpu,
  pciRead,
  pciWrite,
  poolPages,
  portIn,
  portOut,
  putConsole,
  readComm,
  readGuest,
  readMsr,
  readRegister,
  relax,
  release,
  releaseCpu,
  reserve,
  resetCpu,
  resumeCpu,
  revokeMsrs,
  revokePorts,
  run,
  scrub,
  sendIpi,
  stopCpu,
  unlock,
  unmap,
  useX2apic,
  writeComm,
  writeMsr,
  writeRegister,
};
