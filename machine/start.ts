// Reset of a CPU, and INIT and start-up IPI on one without a hypervisor (AMD64 APM volume 2, sections 14.1.3 and 15.27.8).
import * as S from "./cpu/interface.ts";
import { CS } from "./cpu/interface.ts";
import type { Processor } from "./processor.ts";

/** A piece of a CPU's state: offset and bytes. */
type Piece = readonly [offset: number, size: number];

/** What INIT leaves alone: time, counters, x87 and SSE, and the MSRs that only a power-on resets. */
const KEPT_BY_INIT: readonly Piece[] = [
  [S.S_TIME, 8],
  [S.S_DEADLINE, 8],
  [S.S_TSC_OFFSET, 8],
  [S.S_GUEST, 4],
  [S.S_INSTRUCTIONS, 8],
  [S.S_XCR0, 8],
  [S.S_STAR, S.S_VIRTUAL - S.S_STAR],
  [S.S_FX, S.FX_SIZE],
  [S.S_MISC_ENABLE, 8],
  [S.S_TIME_SEEN, 8],
  [S.S_RANDOM, 8],
];
/** What is not the CPU's to reset: the machine's time, how much was executed, and how far its source of random numbers is. */
const KEPT_BY_RESET: readonly Piece[] = [
  [S.S_TIME, 8],
  [S.S_INSTRUCTIONS, 8],
  [S.S_TIME_SEEN, 8],
  [S.S_RANDOM, 8],
];
const WORD = 4;
const WIDE_BITS = 64;
const SIPI_SELECTOR_SHIFT = 8;
const SIPI_BASE_SHIFT = 12;

/** Puts a CPU into its power-on state, but for what is kept. */
function resetBut(processor: Processor, pieces: readonly Piece[]): void {
  const kept: number[] = [];
  for (const [offset, size] of pieces)
    for (let at = offset; at < offset + size; at += WORD) kept.push(processor.word(at));
  processor.exports.reset(processor.index);
  let index = 0;
  for (const [offset, size] of pieces)
    for (let at = offset; at < offset + size; at += WORD) processor.setWord(at, kept[index++]!);
  processor.exports.sync(processor.index);
  processor.exports.flush(processor.index);
}

/** Carries out INIT: the bootstrap processor starts over at the reset vector, the others wait for a start-up IPI. */
export function initProcessor(processor: Processor): void {
  resetBut(processor, KEPT_BY_INIT);
}

/** Carries out a reset. The TSC starts at zero (Intel SDM volume 3, table 10-1), whatever the machine's time is. */
export function resetProcessor(processor: Processor): void {
  resetBut(processor, KEPT_BY_RESET);
  processor.setWide(S.S_TSC_OFFSET, BigInt.asUintN(WIDE_BITS, -processor.wide(S.S_TIME)));
}

/** Carries out a start-up IPI: a waiting CPU starts at vector << 12 in real mode; others ignore it. */
export function startProcessor(processor: Processor, vector: number): void {
  if (processor.activity !== S.ACTIVITY_WAIT_FOR_SIPI) return;
  const segment = processor.segment(CS);
  segment.selector = vector << SIPI_SELECTOR_SHIFT;
  segment.base = BigInt(vector << SIPI_BASE_SHIFT);
  processor.setSegment(CS, segment);
  processor.setWide(S.S_RIP, 0n);
  processor.activity = S.ACTIVITY_RUNNING;
}
