// Real-time clock and CMOS memory (Motorola MC146818 data sheet). The date at tick 0 is an option of the machine: a run
// never sees the host's clock.
import { cyclesAt, SECOND, timeOfCycle } from "../../frequency.ts";
import { type Alarm, type Alarms, Device, type Line, type Registers } from "../device.ts";
import {
  CENTURY,
  type Format,
  fromRegisters,
  HOURS,
  HOURS_ALARM,
  MINUTES,
  MINUTES_ALARM,
  SECONDS,
  SECONDS_ALARM,
  toRegisters,
  YEAR,
} from "./calendar.ts";

const SIZE = 128;
const INDEX_MASK = 0x7f;
const REGISTER_A = 0xa;
const REGISTER_B = 0xb;
const REGISTER_C = 0xc;
const REGISTER_D = 0xd;
const A_RESET = 0x26;
const A_WRITABLE = 0x7f;
const A_RATE = 0x0f;
/** A: the time is about to change. */
const A_UPDATING = 0x80;
/** The last ticks of a second, in which A_UPDATING is set (244 us). */
const UPDATE_TICKS = 244_000;
const B_RESET = 0x02;
const B_SET = 0x80;
const B_SQUARE_WAVE = 0x08;
const B_BINARY = 0x04;
const B_HOURS_24 = 0x02;
/** B and C: periodic, alarm, update-ended. */
const PERIODIC = 0x40;
const ALARM = 0x20;
const UPDATED = 0x10;
const SOURCES = PERIODIC | ALARM | UPDATED;
/** C: an enabled source interrupts. */
const C_INTERRUPT = 0x80;
const D_VALID = 0x80;
/** An alarm register with both top bits set matches every value. */
const ANY = 0xc0;
const CRYSTAL_HERTZ = 32_768;
/** Rates 1 and 2 are those of 8 and 9. */
const FAST_RATES = 2;
const FAST_RATE_OFFSET = 7;
const DAY_SECONDS = 86_400;
const MICROSECONDS = 1e6;

interface State {
  index: number;
  /** CMOS memory; the time registers in it count only while B_SET is set. */
  ram: number[];
  /** Unix time at `origin` (a tick). */
  unix: number;
  origin: number;
  flags: number;
  /** Seconds and periods up to which flags are up to date. */
  seconds: number;
  periods: number;
}

/** The clock: index and data port; `interrupt` is active high. */
export class Rtc extends Device<State> implements Registers {
  readonly #alarms: Alarms;
  readonly #alarm: Alarm;
  readonly #interrupt: Line;

  /** `date` is that at tick 0 in Unix seconds, to the microsecond; `cmos` gives initial contents of memory cells. */
  constructor(
    alarms: Alarms,
    interrupt: Line,
    date: number,
    cmos: readonly [number, number][] = [],
  ) {
    const ram = new Array<number>(SIZE).fill(0);
    for (const [cell, value] of [[REGISTER_A, A_RESET], [REGISTER_B, B_RESET], ...cmos] as const)
      ram[cell] = value;
    const unix = Math.floor(date);
    const origin = -Math.round((date - unix) * MICROSECONDS) * (SECOND / MICROSECONDS);
    super("rtc", 1, { ...{ index: 0, ram, unix, origin, flags: 0, seconds: 0, periods: 0 } });
    this.#alarms = alarms;
    this.#interrupt = interrupt;
    this.#alarm = alarms.alarm(() => this.#update());
  }

  read(offset: number, _size: number): number {
    this.#update();
    return offset === 0 ? 0xff : this.#readRegister(this.state.index);
  }

  write(offset: number, _size: number, value: number): void {
    this.#update();
    if (offset === 0) this.state.index = value & INDEX_MASK;
    else this.#writeRegister(this.state.index, value);
    this.#update();
  }

  /** The reset line: no interrupts, and no flags; date and memory have a battery (MC146818A data sheet, "RESET"). */
  reset(): void {
    const { state } = this;
    state.ram[REGISTER_B] = state.ram[REGISTER_B]! & ~(SOURCES | B_SQUARE_WAVE);
    state.flags = 0;
    this.#update();
    this.#drive();
  }

  /** The present date, Unix seconds. */
  get unix(): number {
    return this.state.unix + this.#elapsedSeconds;
  }

  protected override restored(): void {
    this.#setAlarm();
  }

  get #elapsedSeconds(): number {
    return Math.floor((this.#alarms.now - this.state.origin) / SECOND);
  }

  get #format(): Format {
    const b = this.state.ram[REGISTER_B]!;
    return { binary: (b & B_BINARY) !== 0, hours24: (b & B_HOURS_24) !== 0 };
  }

  get #isHeld(): boolean {
    return (this.state.ram[REGISTER_B]! & B_SET) !== 0;
  }

  #readRegister(register: number): number {
    const { state } = this;
    if (register === REGISTER_A) return state.ram[REGISTER_A]! | this.#updating;
    if (register === REGISTER_C) return this.#takeFlags();
    if (register === REGISTER_D) return D_VALID;
    if (isTime(register) && !this.#isHeld) this.#showTime();
    return state.ram[register]!;
  }

  get #updating(): number {
    const inSecond = (this.#alarms.now - this.state.origin) % SECOND;
    return !this.#isHeld && inSecond >= SECOND - UPDATE_TICKS ? A_UPDATING : 0;
  }

  #takeFlags(): number {
    const { flags } = this.state;
    const interrupt = flags & this.state.ram[REGISTER_B]! & SOURCES ? C_INTERRUPT : 0;
    this.state.flags = 0;
    this.#drive();
    return flags | interrupt;
  }

  #writeRegister(register: number, value: number): void {
    const { ram } = this.state;
    if (register === REGISTER_A) this.#writeRate(value);
    else if (register === REGISTER_B) this.#writeControl(value);
    else if (register === REGISTER_C || register === REGISTER_D) return;
    else if (isTime(register) && !this.#isHeld) {
      this.#showTime();
      ram[register] = value;
      this.state.unix = fromRegisters(ram, this.#format) - this.#elapsedSeconds;
    } else ram[register] = value;
  }

  #writeRate(value: number): void {
    this.state.ram[REGISTER_A] = value & A_WRITABLE;
    this.state.periods = this.#periods;
  }

  /** Setting B_SET freezes the registers; clearing it starts the clock with what they say. */
  #writeControl(value: number): void {
    const { state } = this;
    const wasHeld = this.#isHeld;
    if (!wasHeld && value & B_SET) this.#showTime();
    if (wasHeld && !(value & B_SET)) {
      state.unix = fromRegisters(state.ram, this.#format);
      state.origin = this.#alarms.now;
      state.seconds = 0;
    }
    state.ram[REGISTER_B] = value;
  }

  #showTime(): void {
    for (const [register, value] of toRegisters(this.unix, this.#format))
      this.state.ram[register] = value;
  }

  /** How many periods of the periodic interrupt have passed. */
  get #periods(): number {
    const cycles = this.#periodCycles;
    return cycles ? Math.floor(cyclesAt(this.#alarms.now, CRYSTAL_HERTZ) / cycles) : 0;
  }

  /** Cycles of the crystal in a period; 0: no periodic interrupt. */
  get #periodCycles(): number {
    const rate = this.state.ram[REGISTER_A]! & A_RATE;
    if (rate === 0) return 0;
    return 1 << ((rate <= FAST_RATES ? rate + FAST_RATE_OFFSET : rate) - 1);
  }

  /** Sets the flags of everything that has happened since the last time. */
  #update(): void {
    const { state } = this;
    const periods = this.#periods;
    if (periods > state.periods) state.flags |= PERIODIC;
    state.periods = Math.max(state.periods, periods);
    if (!this.#isHeld) this.#updateSeconds();
    this.#drive();
    this.#setAlarm();
  }

  #updateSeconds(): void {
    const { state } = this;
    const seconds = this.#elapsedSeconds;
    if (seconds <= state.seconds) return;
    state.flags |= UPDATED;
    const first = Math.max(state.seconds + 1, seconds - DAY_SECONDS);
    for (let second = first; second <= seconds; second++)
      if (this.#isAlarm(state.unix + second)) state.flags |= ALARM;
    state.seconds = seconds;
  }

  #isAlarm(unix: number): boolean {
    const shown = new Map(toRegisters(unix, this.#format));
    const matches = (alarm: number, register: number) => {
      const wanted = this.state.ram[alarm]!;
      return (wanted & ANY) === ANY || wanted === shown.get(register);
    };
    return (
      matches(SECONDS_ALARM, SECONDS) &&
      matches(MINUTES_ALARM, MINUTES) &&
      matches(HOURS_ALARM, HOURS)
    );
  }

  #drive(): void {
    this.#interrupt((this.state.flags & this.state.ram[REGISTER_B]! & SOURCES) !== 0);
  }

  #setAlarm(): void {
    const { state } = this;
    const enabled = state.ram[REGISTER_B]!;
    let next = Number.POSITIVE_INFINITY;
    if (enabled & PERIODIC && this.#periodCycles)
      next = timeOfCycle((state.periods + 1) * this.#periodCycles, CRYSTAL_HERTZ);
    if (enabled & (ALARM | UPDATED) && !this.#isHeld)
      next = Math.min(next, state.origin + (state.seconds + 1) * SECOND);
    this.#alarm.set(next);
  }
}

function isTime(register: number): boolean {
  if (register === CENTURY) return true;
  return register <= YEAR && ![SECONDS_ALARM, MINUTES_ALARM, HOURS_ALARM].includes(register);
}
