// A core with faults: on CPU n the hypercall goes wrong in way n. Everything else is the conformance core.
import { REG_RAX, REG_RIP } from "../../abi/platform.ts";
import { readRegister, scrub, writeRegister } from "../../hypervisor/platform.ts";
import {
  activate,
  consolePage,
  exceptions,
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
  heapBase,
  init,
  initCpu,
} from "../../platforms/conformance/index.ts";

export {
  activate,
  consolePage,
  exceptions,
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
  heapBase,
  init,
  initCpu,
};

/** Behind every memory that the core may have. */
const BEYOND: usize = 0x7fff_0000;
/** Where configs/qemu-x86.cell has the hypervisor. */
const HYPERVISOR: u64 = 0x3a00_0000;
/** No REG_*. */
const NO_REGISTER: u32 = 99;
const PAGE: u64 = 4096;
const HYPERCALL_LENGTH: u64 = 3;

const CALLS: usize = memory.data(4, 4);

export function hypercall(cpu: u32, _length: u32): void {
  if (cpu === 1) store<u32>(BEYOND, cpu);
  if (cpu === 2) scrub(HYPERVISOR, PAGE);
  if (cpu === 3) writeRegister(cpu, NO_REGISTER, 0);
  store<u32>(CALLS, load<u32>(CALLS) + 1);
  writeRegister(cpu, REG_RAX, load<u32>(CALLS));
  writeRegister(cpu, REG_RIP, readRegister(cpu, REG_RIP) + HYPERCALL_LENGTH);
}
