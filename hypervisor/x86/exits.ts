// The handlers of VM exits; exports.ts has their contracts.

import { DENIAL_FLAG_FETCH, DENIAL_FLAG_WRITE, DENIAL_KIND_EXIT } from "../../abi/denials.ts";
import { EPERM } from "../../abi/errno.ts";
import * as stat from "../../abi/hypercall.ts";
import {
  ACCESS_FETCH,
  ACCESS_INDIRECT,
  ACCESS_WRITE,
  EXIT_MISSING_INSTRUCTION,
  EXIT_VIRTUALISATION_END,
  REG_RAX,
  REG_RCX,
  REG_RDI,
  REG_RSI,
} from "../../abi/platform.ts";
import { APIC_PAGE } from "../../abi/x86/apic.ts";
import { MSR_MCG_STATUS, MSR_X2APIC_ICR } from "../../abi/x86/msr.ts";
import { VECTOR_AC, VECTOR_DB, VECTOR_MC } from "../../abi/x86/registers.ts";
import { isRoot } from "../core/cells/cell.ts";
import { cellOfCpu, countExit, countUnknownExit } from "../core/cells/percpu.ts";
import { endLine, print, printHex } from "../core/console.ts";
import { AGAIN, handleHypercall } from "../core/control.ts";
import { recordDenial } from "../core/denials.ts";
import { denyAccess } from "../core/deny.ts";
import { learnMemory } from "../core/learn.ts";
import { PAGE_SIZE } from "../core/limits.ts";
import { isUnknown, MMIO_HANDLED } from "../core/memory/ranges.ts";
import { beginCause, fatal, violation } from "../core/panic.ts";
import { readRegister, writeRegister } from "../platform.ts";
import { executeCpuid } from "./cpuid.ts";
import { executeXsetbv, writeControlRegister } from "./cr.ts";
import { advance, isKernel, raiseInvalidOpcode, read32 } from "./guest.ts";
import { DECODED, decode, NO_BYTES } from "./instruction/decode.ts";
import { emulate, isWriting } from "./instruction/emulate.ts";
import { codeSize, startFetch } from "./instruction/fetch.ts";
import { Instruction } from "./instruction/instruction.ts";
import {
  decodeControlWrite,
  lengthOf,
  OPCODE_CPUID,
  OPCODE_RDMSR,
  OPCODE_VMMCALL,
  OPCODE_WRMSR,
  OPCODE_XSETBV,
} from "./instruction/length.ts";
import { readTrapped, writeTrapped } from "./msr/trapped.ts";
import { injectException, writeMsr } from "./platform.ts";
import { accessPort } from "./ports.ts";
import { reportExit, reportMissing } from "./report.ts";
import { cpuState, instructionOf } from "./state.ts";

/** Bytes of an instruction that a report shows. */
const SHOWN_BYTES: u32 = 4;

/** Exceptions to intercept, a bit each: those with which a guest could keep the processor busy in microcode; machine checks. */
export function exceptions(): u32 {
  return (1 << VECTOR_DB) | (1 << VECTOR_AC) | (1 << VECTOR_MC);
}

/** Stops a CPU at an instruction that the core had to read and could not. */
function failInstruction(cpu: u32, reason: string): void {
  fatal();
  print(reason);
  return violation(cpu, 0);
}

function failFetch(cpu: u32): void {
  return failInstruction(cpu, "Unable to get the instruction");
}

/** VMCALL or VMMCALL. */
export function hypercall(cpu: u32, length: u32): void {
  countExit(cpu, stat.STAT_HYPERCALL);
  const size = lengthOf(cpu, length, OPCODE_VMMCALL);
  if (!size) return failFetch(cpu);
  let result: i64 = -EPERM;
  if (isKernel(cpu)) {
    const isLong = codeSize(cpu) === 8;
    const argument1 = isLong ? readRegister(cpu, REG_RDI) : read32(cpu, REG_RDI);
    const argument2 = isLong ? readRegister(cpu, REG_RSI) : read32(cpu, REG_RSI);
    result = handleHypercall(cpu, read32(cpu, REG_RAX), argument1, argument2);
  }
  if (result === AGAIN) return;
  writeRegister(cpu, REG_RAX, <u64>(<u32>result));
  advance(cpu, size);
}

/** DENIAL_FLAG_* of a memory access with ACCESS_* flags. */
function denialFlags(flags: u32): u32 {
  const write = flags & ACCESS_WRITE ? DENIAL_FLAG_WRITE : 0;
  return write | (flags & ACCESS_FETCH ? DENIAL_FLAG_FETCH : 0);
}

/** Says why the access could not be emulated. */
function reportInstruction(insn: Instruction, result: i32): void {
  beginCause();
  if (result === NO_BYTES) print("unable to get MMIO instruction");
  else {
    print("unsupported instruction (");
    for (let byte: u32 = 0; byte < SHOWN_BYTES; byte++) {
      print(byte ? " 0x" : "0x");
      printHex(load<u8>(changetype<usize>(insn) + byte), 2);
    }
    print(")");
  }
  endLine();
}

/** An access that the cell's map does not grant: guest-physical address, ACCESS_*. */
export function exitMmio(cpu: u32, address: u64, flags: u32): void {
  countExit(cpu, address - APIC_PAGE < PAGE_SIZE ? stat.STAT_XAPIC : stat.STAT_MMIO);
  cpuState(cpu).waiting = false;
  if (isUnknown(cpu, address) && learnMemory(cpu, address, denialFlags(flags))) return;
  if (flags & ACCESS_INDIRECT) {
    beginCause();
    print("device access across pages or by page tables");
    endLine();
    return denyAccess(cpu, denialFlags(flags), address, 0);
  }
  const insn = instructionOf(cpu);
  startFetch(insn, cpu, cellOfCpu(cpu).number);
  const result = flags & ACCESS_FETCH ? NO_BYTES : decode(insn);
  if (result !== DECODED) {
    reportInstruction(insn, result);
    return denyAccess(cpu, denialFlags(flags), address, 0);
  }
  const access = emulate(insn, address);
  if (access !== MMIO_HANDLED) {
    const kind = isWriting(insn) ? ACCESS_WRITE : 0;
    return denyAccess(cpu, denialFlags(kind), address, insn.width);
  }
  if (!cpuState(cpu).waiting) advance(cpu, insn.length);
}

/** A port that is not granted. */
export function exitPio(cpu: u32, port: u32, size: u32, flags: u32, length: u32): void {
  countExit(cpu, stat.STAT_PIO);
  return accessPort(cpu, port, size, flags, length);
}

/** CPUID. */
export function exitCpuid(cpu: u32, length: u32): void {
  countExit(cpu, stat.STAT_CPUID);
  const size = lengthOf(cpu, length, OPCODE_CPUID);
  if (!size) return failFetch(cpu);
  executeCpuid(cpu);
  advance(cpu, size);
}

/** RDMSR that is not granted. */
export function exitMsrRead(cpu: u32, length: u32): void {
  countExit(cpu, stat.STAT_MSR_OTHER);
  const size = lengthOf(cpu, length, OPCODE_RDMSR);
  return size ? readTrapped(cpu, read32(cpu, REG_RCX), size) : failFetch(cpu);
}

/** WRMSR that is not granted. */
export function exitMsrWrite(cpu: u32, length: u32): void {
  const msr = read32(cpu, REG_RCX);
  cpuState(cpu).waiting = false;
  countExit(cpu, msr === MSR_X2APIC_ICR ? stat.STAT_MSR_X2APIC_ICR : stat.STAT_MSR_OTHER);
  const size = lengthOf(cpu, length, OPCODE_WRMSR);
  return size ? writeTrapped(cpu, msr, size) : failFetch(cpu);
}

/** XSETBV. */
export function exitXsetbv(cpu: u32, length: u32): void {
  countExit(cpu, stat.STAT_XSETBV);
  const size = lengthOf(cpu, length, OPCODE_XSETBV);
  return size ? executeXsetbv(cpu, size) : failFetch(cpu);
}

/** A write of a control register, REG_*. Without a `length` the `value` says nothing either. */
export function exitCr(cpu: u32, register: u32, value: u64, length: u32): void {
  countExit(cpu, stat.STAT_CR);
  if (length) return writeControlRegister(cpu, register, value, length);
  const insn = decodeControlWrite(cpu, register);
  if (!insn) return failInstruction(cpu, "Unable to parse MOV-to-CR instruction");
  return writeControlRegister(cpu, register, insn.immediate, insn.length);
}

/**
 * A machine check: Linux handles its CPUs' own. Another cell's CPU stops; what the banks say is there for Linux once it has
 * the CPU. "In progress" ends, because one more would shut the processor down (AMD64 manual, volume 2, section 9.3.1.2).
 */
function machineCheck(cpu: u32): void {
  writeMsr(cpu, MSR_MCG_STATUS, 0);
  return failInstruction(cpu, "Machine check");
}

/** An intercepted exception: the guest gets it. */
export function exitException(cpu: u32, vector: u32, errorCode: i32): void {
  countExit(cpu, stat.STAT_EXCEPTION);
  if (vector === VECTOR_MC && !isRoot(cellOfCpu(cpu))) return machineCheck(cpu);
  injectException(cpu, vector, vector === VECTOR_AC ? 0 : errorCode);
}

/**
 * Anything else; counted in the total only, which has no kind for it. The end of virtualisation raises #UD, as it does where CPUID
 * shows none: Linux executes it before it resets the machine after a panic, and is prepared for that.
 */
export function exitUnhandled(cpu: u32, kind: u32, code: u64, info1: u64, info2: u64): void {
  countUnknownExit(cpu);
  if (kind === EXIT_VIRTUALISATION_END) return raiseInvalidOpcode(cpu);
  fatal();
  const record = recordDenial(cpu, DENIAL_KIND_EXIT, 0, 0, code, kind);
  if (kind === EXIT_MISSING_INSTRUCTION) reportMissing(record);
  else reportExit(code, info1, info2);
  violation(cpu, record);
}
