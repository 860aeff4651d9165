// Grants: what is not granted exits, decoded; what is granted does not.
import { MSR_ACCESS_READ, MSR_ACCESS_WRITE, PIO_IN } from "../../../abi/platform.ts";
import { MSR_PAT } from "../../../abi/x86/msr.ts";
import { VECTOR_GP } from "../../../abi/x86/registers.ts";
import { writeComm } from "../../../hypervisor/platform.ts";
import {
  grantMsrs,
  grantPorts,
  readMsr,
  revokeMsrs,
  revokePorts,
  writeMsr,
} from "../../../hypervisor/x86/platform.ts";
import { ABSENT_MSR, GUEST, putCode, ROOT_CPU, runProgram, triedMsr } from "../guest.ts";
import {
  EVENT_CPUID,
  EVENT_MSR_READ,
  EVENT_MSR_WRITE,
  EVENT_PIO,
  eventCount,
  eventIs,
  eventLength,
} from "../record.ts";

/** The POST code port, which nobody minds. */
const PORT: u32 = 0x80;
const SIZE_SHIFT: u32 = 16;
/** Uncached memory or write-back in the last field of the PAT: 0 or 6. */
const PAT_LAST_TYPE: u64 = 0x0600000000000000;

// in al, 0x80; out 0x80, ax; in eax, 0x80; out 0xf4, al
const PORTS: usize = memory.data<u8>([
  0xe4, 0x80, 0xe7, 0x80, 0x66, 0xe5, 0x80, 0xe6, 0xf4, 0, 0, 0,
]);
const PORTS_SIZE: u32 = 12;
// mov ecx, PAT; rdmsr; wrmsr; out 0xf4, al
const MSRS: usize = memory.data<u8>([
  0x66, 0xb9, 0x77, 0x02, 0, 0, 0x0f, 0x32, 0x0f, 0x30, 0xe6, 0xf4,
]);
const MSRS_SIZE: u32 = 12;
// cpuid; out 0xf4, al
const CPUID: usize = memory.data<u8>([0x0f, 0xa2, 0xe6, 0xf4]);
const CPUID_SIZE: u32 = 4;
// mov sp, 0xf00; in al, 0xf7; out 0xf4, al
const ABSENT_READ: usize = memory.data<u8>([0xbc, 0, 0x0f, 0xe4, 0xf7, 0xe6, 0xf4, 0]);
// mov sp, 0xf00; out 0xf7, al; out 0xf4, al
const ABSENT_WRITE: usize = memory.data<u8>([0xbc, 0, 0x0f, 0xe6, 0xf7, 0xe6, 0xf4, 0]);
const ABSENT_SIZE: u32 = 8;
// out 0x80, al; out 0xf4, al
const FAULTED: usize = memory.data<u8>([0xe6, 0x80, 0xe6, 0xf4]);
const FAULTED_SIZE: u32 = 4;
const HANDLER: u32 = 0x100;
const VECTOR_SIZE: u32 = 4;
const VALUE: usize = memory.data(8, 8);

/** Ports that are not granted exit with port, size, direction and length. */
export function portsExit(): i32 {
  revokePorts(GUEST, PORT, 4);
  if (!runProgram(PORTS, PORTS_SIZE)) return 1;
  if (eventCount() !== 3) return 2;
  if (!eventIs(0, EVENT_PIO, PORT | (1 << SIZE_SHIFT), PIO_IN)) return 3;
  if (!eventIs(1, EVENT_PIO, PORT | (2 << SIZE_SHIFT), 0)) return 4;
  if (!eventIs(2, EVENT_PIO, PORT | (4 << SIZE_SHIFT), PIO_IN)) return 5;
  return eventLength(0) === 2 && eventLength(2) === 3 ? 0 : 6;
}

/** A granted port does not exit, as long as all bytes of an access are granted. */
export function grantedPortsDoNot(): i32 {
  grantPorts(GUEST, PORT, 4);
  if (!runProgram(PORTS, PORTS_SIZE)) return 1;
  if (eventCount() !== 0) return 2;
  revokePorts(GUEST, PORT + 3, 1);
  if (!runProgram(PORTS, PORTS_SIZE)) return 3;
  if (eventCount() !== 1 || !eventIs(0, EVENT_PIO, PORT | (4 << SIZE_SHIFT), PIO_IN)) return 4;
  revokePorts(GUEST, PORT, 4);
  return 0;
}

/** MSRs exit for the directions that are not granted. */
export function msrsExit(): i32 {
  if (!runProgram(MSRS, MSRS_SIZE)) return 1;
  if (eventCount() !== 2) return 2;
  if (!eventIs(0, EVENT_MSR_READ, 0, 0) || !eventIs(1, EVENT_MSR_WRITE, 0, 0)) return 3;
  grantMsrs(GUEST, MSR_PAT, 1, MSR_ACCESS_READ);
  if (!runProgram(MSRS, MSRS_SIZE)) return 4;
  if (eventCount() !== 1 || !eventIs(0, EVENT_MSR_WRITE, 0, 0)) return 5;
  revokeMsrs(GUEST, MSR_PAT, 1, MSR_ACCESS_READ | MSR_ACCESS_WRITE);
  return 0;
}

/** An MSR of the calling CPU, by `readMsr`; all ones when it says that there is none. */
function msrOf(msr: u32): u64 {
  return readMsr(ROOT_CPU, msr, VALUE) === 1 ? load<u64>(VALUE) : ~0;
}

/** An MSR of the calling CPU is written, and read as it was written. The type changed is one that nobody uses. */
export function msrsAreWritten(): i32 {
  const value = msrOf(MSR_PAT);
  const other = value ^ PAT_LAST_TYPE;
  if (!writeMsr(ROOT_CPU, MSR_PAT, other)) return 1;
  if (msrOf(MSR_PAT) !== other) return 2;
  if (!writeMsr(ROOT_CPU, MSR_PAT, value)) return 3;
  return msrOf(MSR_PAT) === value ? 0 : 4;
}

/** Runs a program that makes its handler try an MSR; whether it ended without an exception of its own. */
function endsQuietly(program: usize): bool {
  putCode(HANDLER, FAULTED, FAULTED_SIZE);
  writeComm(GUEST, VECTOR_GP * VECTOR_SIZE, HANDLER);
  return runProgram(program, ABSENT_SIZE) && eventCount() === 0;
}

/** Reading an MSR that there is not raises nothing. (Some emulated processors have all: those read 0.) */
export function absentMsrIsTold(): i32 {
  store<u64>(VALUE, 0);
  const result = readMsr(ROOT_CPU, ABSENT_MSR, VALUE);
  if (result > 1) return 1;
  if (load<u64>(VALUE) !== 0) return 2;
  if (!endsQuietly(ABSENT_READ)) return 3;
  return triedMsr() === result ? 0 : 4;
}

/** Writing an MSR what it does not take is refused, and raises nothing. */
export function refusedMsrIsTold(): i32 {
  if (!endsQuietly(ABSENT_WRITE)) return 1;
  return triedMsr() === 0 ? 0 : 2;
}

/** CPUID always exits. */
export function cpuidExits(): i32 {
  if (!runProgram(CPUID, CPUID_SIZE)) return 1;
  const length = eventLength(0);
  if (length !== 0 && length !== 2) return 3;
  return eventCount() === 1 && eventIs(0, EVENT_CPUID, 0, 0) ? 0 : 2;
}
