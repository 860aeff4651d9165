// High precision event timers (IA-PC HPET specification 1.0a, section 2.3): a 64-bit counter at 100 MHz and three comparators,
// the first of which can be periodic. 64-bit values are bigints; the state keeps them as decimal strings.
import { type Alarm, type Alarms, Device, type Registers } from "../device.ts";

/** Ticks of a count: 10 ns. */
export const HPET_PERIOD = 10;
/** Comparators. */
export const HPET_TIMERS = 3;
const FEMTOSECONDS = 1_000_000;
const REVISION = 1;
const CAPABILITY_TIMERS_SHIFT = 8;
const CAPABILITY_64_BIT = 0x2000;
const CAPABILITY_LEGACY = 0x8000;
const VENDOR_SHIFT = 16;
const VENDOR = 0x8086;
const CAPABILITIES = 0x000;
const PERIOD = 0x004;
const CONFIGURATION = 0x010;
const STATUS = 0x020;
const COUNTER = 0x0f0;
/** The low half of the capabilities: revision, number of timers, 64 bits, legacy routes, vendor. */
export const HPET_ID: number =
  (REVISION |
    ((HPET_TIMERS - 1) << CAPABILITY_TIMERS_SHIFT) |
    CAPABILITY_64_BIT |
    CAPABILITY_LEGACY |
    (VENDOR << VENDOR_SHIFT)) >>>
  0;
const TIMER_FIRST = 0x100;
const TIMER_SIZE = 0x20;
const TIMER_CONFIGURATION = 0x00;
const TIMER_COMPARATOR = 0x08;
/** Configuration: the counter runs. */
export const HPET_ENABLE = 0x1;
/** Configuration: timers 0 and 1 replace the PIT and the RTC. */
export const HPET_LEGACY = 0x2;
/** Timer: level triggered. */
export const TIMER_LEVEL = 0x2;
/** Timer: interrupt enabled. */
export const TIMER_ENABLE = 0x4;
/** Timer: periodic. */
export const TIMER_PERIODIC = 0x8;
const TIMER_PERIODIC_CAPABLE = 0x10;
const TIMER_64_BIT_CAPABLE = 0x20;
/** Timer: the next write of the comparator sets it and not only the period. */
export const TIMER_SET_VALUE = 0x40;
/** Timer: compares 32 bits. */
export const TIMER_32_BIT = 0x100;
/** Timer: shift of the interrupt route. */
export const TIMER_ROUTE_SHIFT = 9;
const TIMER_ROUTE_MASK = 0x1f;
const TIMER_WRITABLE = 0x3f4e;
const WORD = 32n;
const LOW = 0xffffffffn;
const ALL = 0xffffffffffffffffn;

interface Timer {
  config: number;
  comparator: string;
  period: string;
  /** The low half of the comparator was set; a high half that follows is for it as well. */
  setHigh: boolean;
}

/** Replaces one half of a 64-bit value. */
type Half = (before: bigint, value: number) => bigint;

interface State {
  config: number;
  status: number;
  /** Counter minus time in periods while running; the counter itself while stopped. */
  offset: string;
  timers: Timer[];
}

/** Where the timers' interrupts go. */
export interface HpetLines {
  /** IOAPIC pins that a timer can be routed to: a bit a pin. */
  readonly routes: number;
  /** Drives an IOAPIC pin. */
  pin(pin: number, level: boolean): void;
  /** Drives the line of the PIT (0) or of the RTC (1). */
  legacy(line: number, level: boolean): void;
}

/** The timer block; registers take accesses of 4 bytes, wider ones are split. */
export class Hpet extends Device<State> implements Registers {
  readonly #alarms: Alarms;
  readonly #alarm: Alarm[];
  readonly #lines: HpetLines;

  constructor(alarms: Alarms, lines: HpetLines) {
    const timer = { config: 0, comparator: ALL.toString(), period: "0", setHigh: false };
    const timers = Array.from({ length: HPET_TIMERS }, () => ({ ...timer }));
    super("hpet", 1, { config: 0, status: 0, offset: "0", timers });
    this.#alarms = alarms;
    this.#lines = lines;
    this.#alarm = timers.map((_, index) => alarms.alarm(() => this.#match(index)));
  }

  /** Whether timers 0 and 1 stand in for the PIT and the RTC. */
  get isLegacy(): boolean {
    return (this.state.config & HPET_LEGACY) !== 0;
  }

  read(offset: number, _size: number): number {
    if (offset >= TIMER_FIRST) return this.#readTimer(offset - TIMER_FIRST);
    switch (offset) {
      case CAPABILITIES:
        return HPET_ID;
      case PERIOD:
        return HPET_PERIOD * FEMTOSECONDS;
      case CONFIGURATION:
        return this.state.config;
      case STATUS:
        return this.state.status;
      case COUNTER:
        return Number(this.counter & LOW);
      case COUNTER + 4:
        return Number(this.counter >> WORD);
      default:
        return 0;
    }
  }

  write(offset: number, size: number, value: number): void {
    if (size !== 4) return;
    if (offset >= TIMER_FIRST) this.#writeTimer(offset - TIMER_FIRST, value);
    else if (offset === CONFIGURATION) this.#writeConfiguration(value);
    else if (offset === STATUS) this.#clearStatus(value);
    else if (offset === COUNTER) this.#writeCounter(replaceLow(this.counter, value));
    else if (offset === COUNTER + 4) this.#writeCounter(replaceHigh(this.counter, value));
    this.#setAlarms();
  }

  protected override restored(): void {
    this.#setAlarms();
  }

  /** The main counter at the present time. */
  get counter(): bigint {
    const offset = BigInt(this.state.offset);
    return this.#isRunning ? (this.#periods + offset) & ALL : offset;
  }

  get #isRunning(): boolean {
    return (this.state.config & HPET_ENABLE) !== 0;
  }

  get #periods(): bigint {
    return BigInt(Math.floor(this.#alarms.now / HPET_PERIOD));
  }

  #writeConfiguration(value: number): void {
    const counter = this.counter;
    this.state.config = value & (HPET_ENABLE | HPET_LEGACY);
    this.#writeCounter(counter);
  }

  #writeCounter(counter: bigint): void {
    const offset = this.#isRunning ? (counter - this.#periods) & ALL : counter;
    this.state.offset = offset.toString();
  }

  #clearStatus(value: number): void {
    for (let index = 0; index < HPET_TIMERS; index++) {
      if (!(value & this.state.status & (1 << index))) continue;
      this.state.status &= ~(1 << index);
      this.#drive(index, false);
    }
  }

  #readTimer(offset: number): number {
    const index = Math.floor(offset / TIMER_SIZE);
    const timer = this.state.timers[index];
    if (!timer) return 0;
    const register = offset % TIMER_SIZE;
    const periodic = index === 0 ? TIMER_PERIODIC_CAPABLE : 0;
    if (register === TIMER_CONFIGURATION) return timer.config | TIMER_64_BIT_CAPABLE | periodic;
    if (register === TIMER_CONFIGURATION + 4) return this.#lines.routes;
    const comparator = BigInt(timer.comparator);
    if (register === TIMER_COMPARATOR) return Number(comparator & LOW);
    return register === TIMER_COMPARATOR + 4 ? Number(comparator >> WORD) : 0;
  }

  #writeTimer(offset: number, value: number): void {
    const index = Math.floor(offset / TIMER_SIZE);
    const timer = this.state.timers[index];
    if (!timer) return;
    const register = offset % TIMER_SIZE;
    if (register === TIMER_CONFIGURATION) {
      const mask = index === 0 ? TIMER_WRITABLE : TIMER_WRITABLE & ~TIMER_PERIODIC;
      timer.config = value & mask;
    } else if (register === TIMER_COMPARATOR) {
      writeComparator(timer, replaceLow, value);
    } else if (register === TIMER_COMPARATOR + 4) {
      writeComparator(timer, replaceHigh, value);
    }
  }

  #match(index: number): void {
    const timer = this.state.timers[index]!;
    if (timer.config & TIMER_PERIODIC) {
      const next = BigInt(timer.comparator) + BigInt(timer.period);
      timer.comparator = (next & (timer.config & TIMER_32_BIT ? LOW : ALL)).toString();
    }
    if (timer.config & TIMER_LEVEL) this.state.status |= 1 << index;
    if (timer.config & TIMER_ENABLE) {
      this.#drive(index, true);
      if (!(timer.config & TIMER_LEVEL)) this.#drive(index, false);
    }
    this.#setAlarm(index);
  }

  #drive(index: number, level: boolean): void {
    if (this.isLegacy && index < 2) {
      this.#lines.legacy(index, level);
      return;
    }
    const route = (this.state.timers[index]!.config >> TIMER_ROUTE_SHIFT) & TIMER_ROUTE_MASK;
    if (this.#lines.routes & (1 << route)) this.#lines.pin(route, level);
  }

  #setAlarms(): void {
    for (let index = 0; index < HPET_TIMERS; index++) this.#setAlarm(index);
  }

  #setAlarm(index: number): void {
    const timer = this.state.timers[index]!;
    if (!this.#isRunning) {
      this.#alarm[index]!.cancel();
      return;
    }
    const mask = timer.config & TIMER_32_BIT ? LOW : ALL;
    const distance = (BigInt(timer.comparator) - this.counter) & mask;
    // A comparator equal to the counter has just matched: the next match is a whole round away.
    const counts = Number(distance === 0n ? mask + 1n : distance);
    this.#alarm[index]!.set((Number(this.#periods) + counts) * HPET_PERIOD);
  }
}

function replaceLow(before: bigint, value: number): bigint {
  return ((before >> WORD) << WORD) | BigInt(value);
}

function replaceHigh(before: bigint, value: number): bigint {
  return (before & LOW) | (BigInt(value) << WORD);
}

/**
 * Writes half of the comparator register. A periodic timer's sets the period, and the comparator itself only after
 * TIMER_SET_VALUE, which holds for a low half and a high half that follows it.
 */
function writeComparator(timer: Timer, half: Half, value: number): void {
  const isPeriodic = (timer.config & TIMER_PERIODIC) !== 0;
  const isSet = (timer.config & TIMER_SET_VALUE) !== 0 || (half === replaceHigh && timer.setHigh);
  if (isPeriodic) timer.period = half(BigInt(timer.period), value).toString();
  if (!isPeriodic || isSet) timer.comparator = half(BigInt(timer.comparator), value).toString();
  timer.setHigh = isSet && half === replaceLow;
  timer.config &= ~TIMER_SET_VALUE;
}
