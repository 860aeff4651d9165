// Lets a machine's time pass. `paced`: as the wall clock does. `free`: as fast as the machine can, but only while somebody
// waits for something, so that a forgotten machine costs nothing.

import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { Pace, SteppedSession } from "./api.ts";
import type { Turns } from "./turns.ts";

const NS_PER_MS = 1_000_000;
/** How often a paced machine catches up, in milliseconds. */
const TICK = 10;
/** Virtual time that a paced machine may owe; what it lags behind further it never makes up for. */
const LAG_MAX = 100 * NS_PER_MS;
/** A step's length in virtual time adapts so that it takes about this many milliseconds. */
const STEP_WALL = 5;
/** A step that has taken so many milliseconds is cut short: others wait for their turn. */
const STEP_WALL_MAX = 15;
const STEP_MIN = 10_000;
const STEP_MAX = 100 * NS_PER_MS;
/** A step while somebody waits for output: time stops soon after it has come. */
const STEP_WATCHED = NS_PER_MS;

/** Somebody who waits, until that time at most. `ready` is asked after each step. */
export interface Waiter {
  readonly until: number;
  readonly ready?: () => boolean;
}

interface Waiting extends Waiter {
  readonly resolve: (inTime: boolean) => void;
}

/** What a clock is made of. */
export interface ClockParts {
  readonly session: SteppedSession;
  readonly turns: Turns;
  readonly pace: Pace;
  /** Called after each step, outside of the turn. */
  readonly stepped: () => void | Promise<void>;
  /** The wall clock, in milliseconds. */
  readonly now?: () => number;
}

export class Clock {
  readonly #session: SteppedSession;
  readonly #turns: Turns;
  readonly #pace: Pace;
  readonly #stepped: () => void | Promise<void>;
  readonly #now: () => number;
  readonly #waiting = new Set<Waiting>();
  #watchers = 0;
  #step = NS_PER_MS;
  #time = 0;
  #lost = 0;
  #stopped = false;
  #wake: () => void = () => {};
  #loop: Promise<void> | undefined;

  constructor({ session, turns, pace, stepped, now = () => performance.now() }: ClockParts) {
    this.#session = session;
    this.#turns = turns;
    this.#pace = pace;
    this.#stepped = stepped;
    this.#now = now;
  }

  /** Virtual time after the last step. */
  get time(): number {
    return this.#time;
  }

  /** Nanoseconds that a paced machine has fallen behind the wall clock, and never makes up for. */
  get lost(): number {
    return this.#lost;
  }

  /** `failed` gets what goes wrong inside the machine; time stands still from then on, as it does when the machine ends. */
  start(failed: (error: unknown) => void): void {
    this.#loop = (this.#pace === "paced" ? this.#runPaced() : this.#runFree()).catch((error) => {
      this.#stopped = true;
      this.#release();
      failed(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#loop;
    this.#release();
  }

  /**
   * Waits until the waiter is ready (true) or its time has come (false); false too when the signal aborts or the clock
   * stops.
   */
  async wait(waiter: Waiter, signal?: AbortSignal): Promise<boolean> {
    if (waiter.ready?.()) return true;
    if (this.#stopped || signal?.aborted) return false;
    const { promise, resolve } = withResolvers<boolean>();
    const waiting = { ...waiter, resolve };
    this.#waiting.add(waiting);
    signal?.addEventListener("abort", () => resolve(false), { once: true });
    this.#wake();
    try {
      return await promise;
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /** Somebody watches the output: keeps a free machine's time going until the result is called. */
  watch(): () => void {
    this.#watchers++;
    this.#wake();
    let watching = true;
    return () => {
      if (watching) this.#watchers--;
      watching = false;
    };
  }

  async #runPaced(): Promise<void> {
    let start = this.#now() * NS_PER_MS - (await this.#session.time());
    while (!this.#stopped) {
      await this.#sleep(TICK);
      this.#time = await this.#session.time();
      const now = this.#now() * NS_PER_MS;
      let owed = now - start - this.#time;
      if (owed > LAG_MAX) {
        this.#lost += owed - LAG_MAX;
        start += owed - LAG_MAX;
        owed = LAG_MAX;
      }
      if (owed > 0 && !this.#stopped) await this.#advance(owed);
    }
  }

  async #runFree(): Promise<void> {
    while (!this.#stopped) {
      // Commands let time pass, too.
      this.#time = await this.#session.time();
      if (this.#waiting.size > 0 || this.#watchers > 0) await this.#advance(this.#distance());
      else await this.#sleep();
    }
  }

  /** How far the next step may go without passing a time that somebody waits for. */
  #distance(): number {
    let nearest = STEP_MAX;
    for (const { until, ready } of this.#waiting) {
      nearest = Math.min(nearest, until - this.#time, ready ? STEP_WATCHED : STEP_MAX);
    }
    return Math.max(nearest, 1);
  }

  async #advance(most: number): Promise<void> {
    const step = Math.ceil(Math.min(most, this.#step));
    const wall = await this.#turns.take(async () => {
      const start = this.#now();
      const isLate = () => this.#now() - start >= STEP_WALL_MAX;
      if (!this.#stopped) await this.#session.advance(step, isLate);
      this.#time = await this.#session.time();
      return this.#now() - start;
    });
    this.#adapt(step, wall);
    for (const { until, ready, resolve } of this.#waiting) {
      if (ready?.()) resolve(true);
      else if (this.#time >= until) resolve(false);
    }
    if (this.#session.ended !== undefined) {
      this.#stopped = true;
      this.#release();
    }
    await this.#stepped();
    await yieldToEvents();
  }

  #adapt(step: number, wall: number): void {
    const factor = Math.min(Math.max(STEP_WALL / Math.max(wall, 0.01), 0.25), 2);
    // A short step says little about how long a long one takes.
    if (factor < 1 || step >= this.#step) {
      this.#step = Math.min(Math.max(this.#step * factor, STEP_MIN), STEP_MAX);
    }
  }

  /** Sleeps until the time is over, or until woken. */
  #sleep(milliseconds?: number): Promise<void> {
    const { promise, resolve } = withResolvers<void>();
    const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
    if (milliseconds === undefined || this.#stopped) this.#wake = resolve;
    return promise.finally(() => clearTimeout(timer));
  }

  #release(): void {
    for (const { resolve } of this.#waiting) resolve(false);
  }
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
