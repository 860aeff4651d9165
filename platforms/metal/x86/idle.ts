// The guest of a CPU that has nothing to do: a page of real mode. A halted guest is left by an NMI at any
// moment; a CPU that halts outside of guests could miss the one that was to wake it. The same page takes interrupts that are
// still pending for a former owner.

import { FLAG_FIXED } from "../../../abi/x86/registers.ts";
import { allocate, PAGE } from "../pool.ts";
import { disableApic, endInterrupts, hasRequests, maskApic, setMode, wantedMode } from "./apic.ts";
import { Cpu } from "./cpu.ts";
import * as hw from "./hw.ts";
import { allowKicks, holdKicks, receiveNmi } from "./stop.ts";
import { EXIT_INSTRUCTION, idleTable, prepareIdle, runIdle } from "./vcpu.ts";

/** Where real mode has its interrupt vectors, 4 bytes each, behind room for the vendor (`idleTable`). */
const FIRST_VECTOR: u32 = 16;
const VECTORS: u32 = 256;
const VECTOR_SIZE: u32 = 4;
/** iret */
const RETURN: u32 = 0x400;
const RETURN_CODE: u32 = 0xcf;
/** l: hlt; jmp l */
const HALT: u32 = 0x410;
const HALT_CODE: u32 = 0xfdebf4;
/** sti; nop; nop; cli; EXIT_INSTRUCTION */
const TAKE: u32 = 0x420;
const TAKE_CODE: u32 = 0xfa9090fb;
/** Stack of each CPU, downwards from the page's end. */
const STACK_SIZE: u32 = 8;
/** Interrupts that are taken on behalf of a former owner; more can only be a device that does not stop. */
const PATIENCE: u32 = 512;

@unmanaged
class Idle {
  /** Its nested table (vcpu.ts). */
  top: u64;
  page: usize;
}

const IDLE: usize = memory.data(16, 8);

function idle(): Idle {
  return changetype<Idle>(IDLE);
}

/** Makes the page; once. Returns false when the pool is exhausted. */
export function idleInit(): bool {
  const page = allocate(1);
  if (!page) return false;
  idle().page = page;
  for (let vector = FIRST_VECTOR; vector < VECTORS; vector++)
    store<u32>(page + vector * VECTOR_SIZE, RETURN);
  store<u8>(page, <u8>RETURN_CODE, RETURN);
  store<u32>(page, HALT_CODE, HALT);
  store<u32>(page, TAKE_CODE, TAKE);
  store<u32>(page, EXIT_INSTRUCTION, TAKE + 4);
  idle().top = idleTable(page);
  return idle().top !== 0;
}

/** Makes what a CPU needs for this. */
export function idleCpu(cpu: Cpu): void {
  prepareIdle(cpu, idle().top, hw.physicalOf(idle().page));
}

function enter(cpu: Cpu, number: u32, at: u32, flags: u32): void {
  if (runIdle(cpu, at, flags, PAGE - number * STACK_SIZE)) receiveNmi(cpu, number);
}

/** Halts until an NMI comes. */
export function halt(cpu: Cpu, number: u32): void {
  enter(cpu, number, HALT, FLAG_FIXED);
}

/**
 * Puts the local APIC of the calling CPU, which is clean, into the mode that its cell has. An NMI would be lost while it is
 * off: one that is on its way is waited for.
 */
function matchMode(cpu: Cpu, number: u32): void {
  const mode = wantedMode(cpu);
  if (mode === cpu.x2apic) return;
  while (!holdKicks(cpu)) halt(cpu, number);
  setMode(cpu, mode);
  allowKicks(cpu);
  disableApic();
}

/** Makes the local APIC of the calling CPU what it is after a reset, in the mode of its cell: nothing pending, nothing to come. */
export function cleanApic(cpu: Cpu, number: u32): void {
  maskApic();
  endInterrupts();
  for (let left = PATIENCE; left && hasRequests(); left--) {
    enter(cpu, number, TAKE, FLAG_FIXED);
    endInterrupts();
  }
  disableApic();
  matchMode(cpu, number);
}
