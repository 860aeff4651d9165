// The timer of a local APIC (AMD64 APM volume 2, section 16.4.1; Intel SDM volume 3, section 11.5.4). It counts at 1 GHz:
// one count is one tick times the divisor. Expiry is exact: `next` is the tick at which it happens.
import { APIC_LVT_PERIODIC, APIC_LVT_TSC_DEADLINE } from "../../../abi/x86/apic.ts";

/** State of the timer; part of the local APIC's. */
export interface TimerState {
  initial: number;
  /** Divide configuration register. */
  divide: number;
  /** Value of the TSC deadline MSR, as a decimal string (it has 64 bits); "0" is disarmed. */
  deadline: string;
  /** Tick of the next expiry while counting; -1 when stopped. */
  expiry: number;
}

const DIVIDE_LOW = 0x3;
const DIVIDE_HIGH = 0x8;
const DIVIDE_ONE = 7;
/** Valid bits of the divide configuration register. */
export const DIVIDE_MASK: number = DIVIDE_LOW | DIVIDE_HIGH;
const MODE_MASK = APIC_LVT_PERIODIC | APIC_LVT_TSC_DEADLINE;
/** Times beyond this are never reached; keeps all ticks exact in a double. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** A stopped timer. */
export function newTimer(): TimerState {
  return { initial: 0, divide: 0, deadline: "0", expiry: -1 };
}

/** What the divide configuration means: 1, 2, 4 … 128. */
export function divisor(timer: TimerState): number {
  const code = (timer.divide & DIVIDE_LOW) | ((timer.divide & DIVIDE_HIGH) >> 1);
  return code === DIVIDE_ONE ? 1 : 2 << code;
}

/** Writes the initial count: starts the countdown at `now`, or stops it (0). Without effect in TSC deadline mode. */
export function startTimer(timer: TimerState, lvt: number, count: number, now: number): void {
  if (lvt & APIC_LVT_TSC_DEADLINE) return;
  timer.initial = count;
  timer.expiry = count ? now + count * divisor(timer) : -1;
}

/** The current count at `now`. */
export function currentCount(timer: TimerState, lvt: number, now: number): number {
  if (lvt & APIC_LVT_TSC_DEADLINE || timer.expiry < 0) return 0;
  return Math.max(0, Math.ceil((timer.expiry - now) / divisor(timer)));
}

/** Writes the divide configuration; a running countdown goes on from its present count. */
export function setDivide(timer: TimerState, lvt: number, value: number, now: number): void {
  const count = currentCount(timer, lvt, now);
  timer.divide = value & DIVIDE_MASK;
  if (timer.expiry >= 0 && !(lvt & APIC_LVT_TSC_DEADLINE))
    timer.expiry = now + count * divisor(timer);
}

/** Tells the timer that its LVT changes: entering or leaving TSC deadline mode disarms it. */
export function changeMode(timer: TimerState, before: number, after: number): void {
  if (((before ^ after) & APIC_LVT_TSC_DEADLINE) === 0) return;
  timer.expiry = -1;
  timer.deadline = "0";
}

/** Writes the TSC deadline. Without effect (reads as 0) in the other modes. */
export function setDeadline(timer: TimerState, lvt: number, tsc: bigint, offset: bigint): void {
  if ((lvt & MODE_MASK) !== APIC_LVT_TSC_DEADLINE) return;
  timer.deadline = tsc.toString();
  timer.expiry = tsc === 0n ? -1 : tickOfTsc(tsc, offset);
}

function tickOfTsc(tsc: bigint, offset: bigint): number {
  const tick = BigInt.asIntN(64, tsc - offset);
  if (tick < 0n) return 0;
  return tick > BigInt(NEVER) ? NEVER : Number(tick);
}

/**
 * Lets the timer expire if it is due at `now`; a periodic one is set for its next period after `now`. Returns whether it
 * expired.
 */
export function expire(timer: TimerState, lvt: number, now: number): boolean {
  if (timer.expiry < 0 || now < timer.expiry) return false;
  const period = timer.initial * divisor(timer);
  if ((lvt & MODE_MASK) === APIC_LVT_PERIODIC && period > 0) {
    timer.expiry += (Math.floor((now - timer.expiry) / period) + 1) * period;
  } else {
    timer.expiry = -1;
    timer.deadline = "0";
  }
  return true;
}
