// Grants: what is not granted exits, decoded; what is granted does not.
import { MSR_ACCESS_READ, MSR_ACCESS_WRITE, PIO_IN } from "../../../abi/platform.ts";
import { MSR_PAT } from "../../../abi/x86/msr.ts";
import {
  grantMsrs,
  grantPorts,
  readMsr,
  revokeMsrs,
  revokePorts,
  writeMsr,
} from "../../../hypervisor/platform.ts";
import { GUEST, ROOT_CPU, runProgram } from "../guest.ts";
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

/** An MSR of the calling CPU is written, and read as it was written. The type changed is one that nobody uses. */
export function msrsAreWritten(): i32 {
  const value = readMsr(ROOT_CPU, MSR_PAT);
  const other = value ^ PAT_LAST_TYPE;
  if (!writeMsr(ROOT_CPU, MSR_PAT, other)) return 1;
  if (readMsr(ROOT_CPU, MSR_PAT) !== other) return 2;
  if (!writeMsr(ROOT_CPU, MSR_PAT, value)) return 3;
  return readMsr(ROOT_CPU, MSR_PAT) === value ? 0 : 4;
}

/** CPUID always exits. */
export function cpuidExits(): i32 {
  if (!runProgram(CPUID, CPUID_SIZE)) return 1;
  const length = eventLength(0);
  if (length !== 0 && length !== 2) return 3;
  return eventCount() === 1 && eventIs(0, EVENT_CPUID, 0, 0) ? 0 : 2;
}
