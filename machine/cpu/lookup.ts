// From RIP to a block: by the jump cache (jumps.ts), else by physical address, else by decoding.

import { VECTOR_GP } from "../../abi/x86/registers.ts";
import { enterBlock, FAR_BLOCK, findBlock, NO_PAGE, roomForBlock, straddles } from "./blocks.ts";
import { isHot, settlePeriod, staysHot } from "./code-pages.ts";
import { buildBlock } from "./decode/block.ts";
import { leaveAtHotWrites, lookUpHot } from "./hot-code.ts";
import { CS, S_SEGMENT, SEG_LIMIT, SEGMENT_SIZE } from "./interface.ts";
import {
  C_SCRATCH,
  J_BLOCK,
  J_LINEAR,
  J_MODE,
  S_BLOCK_RIP,
  S_CACHE,
  S_CODE_BASE,
  S_CODE_LIMIT,
  S_LIMIT,
  S_LINK,
  S_SINK,
} from "./interpreter-state.ts";
import { jumpEntry } from "./jumps.ts";
import { fetchPage } from "./memory/access.ts";
import { M_RAM_BASE, PAGE_OFFSET, PAGE_SHIFT, PAGE_SIZE, S_MODE } from "./memory/layout.ts";
import { MACHINE } from "./memory/machine.ts";
import { isCanonical } from "./memory/segmentation.ts";
import { B_LENGTH, B_PHYS2, BLOCK_INSTRUCTIONS } from "./records.ts";
import { isWatchedCode } from "./system/breakpoints.ts";
import { faulted, raiseException } from "./system/fault.ts";
import { inLongCode } from "./system/mode.ts";

/** Linear address of RIP; sets #GP(0) where it is not canonical or beyond the limit of CS. */
function codeAddress(s: u32): u64 {
  const rip = load<u64>(s, S_BLOCK_RIP);
  if (inLongCode(s)) {
    if (!isCanonical(rip)) raiseException(s, VECTOR_GP, 0);
    return rip;
  }
  if (rip > load<u32>(s, S_SEGMENT + CS * SEGMENT_SIZE + SEG_LIMIT))
    raiseException(s, VECTOR_GP, 0);
  return (rip + load<u64>(s, S_CODE_BASE)) & 0xffffffff;
}

/**
 * The block of an instruction at `linear` that reaches into the next page, or 0. That page is looked for only where it is known
 * from such a block that the instruction needs it; a fault is then set if it cannot be fetched.
 */
function findStraddling(s: u32, phys: u64, linear: u64, mode: u32, ramBase: u32): u32 {
  if (!straddles(s, phys, mode)) return 0;
  const next = fetchPage(s, (linear & ~(<u64>PAGE_OFFSET)) + PAGE_SIZE);
  return next !== 0 ? findBlock(s, phys, mode, <u64>(next - ramBase)) : 0;
}

/** Keeps a block where it will be found again: in the jump cache, and in the jump that led here. */
function remember(s: u32, linear: u64, block: u32): void {
  const entry = jumpEntry(s, load<u64>(s, S_BLOCK_RIP));
  store<u64>(entry, linear, J_LINEAR);
  store<u32>(entry, block, J_BLOCK);
  store<u32>(entry, load<u32>(s, S_MODE), J_MODE);
  const link = load<u32>(s, S_LINK);
  if (load<u32>(link) !== FAR_BLOCK && load<u64>(block, B_PHYS2) === NO_PAGE)
    store<u32>(link, block);
}

/** A block of at most `most` instructions at `linear`, for one use, or 0 with a fault set. */
function lookUpOnce(s: u32, linear: u64, host: u32, most: u32): u32 {
  const block = load<u32>(s, S_CACHE) + C_SCRATCH;
  leaveAtHotWrites(s);
  store<u32>(s, s + S_SINK, S_LINK);
  return buildBlock(s, block, linear, host, most) === 0 ? 0 : block;
}

/** Whether a block straddles into a hot page. */
function isIntoHot(block: u32): bool {
  const second = load<u64>(block, B_PHYS2);
  return second !== NO_PAGE && isHot(<u32>(second >> PAGE_SHIFT));
}

/** Address in CS of a block's last byte, the block being at S_BLOCK_RIP. */
function lastByte(s: u32, block: u32): u64 {
  return load<u64>(s, S_BLOCK_RIP) + load<u32>(block, B_LENGTH) - 1;
}

/**
 * A block, or, as blocks know of no segment, only its first instruction where it goes on behind the end of CS or of 16-bit code's 64
 * KiB: RIP then wraps there. 0 with #GP(0) set where CS ends within that instruction.
 */
function cutAtEnd(s: u32, block: u32, linear: u64, host: u32): u32 {
  if (block === 0 || lastByte(s, block) <= load<u64>(s, S_CODE_LIMIT)) return block;
  const first = lookUpOnce(s, linear, host, 1);
  if (first === 0) return 0;
  if (lastByte(s, first) <= load<u32>(s, S_SEGMENT + CS * SEGMENT_SIZE + SEG_LIMIT)) return first;
  raiseException(s, VECTOR_GP, 0);
  return 0;
}

/** The block at S_BLOCK_RIP, or 0 with a fault set. */
export function lookUp(s: u32): u32 {
  const linear = codeAddress(s);
  if (faulted(s)) return 0;
  const host = fetchPage(s, linear);
  if (host === 0) return 0;
  const ramBase = load<u32>(MACHINE, M_RAM_BASE);
  const phys = <u64>(host - ramBase);
  settlePeriod(load<u64>(s, S_LIMIT));
  if (staysHot(<u32>(phys >> PAGE_SHIFT))) {
    const hot = isWatchedCode(s, linear)
      ? lookUpOnce(s, linear, host, 1)
      : lookUpHot(s, linear, host);
    return cutAtEnd(s, hot, linear, host);
  }
  const mode = load<u32>(s, S_MODE);
  let block = findBlock(s, phys, mode, NO_PAGE);
  if (block === 0) block = findStraddling(s, phys, linear, mode, ramBase);
  if (faulted(s)) return 0;
  let isKept = true;
  if (block === 0) {
    block = roomForBlock(s);
    const end = buildBlock(s, block, linear, host, BLOCK_INSTRUCTIONS);
    if (end === 0) return 0;
    isKept = !isIntoHot(block);
    if (isKept) enterBlock(s, block, end);
    else {
      store<u32>(s, s + S_SINK, S_LINK);
      leaveAtHotWrites(s);
    }
  }
  // What is kept knows of no breakpoint: where there may be one, each instruction is looked up.
  if (isWatchedCode(s, linear)) {
    block = lookUpOnce(s, linear, host, 1);
    isKept = false;
  }
  const found = cutAtEnd(s, block, linear, host);
  if (found === block && isKept) remember(s, linear, block);
  return found;
}

/** A block for one use of at most `most` instructions at S_BLOCK_RIP, or 0 with a fault set. */
export function lookUpShort(s: u32, most: u32): u32 {
  const linear = codeAddress(s);
  if (faulted(s)) return 0;
  const host = fetchPage(s, linear);
  if (host === 0) return 0;
  return cutAtEnd(s, lookUpOnce(s, linear, host, most), linear, host);
}
