// The ACPI fixed hardware of a PC: PM1 event and control registers and the power management timer (ACPI 6.5, sections
// 4.8.3.1 to 4.8.3.3). The machine starts in ACPI mode (SCI_EN set), as firmware leaves it to an operating system.

import { cyclesAt, timeOfCycle } from "../../frequency.ts";
import { type Alarm, type Alarms, Device, type Line, type Registers } from "../device.ts";

/** Frequency of the timer. */
export const PM_TIMER_HERTZ = 3_579_545;
/** Bits of the counter. */
export const PM_TIMER_BITS = 24;
/** Where the counter starts over. */
export const PM_TIMER_COUNTER_SIZE = 2 ** PM_TIMER_BITS;
/** The status bit follows changes of the counter's top bit. */
const HALF_PERIOD = PM_TIMER_COUNTER_SIZE / 2;

/** Offset of PM1 status, 16 bits, write 1 to clear. */
export const PM1_STATUS = 0x0;
/** Offset of PM1 enable, 16 bits. */
export const PM1_ENABLE = 0x2;
/** Offset of PM1 control, 16 bits. */
export const PM1_CONTROL = 0x4;
/** Offset of the timer, 32 bits, read-only. */
export const PM_TIMER = 0x8;
/** PM1 status and enable: the timer's top bit has changed. */
export const PM1_TIMER = 0x1;
/** PM1 status and enable: the power button was pressed. */
export const PM1_POWER_BUTTON = 0x100;
/** PM1 status: timer, bus master, global, power button, sleep button, RTC, wake. */
const STATUS_MASK = 0x8731;
const ENABLE_MASK = 0x0721;
/** PM1 control: SCIs instead of SMIs. */
export const PM1_SCI_ENABLE = 0x1;
/** PM1 control: shift of the sleep type. */
export const SLEEP_TYPE_SHIFT = 10;
const SLEEP_TYPE_MASK = 0x7;
/** PM1 control: goes to sleep. */
export const SLEEP_ENABLE = 0x2000;
/** The sleep type that is off, S5, as q35's in QEMU; there are no others. */
export const SLEEP_TYPE_OFF = 0;
/** PM1 control: SCI enable, bus master reload, sleep type; SLP_EN and GBL_RLS are write-only. */
const CONTROL_MASK = 0x1c03;

interface State {
  status: number;
  enable: number;
  control: number;
  /** How often the top bit had changed when the status was last brought up to date. */
  halves: number;
}

/** Sixteen ports of ACPI fixed hardware; `sci` is driven high while an enabled event is pending, `off` called to switch power off. */
export class PmTimer extends Device<State> implements Registers {
  readonly #alarms: Alarms;
  readonly #alarm: Alarm;
  readonly #sci: Line;
  readonly #off: () => void;
  /** What the counter says at tick 0, in cycles. */
  readonly #first: number;

  constructor(alarms: Alarms, sci: Line, off: () => void, first = 0) {
    const halves = Math.floor(first / HALF_PERIOD);
    super("pm-timer", 1, { status: 0, enable: 0, control: PM1_SCI_ENABLE, halves });
    this.#first = first;
    this.#alarms = alarms;
    this.#sci = sci;
    this.#off = off;
    this.#alarm = alarms.alarm(() => this.#update());
    this.restored();
  }

  read(offset: number, size: number): number {
    this.#update();
    const word = offset & ~1;
    const value = word >= PM_TIMER ? this.#readTimer(offset) : this.#readWord(word);
    const shift = word >= PM_TIMER ? 0 : (offset & 1) * 8;
    const next = size > 2 && word < PM_TIMER ? this.#readWord(word + 2) << 16 : 0;
    return (value >>> shift) | next;
  }

  write(offset: number, size: number, value: number): void {
    this.#update();
    if (offset & 1) this.#writeWord(offset & ~1, value << 8, 0xff00);
    else this.#writeWord(offset, value & 0xffff, size === 1 ? 0xff : 0xffff);
    if (size > 2) this.#writeWord(offset + 2, value >>> 16, 0xffff);
    this.#drive();
  }

  protected override restored(): void {
    const change = (this.state.halves + 1) * HALF_PERIOD;
    this.#alarm.set(timeOfCycle(change - this.#first, PM_TIMER_HERTZ));
  }

  /** Presses the power button: an event for software, which may switch the machine off. */
  pressPowerButton(): void {
    this.state.status |= PM1_POWER_BUTTON;
    this.#drive();
  }

  /** The counter at the present time. */
  get counter(): number {
    return this.#cycles % PM_TIMER_COUNTER_SIZE;
  }

  get #cycles(): number {
    return this.#first + cyclesAt(this.#alarms.now, PM_TIMER_HERTZ);
  }

  #readTimer(offset: number): number {
    return this.counter >>> ((offset - PM_TIMER) * 8);
  }

  #readWord(offset: number): number {
    if (offset === PM1_STATUS) return this.state.status;
    if (offset === PM1_ENABLE) return this.state.enable;
    return offset === PM1_CONTROL ? this.state.control : 0;
  }

  #writeWord(offset: number, value: number, mask: number): void {
    const { state } = this;
    if (offset === PM1_STATUS) state.status &= ~(value & mask);
    if (offset === PM1_ENABLE)
      state.enable = ((state.enable & ~mask) | (value & mask)) & ENABLE_MASK;
    if (offset === PM1_CONTROL) {
      state.control = ((state.control & ~mask) | (value & mask)) & CONTROL_MASK;
      const type = (state.control >> SLEEP_TYPE_SHIFT) & SLEEP_TYPE_MASK;
      if (value & mask & SLEEP_ENABLE && type === SLEEP_TYPE_OFF) this.#off();
    }
  }

  #update(): void {
    const halves = Math.floor(this.#cycles / HALF_PERIOD);
    if (halves <= this.state.halves) return;
    this.state.halves = halves;
    this.state.status = (this.state.status | PM1_TIMER) & STATUS_MASK;
    this.restored();
    this.#drive();
  }

  #drive(): void {
    const pending = (this.state.status & this.state.enable & ENABLE_MASK) !== 0;
    this.#sci(pending && (this.state.control & PM1_SCI_ENABLE) !== 0);
  }
}
