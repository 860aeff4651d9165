// A port that ends the machine, as QEMU's isa-debug-exit does: the first value written there is kept, and time stops.
import { Device, type Registers } from "../device.ts";

interface State {
  /** What was written. */
  written?: number;
}

/** Four ports that are one register; it reads as zero. */
export class ExitPort extends Device<State> implements Registers {
  readonly #ended: () => void;

  /** `ended` is called when the machine ends. */
  constructor(ended: () => void) {
    super("exit-port", 1, {});
    this.#ended = ended;
  }

  /** What was written, once it was. */
  get written(): number | undefined {
    return this.state.written;
  }

  read(): number {
    return 0;
  }

  write(_offset: number, _size: number, value: number): void {
    if (this.state.written !== undefined) return;
    this.state.written = value;
    this.#ended();
  }
}
