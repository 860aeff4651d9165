// From RIP to a block: by the jump cache (execute.ts), else by physical address, else by decoding.

import { VECTOR_GP } from "../../abi/x86/registers.ts";
import { enterBlock, FAR_BLOCK, findBlock, NO_PAGE, roomForBlock } from "./blocks.ts";
import { buildBlock } from "./decode/block.ts";
import { MAX_LENGTH } from "./decode/fields.ts";
import { jumpEntry } from "./execute.ts";
import {
  CS,
  EXIT_UNIMPLEMENTED,
  S_FAULT,
  S_SEGMENT,
  SEG_LIMIT,
  SEGMENT_SIZE,
} from "./interface.ts";
import {
  C_SCRATCH,
  S_BLOCK_RIP,
  S_CACHE,
  S_CODE_BASE,
  S_LINK,
  S_MODE_TAG,
  S_SINK,
} from "./interpreter-state.ts";
import { fetchPage } from "./memory/access.ts";
import { M_RAM_BASE, PAGE_OFFSET, PAGE_SIZE, S_MODE } from "./memory/layout.ts";
import { MACHINE } from "./memory/machine.ts";
import { isCanonical } from "./memory/segmentation.ts";
import { B_PHYS2, BLOCK_INSTRUCTIONS } from "./records.ts";
import { faulted, raiseException, raiseExit } from "./system/fault.ts";
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

/** Host address of the code at `linear`, or 0 with a fault set. */
function fetch(s: u32, linear: u64): u32 {
  const host = fetchPage(s, linear);
  if (host === 0 && !faulted(s)) raiseExit(s, EXIT_UNIMPLEMENTED, 0, 0);
  return host;
}

/** Physical address of the page after that of `linear`, where the instruction at `linear` may reach into it. */
function findStraddling(s: u32, phys: u64, linear: u64, mode: u32, ramBase: u32): u32 {
  const left = PAGE_SIZE - (<u32>linear & PAGE_OFFSET);
  if (left >= MAX_LENGTH) return 0;
  const next = fetchPage(s, linear + left);
  if (next !== 0) return findBlock(s, phys, mode, <u64>(next - ramBase));
  // Whether the second page is needed at all is known only to the decoder, which faults again if so.
  store<u32>(s, 0, S_FAULT);
  return 0;
}

/** Keeps a block where it will be found again: in the jump cache, and in the jump that led here. */
function remember(s: u32, linear: u64, block: u32): void {
  const entry = jumpEntry(s, load<u64>(s, S_BLOCK_RIP));
  store<u64>(entry, linear ^ load<u64>(s, S_MODE_TAG));
  store<u32>(entry, block, 8);
  const link = load<u32>(s, S_LINK);
  if (load<u32>(link) !== FAR_BLOCK && load<u64>(block, B_PHYS2) === NO_PAGE)
    store<u32>(link, block);
}

function build(s: u32, at: u32, linear: u64, host: u32, most: u32): u32 {
  const ramBase = load<u32>(MACHINE, M_RAM_BASE);
  const phys = <u64>(host - ramBase);
  return buildBlock(s, at, load<u32>(s, S_MODE), linear, host, phys, ramBase, most);
}

/** The block at S_BLOCK_RIP, or 0 with a fault set. */
export function lookUp(s: u32): u32 {
  const linear = codeAddress(s);
  if (faulted(s)) return 0;
  const host = fetch(s, linear);
  if (host === 0) return 0;
  const ramBase = load<u32>(MACHINE, M_RAM_BASE);
  const phys = <u64>(host - ramBase);
  const mode = load<u32>(s, S_MODE);
  let block = findBlock(s, phys, mode, NO_PAGE);
  if (block === 0) block = findStraddling(s, phys, linear, mode, ramBase);
  if (block === 0) {
    block = roomForBlock(s);
    const end = build(s, block, linear, host, BLOCK_INSTRUCTIONS);
    if (end === 0) return 0;
    enterBlock(s, block, end);
  }
  remember(s, linear, block);
  return block;
}

/** A block for one use of at most `most` instructions at S_BLOCK_RIP, or 0 with a fault set. */
export function lookUpShort(s: u32, most: u32): u32 {
  const linear = codeAddress(s);
  if (faulted(s)) return 0;
  const host = fetch(s, linear);
  if (host === 0) return 0;
  const block = load<u32>(s, S_CACHE) + C_SCRATCH;
  store<u32>(s, s + S_SINK, S_LINK);
  return build(s, block, linear, host, most) === 0 ? 0 : block;
}
