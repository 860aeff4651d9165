// Reset control register of Intel's south bridges at 0xcf9 (ICH9 datasheet, 13.7.5): a rising RST_CPU resets, the processors alone or
// the platform, as SYS_RST says.
import { Device, type Registers } from "../device.ts";

/** SYS_RST: a reset is a hard one, of the whole platform. */
const SYSTEM_RESET = 0x2;
/** RST_CPU: resets when it rises. */
const RESET_CPU = 0x4;
/** FULL_RST: a hard reset switches power off and on. */
const FULL_RESET = 0x8;
const WRITABLE = SYSTEM_RESET | RESET_CPU | FULL_RESET;

/** What a hard reset takes: the value of the FADT's reset register. */
export const RESET_HARD: number = SYSTEM_RESET | RESET_CPU;

/** One port. */
export class ResetControl extends Device<{ value: number }> implements Registers {
  readonly #reset: () => void;

  /** `reset` is called for a reset of either kind. */
  constructor(reset: () => void) {
    super("reset-control", 1, { value: 0 });
    this.#reset = reset;
  }

  read(): number {
    return this.state.value;
  }

  write(_offset: number, _size: number, value: number): void {
    const rises = (value & ~this.state.value & RESET_CPU) !== 0;
    this.state.value = value & WRITABLE;
    if (rises) this.#reset();
  }
}
