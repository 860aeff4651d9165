// System control port A at 0x92 (ICH9 datasheet, 13.7.3): fast reset and the A20 gate. Address line 20 is always on, as on any PC of
// today: the gate's bit is only kept.
import { Device, type Registers } from "../device.ts";

/** INIT_NOW: resets when it rises. */
const FAST_RESET = 0x1;
/** ALT_A20_GATE. */
const A20_GATE = 0x2;

/** One port. */
export class FastReset extends Device<{ value: number }> implements Registers {
  readonly #reset: () => void;

  constructor(reset: () => void) {
    super("fast-reset", 1, { value: A20_GATE });
    this.#reset = reset;
  }

  read(): number {
    return this.state.value;
  }

  write(_offset: number, _size: number, value: number): void {
    const rises = (value & ~this.state.value & FAST_RESET) !== 0;
    this.state.value = value & (FAST_RESET | A20_GATE);
    if (rises) this.#reset();
  }
}
