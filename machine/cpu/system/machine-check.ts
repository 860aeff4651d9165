// Machine checks (AMD64 APM volume 2, chapter 9): banks in their scalable form (SMCA), where the processor has them, and #MC. Nothing
// breaks here by itself: the outside reports errors.

import { MSR_MCG_STATUS } from "../../../abi/x86/msr.ts";
import { CR4_MCE } from "../../../abi/x86/registers.ts";
import { FEATURE_SMCA } from "../features.ts";
import { PENDING_MACHINE_CHECK, S_CR4, S_PENDING } from "../interface.ts";
import { S_MACHINE_CHECK, VENDOR_AMD } from "../memory/layout.ts";
import { hasFeature, stateOf, vendor } from "../memory/machine.ts";
import { raiseGp } from "./fault.ts";

/** How many banks there are: load and store, instruction fetch. */
const BANKS: u32 = 2;
/** MSRs of the banks' legacy form: four each (section 9.3.2). */
const MSR_LEGACY_FIRST: u32 = 0x400;
const MSR_LEGACY_LAST: u32 = 0x47f;
const LEGACY_REGISTERS: u32 = 4;
/** Of the scalable form: sixteen each, for up to 256 banks (section 9.3.3). */
const MSR_BANK_FIRST: u32 = 0xc0002000;
const MSR_BANK_LAST: u32 = 0xc0002fff;
const BANK_REGISTERS: u32 = 16;
/** What of each bank is masked, the firmware's to write. */
const MSR_MASK_FIRST: u32 = 0xc0010400;
/** Which extended local vectors thresholds and deferred errors use. */
const MSR_INTERRUPT_CONFIG: u32 = 0xc0000410;
/** As firmware leaves it: entry 1 for thresholds (15:12), entry 2 for deferred errors (7:4). */
const INTERRUPT_CONFIG: u64 = 0x1020;

/** Registers of a bank. */
const BANK_STATUS: u32 = 1;
const BANK_ADDRESS: u32 = 2;
const BANK_MISC: u32 = 3;
const BANK_CONFIG: u32 = 4;
const BANK_IPID: u32 = 5;
const BANK_SYNDROME: u32 = 6;
const BANK_DEFERRED_STATUS: u32 = 8;
const BANK_DEFERRED_ADDRESS: u32 = 9;
/** MISC0: valid, with a counter that can interrupt; what software writes of it. */
const MISC_FIXED: u64 = 0xd000000000000000;
const MISC_WRITABLE: u64 = 0x00ff0fff00000000;
/** CONFIG: the bank is a scalable one; software says that it knows so, and how deferred errors interrupt. */
const CONFIG_FIXED: u64 = 0x1;
const CONFIG_WRITABLE: u64 = 0x0000006100000000;
/** IPID: a core's hardware; the bank's kind is in 63:48: 0 load and store, 1 instruction fetch. */
const IPID_CORE: u64 = 0xb000000000;
const IPID_TYPE_SHIFT: u32 = 48;

/** In S_MACHINE_CHECK: MCG_STATUS, then the interrupts' configuration as far as it differs, then the banks. */
const STATUS: u32 = 0;
const CONFIG_CHANGE: u32 = 8;
const FIRST_BANK: u32 = 16;
/** Size of it all. */
export const MACHINE_CHECK_SIZE: u32 = FIRST_BANK + BANKS * BANK_REGISTERS * 8;
/** MCG_STATUS: RIP is where to go on, RIP is where it happened, a machine check is in progress. */
const STATUS_BITS: u64 = 7;
const STATUS_RIP_VALID: u64 = 1;
const STATUS_IN_PROGRESS: u64 = 4;

function hasBanks(): bool {
  return vendor() === VENDOR_AMD && hasFeature(FEATURE_SMCA);
}

/** MCG_CAP. */
export function machineCheckCapabilities(): u64 {
  return hasBanks() ? BANKS : 0;
}

/** Whether a register belongs to machine checks on this processor; of banks that there are not it reads 0 (section 9.3.3). */
export function isMachineCheck(msr: u32): bool {
  if (msr === MSR_MCG_STATUS) return true;
  if (!hasBanks()) return false;
  if (msr >= MSR_LEGACY_FIRST && msr <= MSR_LEGACY_LAST) return true;
  if (msr >= MSR_BANK_FIRST && msr <= MSR_BANK_LAST) return true;
  return msr === MSR_INTERRUPT_CONFIG || msr - MSR_MASK_FIRST < BANKS;
}

function bankRegister(s: u32, bank: u32, register: u32): u32 {
  return s + S_MACHINE_CHECK + FIRST_BANK + (bank * BANK_REGISTERS + register) * 8;
}

/** Bank and register (bank << 8 | register) that an MSR names; masks have a place of their own, the last of a bank. */
function placeOf(msr: u32): u32 {
  if (msr - MSR_MASK_FIRST < BANKS) return ((msr - MSR_MASK_FIRST) << 8) | (BANK_REGISTERS - 1);
  const isLegacy = msr <= MSR_LEGACY_LAST;
  const index = msr - (isLegacy ? MSR_LEGACY_FIRST : MSR_BANK_FIRST);
  const count = isLegacy ? LEGACY_REGISTERS : BANK_REGISTERS;
  return ((index / count) << 8) | (index % count);
}

/** RDMSR of a register for which `isMachineCheck` holds. */
export function readMachineCheck(s: u32, msr: u32): u64 {
  if (msr === MSR_MCG_STATUS) return load<u64>(s + S_MACHINE_CHECK, STATUS);
  if (msr === MSR_INTERRUPT_CONFIG)
    return load<u64>(s + S_MACHINE_CHECK, CONFIG_CHANGE) ^ INTERRUPT_CONFIG;
  const place = placeOf(msr);
  const bank = place >> 8;
  const register = place & 0xff;
  if (bank >= BANKS) return 0;
  if (register === BANK_IPID) return IPID_CORE | ((<u64>bank) << IPID_TYPE_SHIFT);
  const value = load<u64>(bankRegister(s, bank, register));
  if (register === BANK_MISC) return value | MISC_FIXED;
  return register === BANK_CONFIG ? value | CONFIG_FIXED : value;
}

/** What a bank's register keeps of a value: nothing of those that there are not. */
function kept(register: u32, value: u64): u64 {
  switch (register) {
    case BANK_MISC:
      return value & MISC_WRITABLE;
    case BANK_CONFIG:
      return value & CONFIG_WRITABLE;
    case 0:
    case BANK_STATUS:
    case BANK_ADDRESS:
    case BANK_SYNDROME:
    case BANK_DEFERRED_STATUS:
    case BANK_DEFERRED_ADDRESS:
    case BANK_REGISTERS - 1:
      return value;
    default:
      return 0;
  }
}

/** WRMSR; #GP(0) for a status that is not cleared, and for bits that MCG_STATUS lacks. */
export function writeMachineCheck(s: u32, msr: u32, value: u64): void {
  if (msr === MSR_MCG_STATUS) {
    if (value & ~STATUS_BITS) raiseGp(s, 0);
    else store<u64>(s + S_MACHINE_CHECK, value, STATUS);
    return;
  }
  if (msr === MSR_INTERRUPT_CONFIG) {
    store<u64>(s + S_MACHINE_CHECK, value ^ INTERRUPT_CONFIG, CONFIG_CHANGE);
    return;
  }
  const place = placeOf(msr);
  const register = place & 0xff;
  if (place >> 8 >= BANKS) return;
  // HWCR.McStatusWrEn, which would allow others, is not there (section 9.3.2).
  if (register === BANK_STATUS && value !== 0) return raiseGp(s, 0);
  store<u64>(bankRegister(s, place >> 8, register), kept(register, value));
}

/** For the outside: an error in a bank of a CPU, which is told by #MC. Returns whether there is such a bank. */
export function machineCheck(cpu: u32, bank: u32, status: u64, address: u64): bool {
  if (!hasBanks() || bank >= BANKS) return false;
  const s = stateOf(cpu);
  store<u64>(bankRegister(s, bank, BANK_STATUS), status);
  store<u64>(bankRegister(s, bank, BANK_ADDRESS), address);
  store<u32>(s, load<u32>(s, S_PENDING) | PENDING_MACHINE_CHECK, S_PENDING);
  return true;
}

/** #MC is about to come: marks it as being in progress. Returns whether it can; else the CPU shuts down (section 9.3.1). */
export function beginMachineCheck(s: u32): bool {
  const status = load<u64>(s + S_MACHINE_CHECK, STATUS);
  store<u32>(s, load<u32>(s, S_PENDING) & ~PENDING_MACHINE_CHECK, S_PENDING);
  store<u64>(s + S_MACHINE_CHECK, STATUS_RIP_VALID | STATUS_IN_PROGRESS, STATUS);
  return (load<u64>(s, S_CR4) & CR4_MCE) !== 0 && (status & STATUS_IN_PROGRESS) === 0;
}
