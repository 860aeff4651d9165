// A 16550A serial port (National Semiconductor PC16550D data sheet, section 8) with a transmission line on which every
// character takes its time, or, on demand, none at all. It starts as firmware leaves it: 115200 baud, 8N1, FIFOs off.

import { SECOND } from "../../frequency.ts";
import { type Alarm, type Alarms, Device, type Line, type Registers } from "../device.ts";
import * as R from "./registers.ts";

interface State {
  divisor: number;
  ier: number;
  lcr: number;
  mcr: number;
  scr: number;
  fifos: boolean;
  /** Receive interrupt trigger level in characters. */
  trigger: number;
  /** Overrun, cleared by reading LSR. */
  overrun: boolean;
  /** Delta bits of MSR, cleared by reading it. */
  deltas: number;
  /** The transmitter-empty interrupt waits to be seen. */
  thrEmpty: boolean;
  transmit: number[];
  /** Character in the shift register, -1 if none, and when its last bit leaves. */
  shift: number;
  shiftEnd: number;
  receive: number[];
  /** Characters that the other side still has to send, and when the next one has arrived. */
  incoming: number[];
  arrival: number;
  /** When the characters in the receive FIFO are old enough for the time-out interrupt; -1: none. */
  timeout: number;
}

/** Takes each character when its last bit has left, at that tick. */
export type SerialSink = (byte: number, time: number) => void;

/** How fast characters leave: as the divisor says, or as soon as they are written, as from QEMU's ports. */
export type SerialSpeed = "line" | "instant";

const NEVER = -1;

function powerOn(): State {
  return {
    ...{ divisor: 1, ier: 0, lcr: R.LCR_8N1, mcr: 0, scr: 0, fifos: false, trigger: 1 },
    ...{ overrun: false, deltas: 0, thrEmpty: false },
    ...{ transmit: [], shift: NEVER, shiftEnd: 0, receive: [] },
    ...{ incoming: [], arrival: NEVER, timeout: NEVER },
  };
}

/** The serial port; eight registers of one byte. */
export class Uart extends Device<State> implements Registers {
  readonly #alarms: Alarms;
  readonly #alarm: Alarm;
  readonly #interrupt: Line;
  readonly #sink: SerialSink;
  readonly #isInstant: boolean;
  /** Level of the interrupt line; derived from the state. */
  #level = false;

  constructor(alarms: Alarms, interrupt: Line, sink: SerialSink, speed: SerialSpeed = "line") {
    super("uart-16550a", 1, powerOn());
    this.#alarms = alarms;
    this.#interrupt = interrupt;
    this.#sink = sink;
    this.#isInstant = speed === "instant";
    this.#alarm = alarms.alarm(() => this.#settle());
  }

  /** Ticks that one character takes: start, data, parity and stop bits. */
  get characterTime(): number {
    const { lcr, divisor } = this.state;
    const data = R.LCR_SHORTEST + (lcr & R.LCR_LENGTH);
    const bits = 1 + data + (lcr & R.LCR_PARITY ? 1 : 0) + (lcr & R.LCR_STOP ? 2 : 1);
    const cycles = bits * R.CYCLES_PER_BIT * (divisor || R.DIVISOR_ZERO);
    return Math.round((cycles * SECOND) / R.UART_HERTZ);
  }

  /** Whether a character is on its way out. */
  get isSending(): boolean {
    return this.state.shift !== NEVER;
  }

  /** Whether one is on its way out that is worth waiting for: at a fair rate, and seen by the other side. */
  get isSendingSoon(): boolean {
    const isSeen = !(this.state.lcr & R.LCR_BREAK);
    return this.isSending && isSeen && this.characterTime <= R.CHARACTER_TIME_FAIR;
  }

  /** The other side sends characters, one after the other at the line's speed; it waits while the FIFO is full. */
  input(bytes: Iterable<number>): void {
    this.#update();
    this.state.incoming.push(...bytes);
    if (this.state.incoming.length && this.state.arrival === NEVER)
      this.state.arrival = this.#alarms.now + this.characterTime;
    this.#settle();
  }

  read(offset: number, _size: number): number {
    this.#update();
    const value = this.#readRegister(offset);
    this.#settle();
    return value;
  }

  write(offset: number, _size: number, value: number): void {
    this.#update();
    this.#writeRegister(offset, value);
    this.#settle();
  }

  protected override restored(): void {
    this.#level = this.#output;
    this.#setAlarm();
  }

  #readRegister(offset: number): number {
    const { state } = this;
    const latch = (state.lcr & R.LCR_DIVISOR) !== 0;
    switch (offset) {
      case R.RBR:
        return latch ? state.divisor & 0xff : this.#takeReceived();
      case R.IER:
        return latch ? state.divisor >> 8 : state.ier;
      case R.IIR:
        return this.#identify();
      case R.LCR:
        return state.lcr;
      case R.MCR:
        return state.mcr;
      case R.LSR:
        return this.#readLineStatus();
      case R.MSR:
        return this.#readModemStatus();
      default:
        return state.scr;
    }
  }

  #writeRegister(offset: number, value: number): void {
    const { state } = this;
    const latch = (state.lcr & R.LCR_DIVISOR) !== 0;
    if (offset === R.THR && latch) this.#setDivisor((state.divisor & 0xff00) | value);
    else if (offset === R.IER && latch) this.#setDivisor((state.divisor & 0xff) | (value << 8));
    else if (offset === R.THR) this.#transmit(value);
    else if (offset === R.IER) this.#writeInterruptEnable(value);
    else if (offset === R.FCR) this.#writeFifoControl(value);
    else if (offset === R.LCR) state.lcr = value;
    else if (offset === R.MCR) this.#writeModemControl(value);
    else if (offset === R.SCR) state.scr = value;
  }

  /** Loads the counter of the baud rate at once: what is left of a character goes on at the new rate (section 8.3). */
  #setDivisor(divisor: number): void {
    const { state } = this;
    const before = this.characterTime;
    state.divisor = divisor;
    if (state.shift === NEVER) return;
    const left = (state.shiftEnd - this.#alarms.now) / before;
    state.shiftEnd = this.#alarms.now + Math.ceil(left * this.characterTime);
  }

  // Transmitter

  get #capacity(): number {
    return this.state.fifos ? R.FIFO_SIZE : 1;
  }

  #transmit(byte: number): void {
    const { state } = this;
    state.thrEmpty = false;
    if (state.mcr & R.MCR_LOOP) {
      this.#received(byte);
      state.thrEmpty = true;
    } else if (this.#isInstant) {
      this.#emit(byte, this.#alarms.now);
      state.thrEmpty = true;
    } else if (state.shift === NEVER) {
      this.#startShift(byte, this.#alarms.now);
      state.thrEmpty = true;
    } else if (state.transmit.length < this.#capacity) {
      state.transmit.push(byte);
    }
  }

  #startShift(byte: number, start: number): void {
    this.state.shift = byte;
    this.state.shiftEnd = start + this.characterTime;
  }

  #finishShift(): void {
    const { state } = this;
    const { shift: byte, shiftEnd: end } = state;
    const next = state.transmit.shift();
    if (next === undefined) {
      state.shift = NEVER;
    } else {
      this.#startShift(next, end);
      if (state.transmit.length === 0) state.thrEmpty = true;
    }
    this.#emit(byte, end);
  }

  /** Characters that leave while the line is held at spacing reach nobody; short ones have no high bits. */
  #emit(byte: number, time: number): void {
    if (!(this.state.lcr & R.LCR_BREAK)) this.#sink(byte & this.#characterMask, time);
  }

  get #characterMask(): number {
    return (1 << (R.LCR_SHORTEST + (this.state.lcr & R.LCR_LENGTH))) - 1;
  }

  // Receiver

  #received(byte: number): void {
    const { state } = this;
    if (state.receive.length >= this.#capacity) state.overrun = true;
    else state.receive.push(byte);
    this.#restartTimeout();
  }

  #arrive(): void {
    const { state } = this;
    this.state.receive.push(state.incoming.shift()!);
    state.timeout = state.fifos ? state.arrival + R.TIMEOUT_CHARACTERS * this.characterTime : NEVER;
    state.arrival = state.incoming.length ? state.arrival + this.characterTime : NEVER;
  }

  #takeReceived(): number {
    const { state } = this;
    const byte = state.receive.shift() ?? 0;
    this.#restartTimeout();
    if (state.incoming.length && state.arrival < this.#alarms.now)
      state.arrival = this.#alarms.now + this.characterTime;
    return byte;
  }

  #restartTimeout(): void {
    const { state } = this;
    const waiting = state.fifos && state.receive.length > 0;
    state.timeout = waiting ? this.#alarms.now + R.TIMEOUT_CHARACTERS * this.characterTime : NEVER;
  }

  // Control and status

  #writeInterruptEnable(value: number): void {
    const before = this.state.ier;
    this.state.ier = value & R.IER_MASK;
    // Enabling the transmitter interrupt while there is room raises it at once.
    const enabled = ~before & this.state.ier & R.IER_TRANSMIT;
    if (enabled && this.state.transmit.length === 0) this.state.thrEmpty = true;
  }

  #writeFifoControl(value: number): void {
    const { state } = this;
    const fifos = (value & R.FCR_ENABLE) !== 0;
    if (fifos !== state.fifos || value & R.FCR_CLEAR_RECEIVE) state.receive = [];
    if (fifos !== state.fifos || value & R.FCR_CLEAR_TRANSMIT) {
      if (state.transmit.length) state.thrEmpty = true;
      state.transmit = [];
    }
    state.fifos = fifos;
    state.trigger = fifos ? R.TRIGGERS[value >> R.FCR_TRIGGER_SHIFT]! : 1;
    this.#restartTimeout();
  }

  #writeModemControl(value: number): void {
    const before = this.#modemInputs;
    this.state.mcr = value & R.MCR_MASK;
    const changed = (before ^ this.#modemInputs) >> R.MSR_INPUT_SHIFT;
    // The ring indicator counts only when it ends.
    const ringing = (this.#modemInputs >> R.MSR_INPUT_SHIFT) & R.MSR_DELTA_RING;
    this.state.deltas |= ringing ? changed & ~R.MSR_DELTA_RING : changed;
  }

  /** MSR bits 7:4: a far end that is ready, or MCR's outputs in loop-back. */
  get #modemInputs(): number {
    const { mcr } = this.state;
    if (!(mcr & R.MCR_LOOP)) return R.MSR_CONNECTED;
    return (
      (mcr & R.MCR_RTS ? R.MSR_CTS : 0) |
      (mcr & R.MCR_DTR ? R.MSR_DSR : 0) |
      (mcr & R.MCR_OUT1 ? R.MSR_RING : 0) |
      (mcr & R.MCR_OUT2 ? R.MSR_DCD : 0)
    );
  }

  #readModemStatus(): number {
    const value = this.#modemInputs | this.state.deltas;
    this.state.deltas = 0;
    return value;
  }

  #readLineStatus(): number {
    const { state } = this;
    const value =
      (state.receive.length ? R.LSR_DATA : 0) |
      (state.overrun ? R.LSR_OVERRUN : 0) |
      (state.transmit.length === 0 ? R.LSR_THR_EMPTY : 0) |
      (state.transmit.length === 0 && state.shift === NEVER ? R.LSR_IDLE : 0);
    state.overrun = false;
    return value;
  }

  /** The pending interrupt of the highest priority, R.IIR_*. */
  get #pending(): number {
    const { state } = this;
    if (state.ier & R.IER_LINE && state.overrun) return R.IIR_LINE;
    if (state.ier & R.IER_RECEIVE) {
      if (state.receive.length >= state.trigger) return R.IIR_RECEIVE;
      if (state.timeout !== NEVER && state.timeout <= this.#alarms.now) return R.IIR_TIMEOUT;
    }
    if (state.ier & R.IER_TRANSMIT && state.thrEmpty) return R.IIR_TRANSMIT;
    if (state.ier & R.IER_MODEM && state.deltas) return R.IIR_MODEM;
    return R.IIR_NONE;
  }

  #identify(): number {
    const cause = this.#pending;
    if (cause === R.IIR_TRANSMIT) this.state.thrEmpty = false;
    return cause | (this.state.fifos ? R.IIR_FIFOS : 0);
  }

  // Time

  /** Brings the line up to the present time, in the order in which things happened on it. */
  #update(): void {
    const { state } = this;
    const { now } = this.#alarms;
    while (state.shift !== NEVER && state.shiftEnd <= now) this.#finishShift();
    while (this.#arriving <= now) this.#arrive();
  }

  /** When the next incoming character is there; Infinity if none is on its way or there is no room. */
  get #arriving(): number {
    const { state } = this;
    const room = state.receive.length < this.#capacity;
    return state.arrival !== NEVER && room ? state.arrival : Number.POSITIVE_INFINITY;
  }

  #settle(): void {
    this.#update();
    this.#setAlarm();
    const level = this.#output;
    if (level === this.#level) return;
    this.#level = level;
    this.#interrupt(level);
  }

  /** On a PC the interrupt line goes through the OUT2 pin, which is inactive in loop-back. */
  get #output(): boolean {
    const connected = (this.state.mcr & (R.MCR_OUT2 | R.MCR_LOOP)) === R.MCR_OUT2;
    return connected && this.#pending !== R.IIR_NONE;
  }

  #setAlarm(): void {
    const { state } = this;
    const shift = state.shift === NEVER ? Number.POSITIVE_INFINITY : state.shiftEnd;
    const isFuture = state.timeout > this.#alarms.now;
    const timeout = isFuture ? state.timeout : Number.POSITIVE_INFINITY;
    this.#alarm.set(Math.min(shift, this.#arriving, timeout));
  }
}
