// Memory types: a guest's PAT is in effect only while it has enabled the MTRRs, as on a CPU after reset; MTRRs themselves
// are the machine's (AMD64 Architecture Programmer's Manual, volume 2, sections 7.7 and 7.8).

import { REG_PAT } from "../../../abi/platform.ts";
import { MTRR_DEF_TYPE_ENABLE, PAT_RESET_LOW } from "../../../abi/x86/msr.ts";
import { readRegister, writeRegister } from "../../platform.ts";
import { cpuState, machine } from "../state.ts";

const PAT_FIELDS: u32 = 8;
/** PAT types 2 and 3 are reserved, and so is all above 7. */
const TYPE_MAX: u32 = 7;
const TYPE_RESERVED_1: u32 = 2;
const TYPE_RESERVED_2: u32 = 3;

/** Puts the guest's PAT into effect, or uncached memory while its MTRRs are disabled. */
export function applyPat(cpu: u32): void {
  const state = cpuState(cpu);
  writeRegister(cpu, REG_PAT, state.mtrrDefType & MTRR_DEF_TYPE_ENABLE ? state.pat : 0);
}

/** Whether all fields of a PAT value are memory types. */
export function isPatValid(value: u64): bool {
  for (let field: u32 = 0; field < PAT_FIELDS; field++) {
    const type = <u32>(value >> (field << 3)) & 0xff;
    if (type > TYPE_MAX || type === TYPE_RESERVED_1 || type === TYPE_RESERVED_2) return false;
  }
  return true;
}

/** What a CPU has after power-on; not yet put into effect. */
export function resetPat(cpu: u32): void {
  const state = cpuState(cpu);
  state.pat = ((<u64>PAT_RESET_LOW) << 32) | PAT_RESET_LOW;
  state.mtrrDefType = 0;
}

/** What the calling CPU had when the hypervisor took over. */
export function adoptPat(cpu: u32): void {
  cpuState(cpu).pat = readRegister(cpu, REG_PAT);
  cpuState(cpu).mtrrDefType = machine().mtrrDefType;
}
