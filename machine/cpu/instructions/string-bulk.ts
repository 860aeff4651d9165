// REP MOVS and REP STOS over plain RAM, a page's worth at a time: what lies between the pointers and the ends of their pages is copied at
// once where the translation caches answer for both. The result is that of the single iterations.

import { ES, S_FAULT, S_GPR } from "../interface.ts";
import { PAGE_OFFSET, PAGE_SIZE, TLB_ADDEND, TLB_READ, TLB_WRITE } from "../memory/layout.ts";
import { linearAddress } from "../memory/segmentation.ts";
import { entryOf, PAGE_MASK } from "../memory/tlb.ts";
import { R_ADDRESS_WIDTH, R_SEGMENT } from "../records.ts";
import { faulted } from "../system/fault.ts";
import { setAt, valueAt, widthOf } from "./sized.ts";

/** Offset of RSI in the state block. */
const RSI: u32 = S_GPR + 6 * 8;
/** Offset of RDI in the state block. */
const RDI: u32 = S_GPR + 7 * 8;

/** Host address for `linear` by a translation cache, or 0. */
function hostOf(s: u32, cache: u32, linear: u64): u32 {
  const entry = entryOf(s, cache, linear);
  if (load<u64>(entry) !== (linear & PAGE_MASK)) return 0;
  return <u32>linear + load<u32>(entry, TLB_ADDEND);
}

/** Elements from `linear` to the end of its page, at most `most`. */
function within(linear: u64, width: u32, most: u32): u32 {
  return min((PAGE_SIZE - (<u32>linear & PAGE_OFFSET)) >> width, most);
}

/** Linear address of `count` elements at segment:offset, or all ones where they are not all accessible. */
function spanAt(s: u32, segment: u32, offset: u64, bytes: u32, write: bool): u64 {
  const linear = linearAddress(s, segment, offset, bytes, write);
  if (!faulted(s)) return linear;
  store<u32>(s, 0, S_FAULT);
  return <u64>-1;
}

/** Whether a pointer of a width would wrap within `bytes`. */
function wraps(offset: u64, bytes: u32, width: u32): bool {
  return width === 2 && offset + bytes > 0x100000000;
}

/** Repeats what is at `to` for `count` elements of 1 << width bytes; the first is in place. */
function spread(to: u32, width: u32, count: u32): void {
  const bytes = count << width;
  for (let done: u32 = 1 << width; done < bytes; done <<= 1)
    memory.copy(to + done, to, min(done, bytes - done));
}

/** STOS; returns the number of elements written, 0 if the single iteration must be tried. */
export function storeMany(s: u32, record: u32, most: u32): u32 {
  const width = widthOf(record);
  const address = <u32>load<u8>(record, R_ADDRESS_WIDTH);
  const offset = valueAt(s + RDI, address);
  let linear = spanAt(s, ES, offset, 1, true);
  const count = within(linear, width, most);
  if (count < 2 || wraps(offset, count << width, address)) return 0;
  linear = spanAt(s, ES, offset, count << width, true);
  if (linear === <u64>-1) return 0;
  const to = hostOf(s, TLB_WRITE, linear);
  if (to === 0) return 0;
  memory.copy(to, s + S_GPR, 1 << width);
  spread(to, width, count);
  setAt(s + RDI, address, offset + (count << width));
  return count;
}

/** MOVS; as storeMany. Regions where an element would be read after it was written are left to the single iterations. */
export function moveMany(s: u32, record: u32, most: u32): u32 {
  const width = widthOf(record);
  const address = <u32>load<u8>(record, R_ADDRESS_WIDTH);
  const source = valueAt(s + RSI, address);
  const target = valueAt(s + RDI, address);
  const segment = <u32>load<u8>(record, R_SEGMENT);
  let from = spanAt(s, segment, source, 1, false);
  let to = spanAt(s, ES, target, 1, true);
  const count = within(to, width, within(from, width, most));
  const bytes = count << width;
  if (count < 2 || wraps(source, bytes, address) || wraps(target, bytes, address)) return 0;
  from = spanAt(s, segment, source, bytes, false);
  to = spanAt(s, ES, target, bytes, true);
  if (from === <u64>-1 || to === <u64>-1) return 0;
  const hostFrom = hostOf(s, TLB_READ, from);
  const hostTo = hostOf(s, TLB_WRITE, to);
  if (hostFrom === 0 || hostTo === 0) return 0;
  if (hostTo > hostFrom && hostTo < hostFrom + bytes) return 0;
  memory.copy(hostTo, hostFrom, bytes);
  setAt(s + RSI, address, source + bytes);
  setAt(s + RDI, address, target + bytes);
  return count;
}
