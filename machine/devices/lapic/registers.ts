// The registers of a local APIC as software sees them: the page of xAPIC mode, the MSRs of x2APIC mode, APIC base and TSC
// deadline (AMD64 APM volume 2, sections 16.3 to 16.14; Intel SDM volume 3, sections 11.4 and 11.12).
import {
  APIC_APR,
  APIC_DFR,
  APIC_EOI,
  APIC_ESR,
  APIC_EXT_CONTROL,
  APIC_EXT_COUNT_SHIFT,
  APIC_EXT_FEATURE,
  APIC_EXT_LVT,
  APIC_ICR,
  APIC_ICR_HIGH,
  APIC_ID,
  APIC_IRR,
  APIC_ISR,
  APIC_LDR,
  APIC_LVT_CMCI,
  APIC_LVT_ERROR,
  APIC_LVT_LINT0,
  APIC_LVT_LINT1,
  APIC_LVT_MASKED,
  APIC_LVT_PERIODIC,
  APIC_LVT_TIMER,
  APIC_LVT_TSC_DEADLINE,
  APIC_PPR,
  APIC_RRR,
  APIC_SELF_IPI,
  APIC_SVR,
  APIC_SVR_ENABLE,
  APIC_TIMER_CURRENT,
  APIC_TIMER_DIVIDE,
  APIC_TIMER_INITIAL,
  APIC_TMR,
  APIC_TPR,
  APIC_VERSION,
  APIC_VERSION_EXTENDED,
} from "../../../abi/x86/apic.ts";
import { sendCommand, sendSelf } from "./command.ts";
import {
  ESR_ILLEGAL_REGISTER,
  EXTENDED_COUNT,
  type Lapic,
  LVT_FIRST,
  SVR_SUPPRESS_EOI,
} from "./lapic.ts";
import { changeMode, currentCount, DIVIDE_MASK, setDivide, startTimer } from "./timer.ts";

const BITMAP_WORDS = 8;
const VERSION = 0x14;
const VERSION_EOI_SUPPRESSION = 0x1000000;
const VERSION_MAX_LVT_SHIFT = 16;
const SVR_MASK = 0xff | APIC_SVR_ENABLE | SVR_SUPPRESS_EOI;
const LDR_MASK = 0xff000000;
const DFR_FIXED = 0x0fffffff;
const LVT_VECTOR = 0xff;
const LVT_MODE = 0x700;
const LVT_POLARITY = 0x2000;
const LVT_LEVEL = 0x8000;

/** The bits of each LVT register that software can write, by number. */
const LVT_WRITABLE = new Map<number, number>([
  [APIC_LVT_TIMER, LVT_VECTOR | APIC_LVT_MASKED | APIC_LVT_PERIODIC],
  [APIC_LVT_ERROR, LVT_VECTOR | APIC_LVT_MASKED],
  [APIC_LVT_LINT0, LVT_VECTOR | LVT_MODE | LVT_POLARITY | LVT_LEVEL | APIC_LVT_MASKED],
  [APIC_LVT_LINT1, LVT_VECTOR | LVT_MODE | LVT_POLARITY | LVT_LEVEL | APIC_LVT_MASKED],
]);
const LVT_OTHER = LVT_VECTOR | LVT_MODE | APIC_LVT_MASKED;

function isLvt(lapic: Lapic, register: number): boolean {
  if (register === APIC_LVT_CMCI) return lapic.options.cmci;
  return register >= APIC_LVT_TIMER && register <= APIC_LVT_ERROR;
}

/** Which of the extended LVT's entries a register is, or -1. */
function extendedIndex(lapic: Lapic, register: number): number {
  const index = register - APIC_EXT_LVT;
  return index in lapic.registers.extendedLvt ? index : -1;
}

function bitmapWord(bits: number[], first: number, register: number): number | undefined {
  const index = register - first;
  return index >= 0 && index < BITMAP_WORDS ? bits[index] : undefined;
}

function version(lapic: Lapic): number {
  const last = APIC_LVT_ERROR - APIC_LVT_TIMER + (lapic.options.cmci ? 1 : 0);
  const extended = lapic.options.extended ? APIC_VERSION_EXTENDED : 0;
  return (VERSION | (last << VERSION_MAX_LVT_SHIFT) | VERSION_EOI_SUPPRESSION | extended) >>> 0;
}

function logicalDestination(lapic: Lapic): number {
  return lapic.x2apic ? lapic.x2apicLogicalId : lapic.registers.ldr;
}

/** The registers other than bitmaps and LVTs: number, and how it is read. */
const READERS = new Map<number, (lapic: Lapic) => number>([
  [APIC_ID, (lapic) => (lapic.x2apic ? lapic.options.id : (lapic.options.id & 0xff) << 24) >>> 0],
  [APIC_VERSION, version],
  [APIC_TPR, (lapic) => lapic.registers.tpr],
  [APIC_PPR, (lapic) => lapic.ppr],
  [APIC_LDR, logicalDestination],
  [APIC_SVR, (lapic) => lapic.registers.svr],
  [APIC_ESR, (lapic) => lapic.registers.esr],
  [APIC_ICR, (lapic) => lapic.registers.icrLow],
  [APIC_TIMER_INITIAL, (lapic) => lapic.registers.timer.initial],
  [
    APIC_TIMER_CURRENT,
    (lapic) => currentCount(lapic.registers.timer, lapic.lvt(APIC_LVT_TIMER), lapic.pins.now),
  ],
  [APIC_TIMER_DIVIDE, (lapic) => lapic.registers.timer.divide],
]);

/** Registers that xAPIC mode has and x2APIC mode has not. */
const XAPIC_READERS = new Map<number, (lapic: Lapic) => number>([
  [APIC_APR, (lapic) => lapic.ppr],
  [APIC_RRR, () => 0],
  [APIC_EOI, () => 0],
  [APIC_DFR, (lapic) => lapic.registers.dfr],
  [APIC_ICR_HIGH, (lapic) => lapic.registers.icrHigh],
]);

/** Those of AMD's extension: how many local vectors there are, and nothing to be chosen. */
const EXTENDED_READERS = new Map<number, () => number>([
  [APIC_EXT_FEATURE, () => EXTENDED_COUNT << APIC_EXT_COUNT_SHIFT],
  [APIC_EXT_CONTROL, () => 0],
]);

/** Reads a register by its number (APIC_*), the low half of ICR in x2APIC mode; undefined: there is none. */
export function readRegister(lapic: Lapic, register: number): number | undefined {
  const state = lapic.registers;
  lapic.advance(lapic.pins.now);
  if (isLvt(lapic, register)) return lapic.lvt(register);
  const index = extendedIndex(lapic, register);
  if (index >= 0) return state.extendedLvt[index];
  const extended = lapic.options.extended ? EXTENDED_READERS.get(register) : undefined;
  if (extended) return extended();
  const reader = READERS.get(register) ?? (lapic.x2apic ? undefined : XAPIC_READERS.get(register));
  if (reader) return reader(lapic);
  return (
    bitmapWord(state.isr, APIC_ISR, register) ??
    bitmapWord(state.tmr, APIC_TMR, register) ??
    bitmapWord(state.irr, APIC_IRR, register)
  );
}

/** The bits that a write of a register may set, or undefined if it cannot be written. */
export function writableBits(lapic: Lapic, register: number): number | undefined {
  if (isLvt(lapic, register)) {
    const deadline = register === APIC_LVT_TIMER && lapic.options.tscDeadline;
    return (LVT_WRITABLE.get(register) ?? LVT_OTHER) | (deadline ? APIC_LVT_TSC_DEADLINE : 0);
  }
  if (extendedIndex(lapic, register) >= 0) return LVT_OTHER;
  if (register === APIC_EXT_CONTROL && lapic.options.extended) return 0;
  const bits = WRITABLE.get(register);
  return lapic.x2apic && XAPIC_ONLY.has(register) ? undefined : bits;
}

const ALL = 0xffffffff;
const ICR_WRITABLE = 0xccfff;
const XAPIC_ONLY = new Set<number>([APIC_LDR, APIC_DFR, APIC_ICR_HIGH]);
const WRITABLE = new Map<number, number>([
  [APIC_TPR, 0xff],
  [APIC_EOI, 0],
  [APIC_LDR, LDR_MASK],
  [APIC_DFR, ALL],
  [APIC_SVR, SVR_MASK],
  [APIC_ESR, 0],
  [APIC_ICR, ICR_WRITABLE],
  [APIC_ICR_HIGH, ALL],
  [APIC_TIMER_INITIAL, ALL],
  [APIC_TIMER_DIVIDE, DIVIDE_MASK],
]);

/** What a write does, by number; the value has only writable bits. */
const WRITERS = new Map<number, (lapic: Lapic, value: number) => void>([
  [APIC_TPR, (lapic, value) => lapic.setTpr(value)],
  [APIC_EOI, (lapic) => lapic.endOfInterrupt()],
  [
    APIC_LDR,
    (lapic, value) => {
      lapic.registers.ldr = value;
    },
  ],
  [
    APIC_DFR,
    (lapic, value) => {
      lapic.registers.dfr = (value | DFR_FIXED) >>> 0;
    },
  ],
  [APIC_SVR, writeSvr],
  [APIC_ESR, latchErrors],
  [APIC_ICR, (lapic, value) => sendCommand(lapic, value)],
  [
    APIC_ICR_HIGH,
    (lapic, value) => {
      lapic.registers.icrHigh = value;
    },
  ],
  [APIC_TIMER_INITIAL, writeInitialCount],
  [APIC_TIMER_DIVIDE, writeDivide],
]);

/** Writes a register that `writableBits` knows; the value has only those bits. */
export function writeRegister(lapic: Lapic, register: number, value: number): void {
  lapic.advance(lapic.pins.now);
  const index = extendedIndex(lapic, register);
  if (isLvt(lapic, register)) writeLvt(lapic, register, value);
  else if (index >= 0) lapic.registers.extendedLvt[index] = forcedOf(lapic, value);
  else WRITERS.get(register)?.(lapic, value);
}

/** Sends a fixed interrupt to the APIC itself (x2APIC register 0x3f). */
export function writeSelfIpi(lapic: Lapic, vector: number): void {
  sendSelf(lapic, vector);
}

/** Whether a number is the self IPI register's. */
export function isSelfIpi(register: number): boolean {
  return register === APIC_SELF_IPI;
}

/** Notes an access to a register that does not exist (xAPIC mode; x2APIC mode faults). */
export function noteIllegalRegister(lapic: Lapic): void {
  lapic.error(ESR_ILLEGAL_REGISTER);
}

function writeSvr(lapic: Lapic, value: number): void {
  const state = lapic.registers;
  state.svr = value;
  // While disabled by software every LVT entry is masked, and stays so when the APIC is enabled again.
  if (!(value & APIC_SVR_ENABLE))
    for (const table of [state.lvt, state.extendedLvt])
      for (const [index, entry] of table.entries()) table[index] = (entry | APIC_LVT_MASKED) >>> 0;
  lapic.update();
}

function latchErrors(lapic: Lapic): void {
  lapic.registers.esr = lapic.registers.errors;
  lapic.registers.errors = 0;
}

/** An entry as it is kept: masked while the APIC is disabled by software. */
function forcedOf(lapic: Lapic, value: number): number {
  return (value | (lapic.registers.svr & APIC_SVR_ENABLE ? 0 : APIC_LVT_MASKED)) >>> 0;
}

function writeLvt(lapic: Lapic, register: number, value: number): void {
  const state = lapic.registers;
  const entry = forcedOf(lapic, value);
  if (register === APIC_LVT_TIMER) changeMode(state.timer, lapic.lvt(register), entry);
  state.lvt[register - LVT_FIRST] = entry;
  lapic.update();
  if (register === APIC_LVT_TIMER) lapic.pins.timerChanged();
}

function writeInitialCount(lapic: Lapic, value: number): void {
  startTimer(lapic.registers.timer, lapic.lvt(APIC_LVT_TIMER), value, lapic.pins.now);
  lapic.pins.timerChanged();
}

function writeDivide(lapic: Lapic, value: number): void {
  setDivide(lapic.registers.timer, lapic.lvt(APIC_LVT_TIMER), value, lapic.pins.now);
  lapic.pins.timerChanged();
}
