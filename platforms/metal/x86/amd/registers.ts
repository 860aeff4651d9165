// A guest's registers and events: in its control block, in the processor, and in Cpu.registers.

import {
  NO_ERROR_CODE,
  REG_CPL,
  REG_CR0,
  REG_CR2,
  REG_CR3,
  REG_CR4,
  REG_CS_ATTRIBUTES,
  REG_CS_BASE,
  REG_CS_SELECTOR,
  REG_EFER,
  REG_PAT,
  REG_R15,
  REG_RAX,
  REG_RFLAGS,
  REG_RIP,
  REG_RSP,
  REG_TSC,
  REG_XCR0,
} from "../../../../abi/platform.ts";
import { EFER_SVME } from "../../../../abi/x86/registers.ts";
import * as svm from "../../../../abi/x86/svm.ts";
import { PANIC_CONTRACT } from "../../numbers.ts";
import { Cpu, cpuOf } from "../cpu.ts";
import * as hw from "../hw.ts";

const ERROR_CODE_SHIFT: u64 = 32;

/** Address of a register of 64 bits; 0 for those that are smaller or not in memory. */
function slotOf(cpu: Cpu, register: u32): usize {
  const control = cpu.control;
  switch (register) {
    case REG_RAX:
      return control + svm.VMCB_RAX;
    case REG_RSP:
      return control + svm.VMCB_RSP;
    case REG_RIP:
      return control + svm.VMCB_RIP;
    case REG_RFLAGS:
      return control + svm.VMCB_RFLAGS;
    case REG_CR0:
      return control + svm.VMCB_CR0;
    case REG_CR2:
      return control + svm.VMCB_CR2;
    case REG_CR3:
      return control + svm.VMCB_CR3;
    case REG_CR4:
      return control + svm.VMCB_CR4;
    case REG_EFER:
      return control + svm.VMCB_EFER;
    case REG_CS_BASE:
      return control + svm.VMCB_CS + svm.SEGMENT_BASE;
    case REG_PAT:
      return control + svm.VMCB_PAT;
    default:
      return register <= REG_R15 ? cpu.registers + (register << 3) : 0;
  }
}

export function readRegister(cpu: u32, register: u32): u64 {
  const target = cpuOf(cpu);
  const slot = slotOf(target, register);
  if (slot) return load<u64>(slot);
  switch (register) {
    case REG_CS_SELECTOR:
      return load<u16>(target.control, svm.VMCB_CS);
    case REG_CS_ATTRIBUTES:
      return load<u16>(target.control, svm.VMCB_CS + svm.SEGMENT_ATTRIBUTES);
    case REG_CPL:
      return load<u8>(target.control, svm.VMCB_CPL);
    case REG_XCR0:
      return hw.extendedControl();
    default:
      hw.panic(PANIC_CONTRACT);
      return 0;
  }
}

export function writeRegister(cpu: u32, register: u32, value: u64): void {
  const target = cpuOf(cpu);
  const control = target.control;
  const slot = slotOf(target, register);
  if (slot) store<u64>(slot, register === REG_EFER ? value | EFER_SVME : value);
  if (register <= REG_R15 || register === REG_RFLAGS) return;
  if (register === REG_RIP) {
    store<u64>(control, 0, svm.VMCB_INTERRUPT_SHADOW);
    return;
  }
  store<u32>(control, 0, svm.VMCB_CLEAN);
  if (register === REG_TSC) store<u64>(control, value - hw.timestamp(), svm.VMCB_TSC_OFFSET);
  else if (register === REG_CS_SELECTOR) store<u16>(control, <u16>value, svm.VMCB_CS);
  else if (register === REG_CS_ATTRIBUTES)
    store<u16>(control, <u16>value, svm.VMCB_CS + svm.SEGMENT_ATTRIBUTES);
  else if (register === REG_CPL) store<u8>(control, <u8>value, svm.VMCB_CPL);
  else if (register === REG_XCR0) hw.writeExtendedControl(value);
  else if (!slot) hw.panic(PANIC_CONTRACT);
}

/** It is in memory after each exit. */
export function saveState(_cpu: Cpu): void {}

/** Blocks NMIs of the guest until its next IRET, which exits meanwhile; or ends that. */
export function blockNmis(cpu: Cpu, isBlocked: bool): void {
  const intercepts = load<u32>(cpu.control, svm.VMCB_INTERCEPT_1);
  const others = intercepts & ~svm.INTERCEPT_1_IRET;
  cpu.nmiBlocked = isBlocked ? 1 : 0;
  store<u32>(cpu.control, isBlocked ? others | svm.INTERCEPT_1_IRET : others, svm.VMCB_INTERCEPT_1);
  store<u32>(cpu.control, 0, svm.VMCB_CLEAN);
}

/** Makes the guest of `cpu` begin with an event: EVENT_*. */
export function setEvent(cpu: Cpu, event: u64): void {
  store<u64>(cpu.control, event, svm.VMCB_EVENT);
}

/**
 * What was to be delivered when the exit came is lost: the exits after which the core raises exceptions are those of
 * instructions, which have no event, and of benign exceptions.
 */
export function injectException(cpu: u32, vector: u32, errorCode: i32): void {
  const event: u32 = svm.EVENT_VALID | svm.EVENT_EXCEPTION | vector;
  if (errorCode === NO_ERROR_CODE) setEvent(cpuOf(cpu), event);
  else
    setEvent(
      cpuOf(cpu),
      event | svm.EVENT_HAS_CODE | ((<u64>(<u32>errorCode)) << ERROR_CODE_SHIFT),
    );
}
