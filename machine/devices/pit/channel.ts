// One counter of an 8254 (Intel 8254 data sheet, "Mode definitions"). Times here are cycles of its input clock. Nothing is
// counted step by step: the output and the count follow from when counting began.

/** State of a counter. */
export interface Channel {
  mode: number;
  bcd: boolean;
  /** Read/write format: ACCESS_LOW, ACCESS_HIGH or ACCESS_BOTH. */
  access: number;
  /** The count that was loaded; 1 to 65536. */
  reload: number;
  /** Low byte of a count whose high byte is still to come; -1: none. */
  partial: number;
  /** Cycle at which counting began; -1: it has not. */
  start: number;
  /** Cycles counted when the gate stopped counting; -1: counting. */
  paused: number;
  gate: boolean;
  /** Bytes that were latched for reading. */
  latched: number[];
  /** The next read without latch gives the high byte. */
  readHigh: boolean;
}

/** Format: low byte only. */
export const ACCESS_LOW = 1;
/** Format: high byte only. */
export const ACCESS_HIGH = 2;
/** Format: low byte, then high byte. */
export const ACCESS_BOTH = 3;
/** Mode 0: interrupt on terminal count. */
export const MODE_TERMINAL = 0;
/** Mode 1: one-shot triggered by the gate. */
export const MODE_ONE_SHOT = 1;
/** Mode 2: rate generator. */
export const MODE_RATE = 2;
/** Mode 3: square wave. */
export const MODE_SQUARE = 3;
/** Mode 4: software-triggered strobe. */
export const MODE_STROBE = 4;
/** Mode 5: strobe triggered by the gate. */
export const MODE_TRIGGERED_STROBE = 5;

const BINARY_SIZE = 0x10000;
const BCD_SIZE = 10000;

/** A counter as after power-on; only channel 2 of a PC has its gate low. */
export function newChannel(gate: boolean): Channel {
  return {
    ...{ mode: MODE_SQUARE, bcd: false, access: ACCESS_BOTH, reload: BINARY_SIZE, partial: -1 },
    ...{ start: -1, paused: -1, gate, latched: [], readHigh: false },
  };
}

/** Cycles counted at `cycle`; -1 if counting has not begun. */
function elapsed(channel: Channel, cycle: number): number {
  if (channel.start < 0) return -1;
  return channel.paused >= 0 ? channel.paused : Math.max(0, cycle - channel.start);
}

/** Level of the output at `cycle`. */
export function output(channel: Channel, cycle: number): boolean {
  const { mode, reload } = channel;
  const counted = elapsed(channel, cycle);
  if (counted < 0) return mode !== MODE_TERMINAL;
  switch (mode) {
    case MODE_TERMINAL:
    case MODE_ONE_SHOT:
      return counted >= reload;
    case MODE_RATE:
      return channel.paused >= 0 || counted % reload !== reload - 1;
    case MODE_SQUARE:
      return channel.paused >= 0 || counted % reload < Math.ceil(reload / 2);
    default:
      return counted !== reload;
  }
}

/** The first cycle after `cycle` at which the output may change; Infinity if it stays as it is. */
export function nextChange(channel: Channel, cycle: number): number {
  const { mode, reload, start } = channel;
  if (start < 0 || channel.paused >= 0) return Number.POSITIVE_INFINITY;
  const counted = cycle - start;
  if (mode === MODE_RATE || mode === MODE_SQUARE) {
    const low = mode === MODE_RATE ? reload - 1 : Math.ceil(reload / 2);
    const period = start + Math.floor(counted / reload) * reload;
    return period + low > cycle ? period + low : period + reload;
  }
  if (counted < reload) return start + reload;
  const isStrobe = mode >= MODE_STROBE && counted === reload;
  return isStrobe ? start + reload + 1 : Number.POSITIVE_INFINITY;
}

/** The count as it reads at `cycle`, 16 bits, in BCD if so programmed. */
export function count(channel: Channel, cycle: number): number {
  const { mode, reload } = channel;
  const counted = Math.max(0, elapsed(channel, cycle));
  const size = channel.bcd ? BCD_SIZE : BINARY_SIZE;
  let value = reload - counted;
  if (mode === MODE_RATE) value = reload - (counted % reload);
  if (mode === MODE_SQUARE) value = squareCount(reload, counted);
  const wrapped = ((value % size) + size) % size;
  return channel.bcd ? toBcd(wrapped) : wrapped;
}

/** In mode 3 the count goes down by two, once for each half of the wave. */
function squareCount(reload: number, counted: number): number {
  const phase = counted % reload;
  const half = Math.ceil(reload / 2);
  return (reload & ~1) - 2 * (phase < half ? phase : phase - half);
}

/** Loads a count that is written at `cycle`; 0 is the largest. Counting begins with the next cycle. */
export function load(channel: Channel, written: number, cycle: number): void {
  const value = channel.bcd ? fromBcd(written) : written;
  const isRunning =
    channel.start >= 0 && (channel.mode === MODE_RATE || channel.mode === MODE_SQUARE);
  channel.reload = value || (channel.bcd ? BCD_SIZE : BINARY_SIZE);
  if (channel.mode === MODE_ONE_SHOT || channel.mode === MODE_TRIGGERED_STROBE) return;
  // A periodic counter takes the new count at the end of its period; we restart the period, as most copies do.
  if (isRunning && channel.paused >= 0) return;
  channel.start = cycle + 1;
  channel.paused = channel.gate ? -1 : 0;
}

/** Drives the gate at `cycle`. */
export function setGate(channel: Channel, level: boolean, cycle: number): void {
  if (channel.gate === level) return;
  channel.gate = level;
  const { mode } = channel;
  const isTriggered = mode === MODE_ONE_SHOT || mode === MODE_TRIGGERED_STROBE;
  if (isTriggered) {
    if (level) channel.start = cycle + 1;
  } else if (channel.start >= 0) {
    pauseOrGoOn(channel, level, cycle);
  }
}

function pauseOrGoOn(channel: Channel, level: boolean, cycle: number): void {
  if (!level) {
    channel.paused = elapsed(channel, cycle);
    return;
  }
  const isPeriodic = channel.mode === MODE_RATE || channel.mode === MODE_SQUARE;
  channel.start = isPeriodic ? cycle + 1 : cycle - Math.max(0, channel.paused);
  channel.paused = -1;
}

function toBcd(value: number): number {
  let result = 0;
  for (let digit = 0, rest = value; digit < 4; digit++, rest = Math.floor(rest / 10))
    result |= (rest % 10) << (digit * 4);
  return result;
}

function fromBcd(value: number): number {
  let result = 0;
  for (let shift = 12; shift >= 0; shift -= 4) result = result * 10 + ((value >> shift) & 0xf);
  return result;
}
