// VT-x around a guest: switched on and off, entered and left, events, translations (SDM volume 3C, chapters 24 to 29). The contracts are in
// ../vcpu.ts.

import { REG_CR0, REG_CR4 } from "../../../../abi/platform.ts";
import {
  MSR_DEBUGCTL,
  MSR_EFER,
  MSR_PAT,
  MSR_SYSENTER_CS,
  MSR_SYSENTER_EIP,
  MSR_SYSENTER_ESP,
} from "../../../../abi/x86/msr.ts";
import { CR0_PG, CR4_PAE, CR4_VMXE, EFER_LMA, VECTOR_NMI } from "../../../../abi/x86/registers.ts";
import * as vmx from "../../../../abi/x86/vmx.ts";
import { PANIC_CONTRACT } from "../../numbers.ts";
import { change, NOWHERE, translate } from "../../paging.ts";
import { allocate, PAGE, promise, withdraw } from "../../pool.ts";
import { cellOf } from "../cells.ts";
import { Cpu } from "../cpu.ts";
import * as hw from "../hw.ts";
import { readPhysical } from "../windows.ts";
import { setMaps, setStart } from "./control-block.ts";
import { keepEvent } from "./exits.ts";
import * as intel from "./hw.ts";
import * as at from "./numbers.ts";
import { readRegister, SHADOWS } from "./registers.ts";
import * as st from "./state.ts";
import { idleStateOf, State, stateOf } from "./state.ts";
import { entryControls, usualControls, writeControls } from "./vmcs.ts";

/** VMCALL. */
export const EXIT_INSTRUCTION: u32 = 0xc1010f;
const HALTS: u32 = vmx.PROC_HLT | vmx.PROC_MWAIT;
/** Entries of PAE's first table, and bits of CR3 that say where it is. */
const PDPTE_COUNT: u32 = 4;
const PDPTE_SIZE: u32 = 8;
const PDPTES_MASK: u64 = 0xffffffe0;
const ERROR_CODE_SHIFT: u64 = 32;
/** Of nested tables, as paging.ts makes them. */
const LEVELS: u32 = 4;
const DR6_RESET: u64 = 0xffff0ff0;

/** Of a CPU's pages (Cpu.idle, Cpu.host): the VMCS of its guests, and what VMXON wants. */
function vmcsOf(cpu: Cpu): usize {
  return cpu.idle;
}

function prepareRegion(region: usize): u64 {
  store<u32>(region, <u32>hw.readMsr(vmx.MSR_VMX_BASIC) & vmx.VMX_BASIC_REVISION);
  return hw.physicalOf(region);
}

/** The firmware has left it open: it is closed as Linux does. */
function allowVmx(): void {
  const control = hw.readMsr(vmx.MSR_FEATURE_CONTROL);
  if (control & vmx.FEATURE_CONTROL_LOCKED) return;
  const wanted: u64 = vmx.FEATURE_CONTROL_LOCKED | vmx.FEATURE_CONTROL_VMX;
  hw.writeMsr(vmx.MSR_FEATURE_CONTROL, control | wanted);
}

/** The features have been checked: no reason is left to refuse. */
export function switchOn(cpu: Cpu): void {
  allowVmx();
  hw.writeCr4(hw.readControl(4) | CR4_VMXE);
  if (!intel.vmxOn(prepareRegion(cpu.host)) || !intel.makeCurrent(prepareRegion(vmcsOf(cpu))))
    hw.panic(PANIC_CONTRACT);
  writeControls();
  const state = stateOf(cpu);
  state.wanted = usualControls();
  state.controls = state.wanted;
  state.isOn = 1;
}

/** It may be another hypervisor's operation, because of which this one does not stay. */
export function switchOff(cpu: Cpu): void {
  const state = stateOf(cpu);
  if (!state.isOn) return;
  state.isOn = 0;
  intel.vmxOff();
  hw.writeCr4(hw.readControl(4) & ~(<u64>CR4_VMXE));
}

/** Memory is write-back to the nested table: a guest's own tables, and its PAT, have the last word. */
export function nestedBits(isWritable: bool, isExecutable: bool): u64 {
  return (
    vmx.EPT_READ |
    (isWritable ? vmx.EPT_WRITE : 0) |
    (isExecutable ? vmx.EPT_EXECUTE : 0) |
    (vmx.TYPE_WRITE_BACK << vmx.EPT_TYPE_SHIFT)
  );
}

/** A table has four levels, whatever the host's own has. */
export function nestedTop(root: usize): u64 {
  return hw.physicalOf(root) | vmx.EPTP_WRITE_BACK | ((LEVELS - 1) << vmx.EPTP_LEVELS_SHIFT);
}

export function freeNestedTop(_root: usize, _top: u64): void {}

export function flush(cpu: Cpu): void {
  stateOf(cpu).isStale = 1;
}

export function hasEvent(cpu: Cpu): bool {
  return stateOf(cpu).event !== 0;
}

/**
 * The processor itself blocks further ones until the handler's IRET. It delivers none directly after an STI or MOV SS: the NMI waits, and
 * the guest comes out once it can be delivered (runGuest).
 */
export function injectNmi(cpu: Cpu): void {
  const state = stateOf(cpu);
  if (st.get(state, at.FIELD_INTERRUPTIBILITY) & SHADOWS) {
    cpu.guestNmi = 1;
    return;
  }
  cpu.nmiBlocked = 1;
  state.event = vmx.EVENT_VALID | vmx.EVENT_NMI | VECTOR_NMI;
}

export function watchHalts(cpu: Cpu, isWatched: bool): void {
  const state = stateOf(cpu);
  state.wanted = isWatched ? state.wanted | HALTS : state.wanted & ~HALTS;
}

/** An entry of PAE's first table in the guest's memory; 0, which is none, where that is not memory of its own. */
function readPdpte(cpu: Cpu, address: u64): u64 {
  const target = translate(cellOf(cpu.cell).root, address);
  if (target === NOWHERE || target - hw.hypervisorStart() < hw.hypervisorSize()) return 0;
  return readPhysical(target, PDPTE_SIZE);
}

function isPae(state: State): bool {
  return (
    (st.get(state, at.FIELD_CR0) & CR0_PG) !== 0 &&
    (st.get(state, at.FIELD_CR4) & CR4_PAE) !== 0 &&
    !(st.get(state, at.FIELD_EFER) & EFER_LMA)
  );
}

/** Where the core has carried out what turned on PAE paging, its first table is loaded here (section 27.3.1.6). */
function loadPdptes(cpu: Cpu, state: State): void {
  state.needsPdptes = 0;
  if (!isPae(state)) return;
  const table = st.get(state, at.FIELD_CR3) & PDPTES_MASK;
  for (let index: u32 = 0; index < PDPTE_COUNT; index++)
    st.set(state, at.FIELD_PDPTES + index, readPdpte(cpu, table + index * PDPTE_SIZE));
}

function writeEvent(state: State): void {
  const event = state.event;
  if (!event) return;
  intel.writeField(vmx.VMCS_ENTRY_EVENT, <u32>event);
  intel.writeField(vmx.VMCS_ENTRY_ERROR, event >> ERROR_CODE_SHIFT);
  if (state.softwareLength) intel.writeField(vmx.VMCS_ENTRY_LENGTH, state.softwareLength);
}

/** Brings the VMCS of the calling CPU up to date with `state`. */
function writeState(state: State): void {
  if (st.hasChanged(state, at.FIELD_EFER))
    intel.writeField(
      vmx.VMCS_ENTRY_CONTROLS,
      entryControls((st.get(state, at.FIELD_EFER) & EFER_LMA) !== 0),
    );
  st.writeFields(state);
  writeEvent(state);
  if (state.isStale) intel.invalidateTables(vmx.INVEPT_ALL);
  state.isStale = 0;
}

/** Gives the VMCS of the calling CPU its controls for a guest. */
function writeProc(cpu: Cpu, wanted: u32): void {
  const state = stateOf(cpu);
  if (wanted === state.controls) return;
  intel.writeField(vmx.VMCS_PROC, wanted);
  state.controls = wanted;
}

/** Enters a guest of the calling CPU, which may fail, with the outcome in `state`. */
function enter(cpu: Cpu, state: State): void {
  const own = stateOf(cpu);
  const cr2 = changetype<usize>(state) + offsetof<State>("cr2");
  writeState(state);
  state.result = intel.runGuest(cpu.registers, cr2, own.isLaunched);
  state.reason = state.result === at.RUN_EXITED ? <u32>intel.readField(vmx.VMCS_REASON) : 0;
  if (state.result === at.RUN_EXITED && !(state.reason & vmx.REASON_ENTRY_FAILED)) {
    own.isLaunched = 1;
    st.forgetRead(state);
  } else intel.writeField(vmx.VMCS_ENTRY_EVENT, 0);
}

/** While an NMI waits for the guest, it comes out as soon as that could be delivered. */
export function runGuest(cpu: Cpu): void {
  const state = stateOf(cpu);
  if (state.needsPdptes) loadPdptes(cpu, state);
  writeProc(cpu, state.wanted | (cpu.guestNmi ? vmx.PROC_NMI_WINDOW : 0));
  enter(cpu, state);
}

export function finishExit(cpu: Cpu): void {
  const state = stateOf(cpu);
  if (state.result !== at.RUN_EXITED || state.reason & vmx.REASON_ENTRY_FAILED) return;
  keepEvent(state);
  cpu.nmiBlocked = st.get(state, at.FIELD_INTERRUPTIBILITY) & vmx.INTERRUPTIBILITY_NMI ? 1 : 0;
}

/** Entries of a table that maps a single page, besides its root. */
const IDLE_TABLES: u32 = 3;

export function idleTable(page: usize): u64 {
  const root = allocate(1);
  if (!root || !promise(IDLE_TABLES)) return 0;
  change(root, 0, hw.physicalOf(page), PAGE, nestedBits(true, true), false);
  withdraw(IDLE_TABLES);
  return nestedTop(root);
}

/** The permission maps are not looked at by its code; any pages will do. */
export function prepareIdle(cpu: Cpu, top: u64, page: u64): void {
  setMaps(idleStateOf(cpu), top, page, page);
}

/** The VMCS is the guest's, too: its state is in memory meanwhile. */
export function runIdle(cpu: Cpu, entry: u32, flags: u32, stack: u32): bool {
  const guest = stateOf(cpu);
  const state = idleStateOf(cpu);
  st.saveFields(guest);
  setStart(state, entry);
  st.set(state, at.FIELD_RFLAGS, flags);
  st.set(state, at.FIELD_RSP, stack);
  st.forgetWritten(state);
  writeProc(cpu, usualControls());
  enter(cpu, state);
  st.forgetWritten(guest);
  if (state.result === at.RUN_KEPT_OUT) {
    if (intel.hasNmi()) return true;
    intel.takeMachineCheck();
    return false;
  }
  return isNmi(state);
}

/** Whether a guest has come out by an NMI. */
function isNmi(state: State): bool {
  if (state.result !== at.RUN_EXITED || state.reason !== vmx.REASON_EVENT) return false;
  return (<u32>intel.readField(vmx.VMCS_EXIT_EVENT) & vmx.EVENT_TYPE) === vmx.EVENT_NMI;
}

/** What exits neither save nor load, but for MSRs (reset-msrs.ts); the rest of a guest's state is in its block. */
export function loadGuest(_cpu: Cpu): void {
  intel.writeDebugStatus(DR6_RESET);
}

export function leave(cpu: Cpu): void {
  const state = stateOf(cpu);
  const number = hw.cpuIndex();
  const control0 = readRegister(number, REG_CR0);
  const control4 = readRegister(number, REG_CR4);
  st.saveFields(state);
  st.set(state, at.FIELD_CR0, control0);
  st.set(state, at.FIELD_CR4, control4);
  hw.writeMsr(MSR_PAT, st.get(state, at.FIELD_PAT));
  hw.writeMsr(MSR_EFER, st.get(state, at.FIELD_EFER));
  hw.writeMsr(MSR_DEBUGCTL, st.get(state, at.FIELD_DEBUGCTL));
  hw.writeMsr(MSR_SYSENTER_CS, st.get(state, at.FIELD_SYSENTER_CS));
  hw.writeMsr(MSR_SYSENTER_ESP, st.get(state, at.FIELD_SYSENTER_ESP));
  hw.writeMsr(MSR_SYSENTER_EIP, st.get(state, at.FIELD_SYSENTER_EIP));
  intel.clearVmcs(hw.physicalOf(vmcsOf(cpu)));
  intel.vmxOff();
  const cr2 = changetype<usize>(state) + offsetof<State>("cr2");
  intel.leave(st.valuesOf(state), cr2, cpu.registers);
}
