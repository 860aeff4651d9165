// CPUs: the start state, stopping, interrupts, exceptions, the end of a guest.
import {
  EXIT_TRIPLE_FAULT,
  IPI_NMI,
  REG_CPL,
  REG_CR0,
  REG_CS_BASE,
  REG_CS_SELECTOR,
  REG_R15,
  REG_RAX,
  REG_RFLAGS,
  REG_RIP,
} from "../../../abi/platform.ts";
import { CR0_RESET, FLAG_FIXED } from "../../../abi/x86/registers.ts";
import {
  now,
  readRegister,
  relax,
  resetCpu,
  resumeCpu,
  stopCpu,
  writeComm,
  writeRegister,
} from "../../../hypervisor/platform.ts";
import { sendIpi } from "../../../hypervisor/x86/platform.ts";
import {
  awaitEnd,
  awaitMark,
  endProgram,
  GUEST,
  GUEST_CPU,
  putCode,
  ROOT_CPU,
  readMark,
  runProgram,
  startProgram,
} from "../guest.ts";
import { EVENT_UNHANDLED, eventCount, eventIs, stopCount } from "../record.ts";

const ENTRY: u64 = 0xffff0;
const HANDLER: u32 = 0x100;
const VECTOR_SIZE: u32 = 4;
const PATTERN: u64 = 0x123456789abc;
const ROUNDS: u32 = 10;

// out 0xf4, al
const FINISH: usize = memory.data<u8>([0xe6, 0xf4, 0, 0]);
// l: inc dword [MARK]; jmp l
const COUNT: usize = memory.data<u8>([0x66, 0xff, 0x06, 0x00, 0x08, 0xeb, 0xf9, 0]);
// mov sp, 0xf00; mov byte [MARK], 1; hlt; jmp to the hlt
const HALT: usize = memory.data<u8>([0xbc, 0, 0x0f, 0xc6, 0x06, 0, 0x08, 1, 0xf4, 0xeb, 0xfd, 0]);
// mov sp, 0xf00; in al, 0xf5; out 0xf6, al (not to be reached)
const INJECT: usize = memory.data<u8>([0xbc, 0x00, 0x0f, 0xe4, 0xf5, 0xe6, 0xf6, 0]);
// lidt [0x200] (zeros); int3
const CRASH: usize = memory.data<u8>([0x0f, 0x01, 0x1e, 0x00, 0x02, 0xcc, 0, 0]);

/** resetCpu gives the start state of ABI section 4. */
export function startState(): i32 {
  stopCpu(GUEST_CPU);
  writeRegister(GUEST_CPU, REG_R15, PATTERN);
  resetCpu(GUEST_CPU, ENTRY);
  if (readRegister(GUEST_CPU, REG_RIP) !== 0xfff0) return 1;
  if (readRegister(GUEST_CPU, REG_CS_SELECTOR) !== 0xf000) return 2;
  if (readRegister(GUEST_CPU, REG_CS_BASE) !== 0xf0000) return 3;
  if (readRegister(GUEST_CPU, REG_RFLAGS) !== <u64>FLAG_FIXED) return 4;
  if (readRegister(GUEST_CPU, REG_CR0) !== <u64>CR0_RESET) return 5;
  for (let register: u32 = REG_RAX; register <= REG_R15; register++) {
    if (readRegister(GUEST_CPU, register) !== 0) return 6;
  }
  if (readRegister(GUEST_CPU, REG_CPL) !== 0) return 7;
  writeRegister(GUEST_CPU, REG_R15, PATTERN);
  const kept = readRegister(GUEST_CPU, REG_R15) === PATTERN;
  endProgram();
  resumeCpu(GUEST_CPU);
  return kept ? 0 : 8;
}

/** A stopped CPU makes no progress, a resumed one goes on; the stop is reported once. */
export function stopAndResume(): i32 {
  putCode(0, COUNT, 8);
  startProgram();
  if (!awaitMark(0)) return 1;
  stopCpu(GUEST_CPU);
  stopCpu(GUEST_CPU);
  const first = readMark();
  for (let round: u32 = 0; round < ROUNDS; round++) relax(ROOT_CPU);
  if (readMark() !== first) return 2;
  const before = stopCount();
  resumeCpu(GUEST_CPU);
  if (!awaitMark(first)) return 3;
  if (stopCount() !== before + 1) return 4;
  stopCpu(GUEST_CPU);
  endProgram();
  resumeCpu(GUEST_CPU);
  return 0;
}

/** An NMI wakes a halted CPU and enters vector 2. */
export function nmiArrives(): i32 {
  putCode(HANDLER, FINISH, 4);
  putCode(0, HALT, 12);
  writeComm(GUEST, 2 * VECTOR_SIZE, HANDLER);
  startProgram();
  if (!awaitMark(0)) return 1;
  for (let round: u32 = 0; round < ROUNDS; round++) relax(ROOT_CPU);
  sendIpi(GUEST_CPU, IPI_NMI, 0);
  return awaitEnd() ? 0 : 2;
}

/** An injected exception is delivered at the present instruction. */
export function exceptionIsInjected(): i32 {
  putCode(HANDLER, FINISH, 4);
  writeComm(GUEST, 6 * VECTOR_SIZE, HANDLER);
  if (!runProgram(INJECT, 8)) return 1;
  return eventCount() === 0 ? 0 : 2;
}

/** A triple fault exits with its SVM code. */
export function tripleFaultExits(): i32 {
  writeComm(GUEST, 0x200, 0);
  writeComm(GUEST, 0x204, 0);
  if (!runProgram(CRASH, 8)) return 1;
  return eventIs(0, EVENT_UNHANDLED, EXIT_TRIPLE_FAULT, 0) ? 0 : 2;
}

/** Time goes on while a CPU relaxes, and never back. */
export function timePasses(): i32 {
  const start = now();
  let last = start;
  for (let round: u32 = 0; round < ROUNDS; round++) {
    relax(ROOT_CPU);
    const time = now();
    if (time < last) return 1;
    last = time;
  }
  return last > start ? 0 : 2;
}
