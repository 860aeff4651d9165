// Power of the machine: software has switched it off, or reset it. There is no firmware that would start it anew after a reset, so that
// either is the machine's end; the first one counts.
import { Device } from "../device.ts";

/** What ended the machine. */
export type PowerEnd = "power-off" | "reset";

interface State {
  end?: PowerEnd;
}

/** Where power-off and reset lines lead. */
export class Power extends Device<State> {
  readonly #ended: () => void;

  /** `ended` is called when the machine ends. */
  constructor(ended: () => void) {
    super("power", 1, {});
    this.#ended = ended;
  }

  /** What ended the machine, once it has ended so. */
  get end(): PowerEnd | undefined {
    return this.state.end;
  }

  /** Ends the machine, unless it has ended already. */
  finish(end: PowerEnd): void {
    if (this.state.end) return;
    this.state.end = end;
    this.#ended();
  }
}
