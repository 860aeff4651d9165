// INIT and start-up IPI on a CPU without a hypervisor (AMD64 APM volume 2, sections 14.1.3 and 15.27.8).
import * as S from "./cpu/interface.ts";
import { CS } from "./cpu/interface.ts";
import type { Processor } from "./processor.ts";

/** What INIT leaves alone: time, counters, x87 and SSE, and the MSRs that only a power-on resets. Offset and bytes. */
const KEPT: readonly [number, number][] = [
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
const WORD = 4;
const SIPI_SELECTOR_SHIFT = 8;
const SIPI_BASE_SHIFT = 12;

/** Carries out INIT: the bootstrap processor starts over at the reset vector, the others wait for a start-up IPI. */
export function initProcessor(processor: Processor): void {
  const kept: number[] = [];
  for (const [offset, size] of KEPT)
    for (let at = offset; at < offset + size; at += WORD) kept.push(processor.word(at));
  processor.exports.reset(processor.index);
  let index = 0;
  for (const [offset, size] of KEPT)
    for (let at = offset; at < offset + size; at += WORD) processor.setWord(at, kept[index++]!);
  processor.exports.sync(processor.index);
  processor.exports.flush(processor.index);
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
