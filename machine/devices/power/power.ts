// Power of the machine: software has switched it off, or reset it. A reset is carried out by whoever can start the machine anew; where
// nobody can, it is the machine's end, as power-off is. The first end counts.
import { type Clock, Device } from "../device.ts";

/** What ended the machine. */
export type PowerEnd = "power-off" | "reset";

/** What reset the machine: a register, the keyboard controller's line, or the shutdown of a processor. */
export type ResetCause = "0xcf9" | "0x92" | "keyboard-controller" | "triple-fault";

/** A reset. */
export interface Reset {
  readonly cause: ResetCause;
  /** Virtual time in nanoseconds. */
  readonly time: number;
  /** Where the processor was, in hex, that shut down. */
  readonly rip?: string;
}

interface State {
  end?: PowerEnd;
  /** The reset that is to be carried out. */
  due?: Reset;
  /** Resets that have been carried out, and the last of them. */
  resets: number;
  last?: Reset;
}

/** Where power-off and reset lines lead. */
export class Power extends Device<State> {
  /** Whether a reset starts the machine anew. */
  canReset = false;
  readonly #clock: Clock;
  readonly #stopped: () => void;

  /** `stopped` is called when no CPU is to go on. */
  constructor(clock: Clock, stopped: () => void) {
    super("power", 2, { resets: 0 });
    this.#clock = clock;
    this.#stopped = stopped;
  }

  /** What ended the machine, once it has ended so. */
  get end(): PowerEnd | undefined {
    return this.state.end;
  }

  /** Whether a reset is to be carried out. */
  get isResetting(): boolean {
    return this.state.due !== undefined;
  }

  /** How often the machine was started anew. */
  get resets(): number {
    return this.state.resets;
  }

  /** The last reset, be it the machine's end. */
  get lastReset(): Reset | undefined {
    return this.state.last;
  }

  /** Switches power off. */
  off(): void {
    this.#finish("power-off");
  }

  /** Asks for a reset; of several before it is carried out the first one counts. */
  reset(cause: ResetCause, rip?: string): void {
    const { state } = this;
    if (state.end || state.due) return;
    const reset = { cause, time: this.#clock.now, ...(rip !== undefined && { rip }) };
    if (this.canReset) {
      state.due = reset;
      this.#stopped();
    } else {
      state.last = reset;
      this.#finish("reset");
    }
  }

  /** The reset is carried out. */
  didReset(): void {
    const { due, resets } = this.state;
    this.state = { resets: resets + 1, ...(due && { last: due }) };
  }

  #finish(end: PowerEnd): void {
    if (this.state.end) return;
    this.state.end = end;
    this.#stopped();
  }
}
