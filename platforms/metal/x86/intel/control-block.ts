// What guests' states begin with: Linux' own, the start state of a cell (docs/abi.md, section 4), the maps of a cell. The contracts are in
// ../vcpu.ts.

import {
  MSR_DEBUGCTL,
  MSR_FS_BASE,
  MSR_GS_BASE,
  MSR_PAT,
  MSR_SYSENTER_CS,
  MSR_SYSENTER_EIP,
  MSR_SYSENTER_ESP,
  PAT_RESET_LOW,
} from "../../../../abi/x86/msr.ts";
import { CR0_RESET, FLAG_FIXED } from "../../../../abi/x86/registers.ts";
import * as vmx from "../../../../abi/x86/vmx.ts";
import { PAGE } from "../../pool.ts";
import { cellOf } from "../cells.ts";
import { Cpu } from "../cpu.ts";
import * as hw from "../hw.ts";
import * as linux from "../numbers.ts";
import * as intel from "./hw.ts";
import * as at from "./numbers.ts";
import { setControl0, setControl4 } from "./registers.ts";
import * as st from "./state.ts";
import { State, stateOf } from "./state.ts";

/** Access rights of segments (SDM volume 3C, section 25.4.1): descriptor bits 47:40 and 55:52, with four bits between. */
const CODE_16: u32 = 0x9b;
const DATA_16: u32 = 0x93;
const TSS_BUSY: u32 = 0x8b;
const LDT: u32 = 0x82;
const CODE_64: u32 = 0xa09b;
const DATA_FLAT: u32 = 0xc093;
const LIMIT_16: u32 = 0xffff;
const LIMIT_FLAT: u32 = 0xffffffff;
const DPL_SHIFT: u32 = 5;
const RPL: u32 = 3;
const DR7_RESET: u64 = 0x400;
/** CS of a start address, docs/abi.md, section 4. */
const SELECTOR_SHIFT: u32 = 4;
const SELECTOR_MASK: u64 = 0xf000;
const OFFSET_MASK: u64 = 0xffff;
/** General registers that an entry by the System V ABI keeps. */
const RBX: u32 = 3;
const RBP: u32 = 5;
const R12: u32 = 12;
const KEPT_COUNT: u32 = 4;

// A descriptor of 16 bytes (SDM volume 3A, section 3.4.5): limit 15:0 and 51:48, base 39:16, 63:56 and the upper half, rights 55:40.
const LIMIT_LOW: u64 = 0xffff;
const LIMIT_HIGH: u64 = 0xf0000;
const LIMIT_SHIFT: u64 = 32;
const BASE_SHIFT: u64 = 16;
const BASE_LOW: u64 = 0xffffff;
const BASE_TOP: u64 = 0xff000000;
const BASE_TOP_SHIFT: u64 = 32;
const RIGHTS_SHIFT: u64 = 40;
const RIGHTS_BITS: u64 = 0xf0ff;
/** Of access rights: type, whether of the system, whether present. */
const KIND_BITS: u32 = 0x9f;
/** With it the limit counts pages. */
const GRANULARITY: u32 = 0x8000;
const PAGE_SHIFT: u32 = 12;

function setSegment(
  state: State,
  segment: u32,
  selector: u32,
  rights: u32,
  limit: u32,
  base: u64,
): void {
  st.set(state, at.FIELD_SELECTORS + segment, selector);
  st.set(state, at.FIELD_RIGHTS + segment, rights);
  st.set(state, at.FIELD_LIMITS + segment, limit);
  st.set(state, at.FIELD_BASES + segment, base);
}

function setTable(state: State, table: u32, limit: u64, base: u64): void {
  st.set(state, at.FIELD_LIMITS + table, limit);
  st.set(state, at.FIELD_BASES + table, base);
}

/** The start state, entered at `entry`: real mode, nothing set up. What exits do not change stays: maps, time. */
export function setStart(state: State, entry: u64): void {
  st.clearGuest(state);
  for (let segment = at.SEGMENT_ES; segment <= at.SEGMENT_GS; segment++)
    setSegment(state, segment, 0, DATA_16, LIMIT_16, 0);
  const selector = <u32>((entry >> SELECTOR_SHIFT) & SELECTOR_MASK);
  setSegment(state, at.SEGMENT_CS, selector, CODE_16, LIMIT_16, entry & ~OFFSET_MASK);
  setSegment(state, at.SEGMENT_LDTR, 0, LDT, LIMIT_16, 0);
  setSegment(state, at.SEGMENT_TR, 0, TSS_BUSY, LIMIT_16, 0);
  setTable(state, at.SEGMENT_GDTR, LIMIT_16, 0);
  setTable(state, at.SEGMENT_IDTR, LIMIT_16, 0);
  setControl0(state, CR0_RESET);
  setControl4(state, 0);
  st.set(state, at.FIELD_EFER, 0);
  st.set(state, at.FIELD_DR7, DR7_RESET);
  st.set(state, at.FIELD_RFLAGS, FLAG_FIXED);
  st.set(state, at.FIELD_RIP, entry & OFFSET_MASK);
  st.set(state, at.FIELD_PAT, ((<u64>PAT_RESET_LOW) << 32) | PAT_RESET_LOW);
  state.event = 0;
  state.cr2 = 0;
  state.needsPdptes = 0;
}

/** A data segment of Linux: all that a descriptor of its GDT says that the selector tells as well, they are flat. */
function setLinuxData(state: State, segment: u32, selector: u32, base: u64): void {
  const rights =
    selector & ~RPL ? DATA_FLAT | ((selector & RPL) << DPL_SHIFT) : vmx.RIGHTS_UNUSABLE;
  setSegment(state, segment, selector, rights, selector & ~RPL ? LIMIT_FLAT : 0, base);
}

/**
 * TR or LDTR of Linux, by its descriptor, the two halves of which are EXTRA_* `first` and the next. Without one of this `kind` it stays as it
 * is.
 */
function setLinuxSystem(state: State, segment: u32, kind: u32, selector: u32, first: u32): void {
  const low = intel.linuxExtra(first);
  const high = intel.linuxExtra(first + 1);
  const rights = <u32>((low >> RIGHTS_SHIFT) & RIGHTS_BITS);
  if ((rights & KIND_BITS) !== kind) return;
  const limit = <u32>((low & LIMIT_LOW) | ((low >> LIMIT_SHIFT) & LIMIT_HIGH));
  const base =
    ((low >> BASE_SHIFT) & BASE_LOW) | ((low >> BASE_TOP_SHIFT) & BASE_TOP) | (high << 32);
  setSegment(
    state,
    segment,
    <u32>intel.linuxExtra(selector),
    rights,
    rights & GRANULARITY ? (limit << PAGE_SHIFT) | (PAGE - 1) : limit,
    base,
  );
}

function selectorOf(field: u32): u32 {
  return <u32>hw.linuxState(field);
}

function setLinuxSegments(state: State): void {
  setSegment(state, at.SEGMENT_CS, selectorOf(linux.LINUX_CS), CODE_64, LIMIT_FLAT, 0);
  setLinuxData(state, at.SEGMENT_SS, selectorOf(linux.LINUX_SS), 0);
  setLinuxData(state, at.SEGMENT_DS, selectorOf(linux.LINUX_DS), 0);
  setLinuxData(state, at.SEGMENT_ES, selectorOf(linux.LINUX_ES), 0);
  setLinuxData(state, at.SEGMENT_FS, <u32>intel.linuxExtra(at.EXTRA_FS), hw.readMsr(MSR_FS_BASE));
  setLinuxData(state, at.SEGMENT_GS, <u32>intel.linuxExtra(at.EXTRA_GS), hw.readMsr(MSR_GS_BASE));
  // There is no guest without a TR: who has none keeps that of a reset, and finds it once the hypervisor has gone. Without an LDT
  // its selectors must name nothing.
  setLinuxSystem(state, at.SEGMENT_TR, TSS_BUSY, at.EXTRA_TR, at.EXTRA_TR_LOW);
  setSegment(state, at.SEGMENT_LDTR, 0, vmx.RIGHTS_UNUSABLE, 0, 0);
  setLinuxSystem(state, at.SEGMENT_LDTR, LDT, at.EXTRA_LDTR, at.EXTRA_LDTR_LOW);
  const gdt = hw.linuxState(linux.LINUX_GDT_BASE);
  setTable(state, at.SEGMENT_GDTR, hw.linuxState(linux.LINUX_GDT_LIMIT), gdt);
  const idt = hw.linuxState(linux.LINUX_IDT_BASE);
  setTable(state, at.SEGMENT_IDTR, hw.linuxState(linux.LINUX_IDT_LIMIT), idt);
}

/** The guest gets the state that Linux called the entry with on this CPU, after that call, with 0 as its result. */
export function adoptLinux(cpu: Cpu): void {
  const state = stateOf(cpu);
  setStart(state, 0);
  setLinuxSegments(state);
  setControl0(state, hw.linuxState(linux.LINUX_CR0));
  setControl4(state, hw.linuxState(linux.LINUX_CR4));
  st.set(state, at.FIELD_EFER, hw.linuxState(linux.LINUX_EFER));
  st.set(state, at.FIELD_CR3, hw.linuxState(linux.LINUX_CR3));
  st.set(state, at.FIELD_RFLAGS, hw.linuxState(linux.LINUX_RFLAGS));
  st.set(state, at.FIELD_RSP, hw.linuxState(linux.LINUX_RSP));
  st.set(state, at.FIELD_RIP, hw.linuxState(linux.LINUX_RIP));
  st.set(state, at.FIELD_DR7, hw.readDebug(7));
  st.set(state, at.FIELD_DEBUGCTL, hw.readMsr(MSR_DEBUGCTL));
  st.set(state, at.FIELD_PAT, hw.readMsr(MSR_PAT));
  st.set(state, at.FIELD_SYSENTER_CS, hw.readMsr(MSR_SYSENTER_CS));
  st.set(state, at.FIELD_SYSENTER_ESP, hw.readMsr(MSR_SYSENTER_ESP));
  st.set(state, at.FIELD_SYSENTER_EIP, hw.readMsr(MSR_SYSENTER_EIP));
  state.cr2 = hw.readControl(2);
  state.needsPdptes = 0;
  const registers = cpu.registers;
  store<u64>(registers + (RBX << 3), hw.linuxState(linux.LINUX_RBX));
  store<u64>(registers + (RBP << 3), hw.linuxState(linux.LINUX_RBP));
  for (let index: u32 = 0; index < KEPT_COUNT; index++)
    store<u64>(registers + ((R12 + index) << 3), hw.linuxState(linux.LINUX_R12 + index));
}

/** Gives a guest the nested table and the permission maps at these physical addresses, and the processor's own time. */
export function setMaps(state: State, top: u64, ports: u64, msrs: u64): void {
  st.set(state, at.FIELD_TSC_OFFSET, 0);
  st.set(state, at.FIELD_EPTP, top);
  st.set(state, at.FIELD_PORTS_A, ports);
  st.set(state, at.FIELD_PORTS_B, ports + PAGE);
  st.set(state, at.FIELD_MSRS, msrs);
  state.isStale = 1;
}

export function setCell(cpu: Cpu, cell: u32): void {
  const record = cellOf(cell);
  setMaps(stateOf(cpu), record.top, hw.physicalOf(record.ports), hw.physicalOf(record.msrs));
}

export function startAt(cpu: Cpu, entry: u64): void {
  setStart(stateOf(cpu), entry);
}

export function dropEvents(cpu: Cpu): void {
  const state = stateOf(cpu);
  const blocking = st.get(state, at.FIELD_INTERRUPTIBILITY) & ~(<u64>vmx.INTERRUPTIBILITY_NMI);
  st.set(state, at.FIELD_INTERRUPTIBILITY, blocking);
  cpu.nmiBlocked = 0;
  state.event = 0;
}
