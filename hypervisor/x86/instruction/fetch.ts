// Fetches the bytes of the instruction that has exited.

import {
  REG_CR3,
  REG_CS_ATTRIBUTES,
  REG_CS_BASE,
  REG_EFER,
  REG_RIP,
} from "../../../abi/platform.ts";
import { EFER_LMA } from "../../../abi/x86/registers.ts";
import { readGuest, readRegister } from "../../platform.ts";
import { Instruction } from "./instruction.ts";
import { NO_ADDRESS, translate } from "./paging.ts";

/** Bits of REG_CS_ATTRIBUTES: 64-bit code, and 32-bit code if not. */
const CS_LONG: u64 = 0x200;
const CS_DEFAULT_32: u64 = 0x400;
const PAGE_SIZE: u32 = 4096;
const OFFSET_MASK: u64 = 0xfff;
/** Room for instruction bytes in an Instruction. */
const BYTES: u32 = 16;

/** Size of the code that a stopped CPU executes: 2, 4 or 8 bytes. */
export function codeSize(cpu: u32): u32 {
  const attributes = readRegister(cpu, REG_CS_ATTRIBUTES);
  if (attributes & CS_LONG && readRegister(cpu, REG_EFER) & EFER_LMA) return 8;
  return attributes & CS_DEFAULT_32 ? 4 : 2;
}

/** The linear address of byte `offset` of the instruction. */
function linearAddress(insn: Instruction, offset: u32): u64 {
  const rip = readRegister(insn.cpu, REG_RIP) + offset;
  if (insn.mode === 8) return rip;
  return (readRegister(insn.cpu, REG_CS_BASE) + <u64>(<u32>rip)) & 0xffffffff;
}

/** Prepares for fetching the instruction at the present RIP of `cpu`. */
export function startFetch(insn: Instruction, cpu: u32, cell: u32): void {
  insn.low = 0;
  insn.high = 0;
  insn.cpu = cpu;
  insn.cell = cell;
  insn.available = 0;
  insn.mode = codeSize(cpu);
}

/** Remembers where the page of the instruction's first byte is. */
function remember(insn: Instruction, linear: u64, address: u64): void {
  insn.lastLinear = linear & ~OFFSET_MASK;
  insn.lastRoot = readRegister(insn.cpu, REG_CR3);
  insn.lastPage = address & ~OFFSET_MASK;
}

/**
 * Reads the first `size` bytes (4 at most) where the last instruction's page was, without a look at the guest's page tables:
 * much faster, and to be believed only if the bytes are what is expected. 0 if the instruction is not in that page.
 */
export function peek(insn: Instruction, size: u32): u32 {
  const linear = linearAddress(insn, 0);
  const offset = linear & OFFSET_MASK;
  if ((linear ^ offset) !== insn.lastLinear || offset + size > PAGE_SIZE) return 0;
  if (readRegister(insn.cpu, REG_CR3) !== insn.lastRoot) return 0;
  if (readGuest(insn.cell, insn.lastPage | offset, changetype<usize>(insn), size) < 0) return 0;
  return <u32>insn.low;
}

/** Makes sure that the first `count` bytes, 15 at most, are there; a second page is read only when it is needed. */
export function needBytes(insn: Instruction, count: u32): bool {
  while (insn.available < count) {
    const linear = linearAddress(insn, insn.available);
    const scratch = changetype<usize>(insn) + offsetof<Instruction>("entry");
    const address = translate(insn.cpu, insn.cell, linear, scratch);
    if (address === NO_ADDRESS) return false;
    if (!insn.available) remember(insn, linear, address);
    const rest = PAGE_SIZE - (<u32>address & (PAGE_SIZE - 1));
    const size = min(rest, BYTES - insn.available);
    if (readGuest(insn.cell, address, changetype<usize>(insn) + insn.available, size) < 0)
      return false;
    insn.available += size;
  }
  return true;
}
