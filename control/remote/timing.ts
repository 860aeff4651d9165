// How long a line takes, as far as it is known: learned from frames that were answered, and told for those to come.

/** Milliseconds until a frame is sent again, before the line's own time is known, and at least and at most. */
const FIRST_WAIT = 400;
const LEAST_WAIT = 30;
const MOST_WAIT = 8000;
/** So many round trips are waited for. */
const ROUND_TRIPS = 4;
/** A round trip takes as long as this many bytes, in addition to those that are sent. */
const OVERHEAD = 64;
/** A sample counts this much beside what was known: a line that has become slower is believed at once, almost. */
const SLOWER = 0.5;
const FASTER = 0.2;

export class Timing {
  /** Milliseconds a byte; undefined: nothing is known. */
  #pace: number | undefined;

  /** Bytes of both directions took so many milliseconds. */
  learn(bytes: number, milliseconds: number): void {
    const sample = milliseconds / (OVERHEAD + bytes);
    const before = this.#pace ?? sample;
    this.#pace = before + (sample - before) * (sample > before ? SLOWER : FASTER);
  }

  /** Milliseconds in which an answer should be there, where both directions have so many bytes together, times a patience. */
  wait(bytes: number, patience: number): number {
    const expected =
      this.#pace === undefined ? FIRST_WAIT : this.#pace * (OVERHEAD + bytes) * ROUND_TRIPS;
    return Math.min(Math.max(expected, LEAST_WAIT) * patience, MOST_WAIT);
  }
}
