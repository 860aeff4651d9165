/** Ticks (ns) in a second. */
export const SECOND = 1_000_000_000;

/** Cycles of a clock of `hertz` (at most 9 MHz, so that nothing is rounded) that have passed at `time`. */
export function cyclesAt(time: number, hertz: number): number {
  const seconds = Math.floor(time / SECOND);
  return seconds * hertz + Math.floor(((time - seconds * SECOND) * hertz) / SECOND);
}

/** The first tick at which `cycles` of a clock of `hertz` (at most 9 MHz) have passed. */
export function timeOfCycle(cycles: number, hertz: number): number {
  const seconds = Math.floor(cycles / hertz);
  return seconds * SECOND + Math.ceil(((cycles - seconds * hertz) * SECOND) / hertz);
}
