// A local APIC (AMD64 APM volume 2, chapter 16; Intel SDM volume 3, chapter 11). This file has what it does with interrupts;
// registers.ts has what software sees of it. Times are the CPU's own.
import {
  APIC_DIVIDE_BY_16,
  APIC_EXT_LVT,
  APIC_EXT_LVT_LAST,
  APIC_LVT_ERROR,
  APIC_LVT_LINT0,
  APIC_LVT_MASKED,
  APIC_LVT_TIMER,
  APIC_SVR_ENABLE,
  ICR_MODE_EXTINT,
  ICR_MODE_FIXED,
  ICR_MODE_INIT,
  ICR_MODE_LOWEST,
  ICR_MODE_MASK,
  ICR_MODE_NMI,
  ICR_MODE_SHIFT,
  ICR_MODE_SIPI,
} from "../../../abi/x86/apic.ts";
import { APIC_BASE_BSP, APIC_BASE_ENABLE, APIC_BASE_X2APIC } from "../../../abi/x86/msr.ts";
import { Device } from "../device.ts";
import { hasBit, highestBit, noBits, putBit } from "./bits.ts";
import { type ApicMessage, BROADCAST } from "./message.ts";
import { expire, newTimer, type TimerState } from "./timer.ts";

/** What a local APIC is connected to. */
export interface LapicPins {
  /** The CPU's local time. */
  readonly now: number;
  /** TSC minus local time, modulo 2^64. */
  readonly tscOffset: bigint;
  /** INTR to the CPU: whether an interrupt is to be delivered. */
  interrupt(pending: boolean): void;
  nmi(): void;
  init(): void;
  startUp(vector: number): void;
  /** Puts a message on the network; SHORTHAND_* says whom it is for unless it is SHORTHAND_NONE. */
  send(message: ApicMessage, shorthand: number): void;
  /** Tells the IOAPICs of the end of a level-triggered interrupt. */
  endOfInterrupt(vector: number): void;
  /** Acknowledges the external interrupt controller on LINT0; returns the vector. */
  acknowledgeExternal(): number;
  /** The timer's next expiry may have changed. */
  timerChanged(): void;
}

/** The fixed properties of a local APIC. */
export interface LapicOptions {
  /** APIC id: 8 bits of it in xAPIC mode. */
  id: number;
  /** Whether this is the bootstrap processor's. */
  bootstrap: boolean;
  /** Whether x2APIC mode exists. */
  x2apic: boolean;
  /** Whether the timer has TSC-deadline mode. */
  tscDeadline: boolean;
  /** Whether there are AMD's extended registers, of them four local vectors (AMD64 APM volume 2, section 16.7.3). */
  extended: boolean;
  /** Whether there is an LVT entry for corrected machine checks (Intel). */
  cmci: boolean;
}

/** State of a local APIC. */
export interface LapicState {
  /** APIC_BASE_* bits. */
  mode: number;
  /** Address of the page, bits 31:12. */
  page: number;
  tpr: number;
  ldr: number;
  dfr: number;
  svr: number;
  isr: number[];
  tmr: number[];
  irr: number[];
  /** Errors seen since the last write of ESR. */
  errors: number;
  esr: number;
  icrLow: number;
  icrHigh: number;
  /** LVT entries by register number minus LVT_FIRST. */
  lvt: number[];
  /** Extended LVT entries; none where there are none. */
  extendedLvt: number[];
  timer: TimerState;
  /** Level of LINT0. */
  external: boolean;
}

/** LVT entries are kept from this register number (APIC_LVT_CMCI) on. */
export const LVT_FIRST = 0x2f;
const LVT_COUNT = 9;
/** Entries of the extended LVT. */
export const EXTENDED_COUNT = APIC_EXT_LVT_LAST - APIC_EXT_LVT + 1;
const LOWEST_VECTOR = 16;
const CLASS_MASK = 0xf0;
const SVR_RESET = 0xff;
const DFR_RESET = 0xffffffff;
const DFR_FLAT = 0xf;
const PAGE_RESET = 0xfee00000;
/** SVR: EOIs are not told to the IOAPICs. */
export const SVR_SUPPRESS_EOI = 0x1000;
/** ESR: a vector below 16 was received. */
export const ESR_RECEIVED_ILLEGAL = 0x40;
/** ESR: a vector below 16 was sent. */
export const ESR_SENT_ILLEGAL = 0x20;
/** ESR: a register that does not exist was accessed. */
export const ESR_ILLEGAL_REGISTER = 0x80;

function maskedLvt(): number[] {
  return new Array<number>(LVT_COUNT).fill(APIC_LVT_MASKED);
}

function resetState(options: LapicOptions): LapicState {
  return {
    mode: APIC_BASE_ENABLE | (options.bootstrap ? APIC_BASE_BSP : 0),
    page: PAGE_RESET,
    tpr: 0,
    ldr: 0,
    dfr: DFR_RESET,
    svr: SVR_RESET,
    isr: noBits(),
    tmr: noBits(),
    irr: noBits(),
    errors: 0,
    esr: 0,
    icrLow: 0,
    icrHigh: 0,
    lvt: maskedLvt(),
    extendedLvt: new Array<number>(options.extended ? EXTENDED_COUNT : 0).fill(APIC_LVT_MASKED),
    timer: newTimer(),
    external: false,
  };
}

/** The interrupt side of a local APIC. */
export class Lapic extends Device<LapicState> {
  readonly options: LapicOptions;
  readonly pins: LapicPins;

  constructor(options: LapicOptions, pins: LapicPins) {
    super("lapic", 2, resetState(options));
    this.options = options;
    this.pins = pins;
  }

  /** The state, for registers.ts. */
  get registers(): LapicState {
    return this.state;
  }

  get enabled(): boolean {
    return (this.state.mode & APIC_BASE_ENABLE) !== 0;
  }

  /** Whether fixed interrupts are taken. */
  get isSoftwareEnabled(): boolean {
    return this.enabled && (this.state.svr & APIC_SVR_ENABLE) !== 0;
  }

  get x2apic(): boolean {
    return (this.state.mode & APIC_BASE_X2APIC) !== 0;
  }

  /** Address of the register page while it answers there; -1 in the other modes. */
  get page(): number {
    return this.enabled && !this.x2apic ? this.state.page : -1;
  }

  /** The logical destination register of x2APIC mode: cluster in 31:16, one bit of 15:0. */
  get x2apicLogicalId(): number {
    const { id } = this.options;
    return (((id >> 4) << 16) | (1 << (id & 0xf))) >>> 0;
  }

  /** Power-on reset: the mode as well. */
  reset(): void {
    this.state = { ...resetState(this.options), external: this.state.external };
    this.update();
    this.pins.timerChanged();
  }

  /** What INIT does: everything but the mode, the page and the id. */
  initialize(): void {
    const { mode, page } = this.state;
    this.reset();
    this.state.mode = mode;
    this.state.page = page;
  }

  /**
   * Leaves nothing of the last owner: LVTs masked, ISR and IRR drained, timer stopped, SVR 0xff, TPR 0. The timer divides by
   * 16, as on a CPU that Linux has given away.
   */
  clean(): void {
    const { mode, page, ldr, dfr } = this.state;
    this.reset();
    Object.assign(this.state, { mode, page, ldr, dfr });
    this.state.timer.divide = APIC_DIVIDE_BY_16;
  }

  /** Whether a message is for this APIC. */
  matches(message: ApicMessage): boolean {
    if (!this.enabled) return false;
    const { destination } = message;
    if (destination === BROADCAST) return true;
    if (!message.logical) return destination === this.options.id;
    return this.x2apic ? this.#matchesCluster(destination) : this.#matchesLogical(destination);
  }

  #matchesCluster(destination: number): boolean {
    const own = this.x2apicLogicalId;
    return destination >>> 16 === own >>> 16 && (destination & own & 0xffff) !== 0;
  }

  #matchesLogical(destination: number): boolean {
    const own = this.state.ldr >>> 24;
    if (this.state.dfr >>> 28 === DFR_FLAT) return (own & destination) !== 0;
    return own >>> 4 === destination >>> 4 && (own & destination & 0xf) !== 0;
  }

  /** Takes a message that is for this APIC. */
  accept(message: ApicMessage): void {
    switch (message.mode) {
      case ICR_MODE_FIXED:
      case ICR_MODE_LOWEST:
        this.request(message.vector, message.level);
        break;
      case ICR_MODE_NMI:
        this.pins.nmi();
        break;
      case ICR_MODE_INIT:
        this.pins.init();
        break;
      case ICR_MODE_SIPI:
        this.pins.startUp(message.vector);
        break;
    }
  }

  /** Requests a fixed interrupt; lost while the APIC is disabled by software. */
  request(vector: number, level: boolean): void {
    if (!this.isSoftwareEnabled) return;
    if (vector < LOWEST_VECTOR) {
      this.error(ESR_RECEIVED_ILLEGAL);
      return;
    }
    putBit(this.state.irr, vector, true);
    putBit(this.state.tmr, vector, level);
    this.update();
  }

  /** Notes an error and raises the error interrupt. */
  error(bit: number): void {
    const isNew = (this.state.errors & bit) === 0;
    this.state.errors |= bit;
    if (isNew) this.raiseLvt(APIC_LVT_ERROR);
  }

  /** Level of LINT0 (the external interrupt controller's INTR). */
  setExternal(level: boolean): void {
    if (this.state.external === level) return;
    this.state.external = level;
    this.update();
  }

  /** The entry of an LVT register (APIC_LVT_*). */
  lvt(register: number): number {
    return this.state.lvt[register - LVT_FIRST]!;
  }

  /** Delivers a local interrupt as its LVT entry says. */
  raiseLvt(register: number): void {
    const entry = this.lvt(register);
    if (entry & APIC_LVT_MASKED) return;
    const mode = (entry & ICR_MODE_MASK) >>> ICR_MODE_SHIFT;
    if (mode === ICR_MODE_FIXED) this.request(entry & 0xff, false);
    else if (mode === ICR_MODE_NMI) this.pins.nmi();
  }

  /** Processor priority: the higher class of TPR and what is in service. */
  get ppr(): number {
    const inService = Math.max(0, highestBit(this.state.isr)) & CLASS_MASK;
    return (this.state.tpr & CLASS_MASK) >= inService ? this.state.tpr : inService;
  }

  /** The vector that could be delivered now, or -1. */
  get deliverable(): number {
    const vector = highestBit(this.state.irr);
    return (vector & CLASS_MASK) > (this.ppr & CLASS_MASK) ? vector : -1;
  }

  get #externalPending(): boolean {
    if (!this.state.external) return false;
    if (!this.enabled) return true;
    const entry = this.lvt(APIC_LVT_LINT0);
    return (entry & (APIC_LVT_MASKED | ICR_MODE_MASK)) === ICR_MODE_EXTINT << ICR_MODE_SHIFT;
  }

  /** Drives INTR anew; after every change of IRR, ISR, TPR or LINT0. */
  update(): void {
    this.pins.interrupt(this.deliverable >= 0 || this.#externalPending);
  }

  /** The CPU takes the interrupt: returns its vector, which is in service from now on. */
  acknowledge(): number {
    const vector = this.deliverable;
    if (vector >= 0) {
      putBit(this.state.irr, vector, false);
      putBit(this.state.isr, vector, true);
      this.update();
      return vector;
    }
    if (!this.#externalPending) return this.state.svr & 0xff;
    const external = this.pins.acknowledgeExternal();
    this.update();
    return external;
  }

  /** End of the interrupt in service with the highest vector. */
  endOfInterrupt(): void {
    const vector = highestBit(this.state.isr);
    if (vector < 0) return;
    putBit(this.state.isr, vector, false);
    this.update();
    const told = (this.state.svr & SVR_SUPPRESS_EOI) === 0;
    if (told && hasBit(this.state.tmr, vector)) this.pins.endOfInterrupt(vector);
  }

  /** Writes the task priority. */
  setTpr(value: number): void {
    this.state.tpr = value & 0xff;
    this.update();
  }

  /** The tick at which the timer expires next; Infinity if it does not run. */
  get nextEvent(): number {
    const { expiry } = this.state.timer;
    return expiry < 0 ? Number.POSITIVE_INFINITY : expiry;
  }

  /** Lets local time pass up to `now`. */
  advance(now: number): void {
    if (expire(this.state.timer, this.lvt(APIC_LVT_TIMER), now)) this.raiseLvt(APIC_LVT_TIMER);
  }
}
