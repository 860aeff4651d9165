// Interrupts between CPUs: what a cell writes to an ICR reaches its own CPUs only. INIT and SIPI are emulated.

import { REG_CS_BASE, REG_CS_SELECTOR, REG_RIP } from "../../../abi/platform.ts";
import * as apic from "../../../abi/x86/apic.ts";
import { Cell } from "../../core/cells/cell.ts";
import { cellOfCpu, nextCpu, perCpu } from "../../core/cells/percpu.ts";
import { endLine, print, printDecimal, printHex } from "../../core/console.ts";
import { MAX_CPUS } from "../../core/limits.ts";
import { beginWarning, mayWarn } from "../../core/panic.ts";
import {
  lock,
  parkCpu,
  resetCpu,
  resumeCpu,
  stopCpu,
  unlock,
  writeRegister,
} from "../../platform.ts";
import { applyPat } from "../msr/pat.ts";
import { apicId, sendIpi } from "../platform.ts";
import { reportCause } from "../report.ts";
import { cpuState } from "../state.ts";

/** Destination that means all CPUs, in both modes. */
const BROADCAST_XAPIC: u32 = 0xff;
const BROADCAST_X2APIC: u32 = 0xffffffff;
/** Where the xAPIC's ICR has its destination. */
const XAPIC_SHIFT: u32 = 24;
/** CPUs of a cluster. */
const CLUSTER_SHIFT: u32 = 4;
const CLUSTER_MASK: u32 = 0xf;
const CLUSTER_ID_SHIFT: u32 = 16;
const CLUSTER_MEMBERS: u32 = 0xffff;
const FLAT_CPUS: u32 = 8;
/** Where a SIPI's vector points: page number, and CS selector = page number << 8. */
const SIPI_PAGE_SHIFT: u32 = 12;
const SIPI_SELECTOR_SHIFT: u32 = 8;

/** The logical id that an x2APIC with this id has: cluster and one bit. */
export function clusterId(id: u32): u32 {
  return ((id >>> CLUSTER_SHIFT) << CLUSTER_ID_SHIFT) | (1 << (id & CLUSTER_MASK));
}

/** Bits of `destination` that CPU `cpu` answers to: its whole id when physical, its bits when logical; 0 for none. */
function answeredBits(cpu: u32, destination: u32, isLogical: bool, isX2apic: bool): u32 {
  const id = apicId(cpu);
  if (!isLogical) return id === destination ? BROADCAST_X2APIC : 0;
  if (!isX2apic) return cpu < FLAT_CPUS ? destination & (1 << cpu) : 0;
  const own = clusterId(id);
  if (own >>> CLUSTER_ID_SHIFT !== destination >>> CLUSTER_ID_SHIFT) return 0;
  return destination & own & CLUSTER_MEMBERS;
}

/** Prints that a CPU starts. Pseudo vector 0x100 is a start at the cell's reset address. With the lock. */
export function printStart(cpu: u32, vector: u32): void {
  if (!mayWarn(cpu)) return;
  print("CPU ");
  printDecimal(cpu);
  print(" received SIPI, vector ");
  printHex(vector, 1);
  print("\n");
}

/**
 * Whether `sender` may change the state of `target`, looked at with the lock: what was so before may have changed. A request that
 * has stopped one has stopped both.
 */
function mayStart(sender: u32, target: u32): bool {
  const state = perCpu(target);
  return state.cell === perCpu(sender).cell && !state.failed;
}

/** INIT: puts a CPU of the sender's cell into wait-for-SIPI. The lock orders two that send it to each other. */
function sendInit(sender: u32, target: u32): void {
  lock();
  if (mayStart(sender, target)) {
    if (target !== sender) stopCpu(target);
    parkCpu(target, 1);
    cpuState(target).waiting = true;
    if (target !== sender) resumeCpu(target);
  }
  unlock();
}

/** SIPI: starts a CPU that waits for it; ignored by all others. */
function sendStartup(sender: u32, target: u32, vector: u32): void {
  lock();
  if (cpuState(target).waiting && mayStart(sender, target)) {
    stopCpu(target);
    cpuState(target).waiting = false;
    printStart(target, vector);
    resetCpu(target, 0);
    writeRegister(target, REG_CS_SELECTOR, vector << SIPI_SELECTOR_SHIFT);
    writeRegister(target, REG_CS_BASE, vector << SIPI_PAGE_SHIFT);
    writeRegister(target, REG_RIP, 0);
    applyPat(target);
    resumeCpu(target);
  }
  unlock();
}

/** Delivers to one CPU of the sender's cell. A CPU that has failed takes nothing any more. */
function deliver(sender: u32, target: u32, mode: u32, vector: u32): void {
  if (perCpu(target).failed) return;
  if (mode === apic.ICR_MODE_INIT) sendInit(sender, target);
  else if (mode === apic.ICR_MODE_SIPI) sendStartup(sender, target, vector);
  else sendIpi(target, mode, vector);
}

function warnForeign(cpu: u32, destination: u32, isX2apic: bool): void {
  if (!beginWarning(cpu)) return;
  print("WARNING: CPU ");
  printDecimal(cpu);
  print(" specified IPI destination outside cell boundaries, ICR.hi=");
  printHex(isX2apic ? destination : destination << XAPIC_SHIFT, 1);
  endLine();
}

/** Delivers to all CPUs of the cell, or to all but the sender; lowest priority: to one of them. */
function deliverAll(sender: u32, cell: Cell, mode: u32, vector: u32, withSelf: bool): void {
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1)) {
    if (cpu === sender && !withSelf) continue;
    deliver(sender, cpu, mode, vector);
    if (mode === apic.ICR_MODE_LOWEST) return;
  }
}

/** Delivers to those CPUs of the cell that `destination` names, and warns if it names others. */
function deliverTo(sender: u32, cell: Cell, low: u32, destination: u32, isX2apic: bool): void {
  const isLogical = (low & apic.ICR_LOGICAL) !== 0;
  const mode = (low & apic.ICR_MODE_MASK) >>> apic.ICR_MODE_SHIFT;
  let own: u32 = 0;
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1)) {
    const bits = answeredBits(cpu, destination, isLogical, isX2apic);
    if (!bits) continue;
    if (!own || mode !== apic.ICR_MODE_LOWEST)
      deliver(sender, cpu, mode, low & apic.ICR_VECTOR_MASK);
    own |= bits;
  }
  const asked = isLogical
    ? isX2apic
      ? destination & CLUSTER_MEMBERS
      : destination
    : BROADCAST_X2APIC;
  if (asked & ~own || !asked) warnForeign(sender, destination, isX2apic);
}

/** Whether the hypervisor lets this delivery mode be combined with this shorthand. */
function isSupported(mode: u32, shorthand: u32): bool {
  if (mode === apic.ICR_MODE_FIXED) return true;
  if (shorthand === apic.SHORTHAND_SELF || shorthand === apic.SHORTHAND_ALL) return false;
  return (
    mode === apic.ICR_MODE_LOWEST ||
    mode === apic.ICR_MODE_NMI ||
    mode === apic.ICR_MODE_INIT ||
    mode === apic.ICR_MODE_SIPI
  );
}

/** Whether a destination means all CPUs; flat logical mode needs no such rule. */
function isBroadcast(low: u32, destination: u32, isX2apic: bool): bool {
  if (isX2apic) return destination === BROADCAST_X2APIC;
  return destination === BROADCAST_XAPIC && !(low & apic.ICR_LOGICAL);
}

/**
 * Carries out a write of the ICR by the calling CPU: `low` is its lower half, `destination` 8 bits (xAPIC, flat logical
 * mode) or 32 bits (x2APIC, cluster mode). Returns false when the command is not allowed.
 */
export function sendIcr(cpu: u32, low: u32, destination: u32, isX2apic: bool): bool {
  const mode = (low & apic.ICR_MODE_MASK) >>> apic.ICR_MODE_SHIFT;
  const shorthand = (low & apic.ICR_SHORTHAND_MASK) >>> apic.ICR_SHORTHAND_SHIFT;
  const vector = low & apic.ICR_VECTOR_MASK;
  if (!isSupported(mode, shorthand)) {
    reportCause("Unsupported ICR delivery mode", destination, low);
    return false;
  }
  // INIT level de-assert: a relic that does nothing.
  if (mode === apic.ICR_MODE_INIT && (low & (apic.ICR_LEVEL | apic.ICR_ASSERT)) === apic.ICR_LEVEL)
    return true;
  const cell = cellOfCpu(cpu);
  if (shorthand === apic.SHORTHAND_SELF) deliver(cpu, cpu, mode, vector);
  else if (shorthand === apic.SHORTHAND_OTHERS) deliverAll(cpu, cell, mode, vector, false);
  else if (shorthand === apic.SHORTHAND_ALL || isBroadcast(low, destination, isX2apic))
    deliverAll(cpu, cell, mode, vector, mode === apic.ICR_MODE_FIXED);
  else deliverTo(cpu, cell, low, destination, isX2apic);
  return true;
}
