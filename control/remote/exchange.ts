// One frame and its answer, over a line that loses, changes and invents bytes.

import * as abi from "../../abi/agent.ts";
import { encodeFrame, type Frame, type Message, symbolsOf } from "./frame.ts";
import type { Timing } from "./timing.ts";

/** How much longer is waited each time, and at most of the first time: who loses frames is not helped by patience. */
const BACKOFF = 1.5;
const BACKOFF_MOST = 8;
/** A frame is sent so often before there is no hope, however much time has passed. */
const LEAST_SENT = 4;
/** Milliseconds between two frames, whatever the other side says: nobody makes this one talk without a pause. */
const PAUSE = 30;
/** Least data in a frame; where frames get lost they become shorter, and longer again one by one. */
const LEAST_DATA = 16;
const GROWTH = 1.25;

/** What an exchange wants. */
export interface Wanted<T> {
  /** The frame to send, with at most so many bytes of data; asked for each time. */
  make(dataMax: number): Message;
  /** What is made of an answer; undefined: nothing, it is an old one. May throw. */
  take(answer: Frame): T | "alive" | undefined;
  /** Milliseconds without a word that counts after which there is no hope. */
  readonly patience: number;
  /** ... and with any number of words. */
  readonly longest: number;
}

/** What exchanges over a line have in common. */
export interface Shared {
  readonly timing: Timing;
  /** Most bytes of data in a frame: of the line, and as it seems good now. */
  readonly most: number;
  dataMax: number;
  /** Number of the last frame that was sent, modulo 256. */
  attempt: number;
  write(bytes: Uint8Array): void;
}

/** How an exchange ends. */
export type Settled<T> = { readonly value: T } | { readonly failure: unknown };

/** How an exchange without an answer ends. */
export type Failure = "silence" | "too long";

interface Sent {
  readonly at: number;
  readonly size: number;
  /** Answered at once: all of the time is the line's. */
  readonly isPrompt: boolean;
}

export class Exchange<T> {
  readonly #wanted: Wanted<T>;
  readonly #shared: Shared;
  readonly #end: (settled: Settled<T>) => void;
  readonly #fail: (failure: Failure) => Error;
  readonly #sent = new Map<number, Sent>();
  readonly #begun = performance.now();
  /** How much data seemed good before frames were shortened only because nothing was heard. */
  readonly #dataMax: number;
  #timer: NodeJS.Timeout | undefined;
  #heardAt = this.#begun;
  #sentAt = this.#begun;
  #count = 0;
  #backoff = 1;
  #isDamaged = false;
  #isAlive = false;

  /** Begins at once. `end` is called once, unless it is cancelled; `fail` makes the error for that. */
  constructor(
    wanted: Wanted<T>,
    shared: Shared,
    end: (settled: Settled<T>) => void,
    fail: (failure: Failure) => Error,
  ) {
    this.#wanted = wanted;
    this.#shared = shared;
    this.#dataMax = shared.dataMax;
    this.#end = (settled) => {
      this.cancel();
      end(settled);
    };
    this.#fail = fail;
    this.#send();
  }

  /** Nothing is sent any more. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  #send(): void {
    const shared = this.#shared;
    clearTimeout(this.#timer);
    const message = this.#wanted.make(shared.dataMax);
    shared.attempt = (shared.attempt + 1) % abi.AGENT_ATTEMPTS;
    const bytes = encodeFrame(message, shared.attempt);
    this.#sentAt = performance.now();
    const isPrompt = message.type !== abi.AGENT_RUN;
    this.#sent.set(shared.attempt, { at: this.#sentAt, size: bytes.length, isPrompt });
    this.#count++;
    const both = bytes.length + symbolsOf(shared.dataMax);
    this.#timer = setTimeout(() => this.#silent(), shared.timing.wait(both, this.#backoff));
    shared.write(bytes);
  }

  /** Nothing has come for as long as it should take. */
  #silent(): void {
    this.#backoff = Math.min(this.#backoff * BACKOFF, BACKOFF_MOST);
    if (!this.#isAlive) this.#shrink();
    this.#isAlive = false;
    this.#again();
  }

  #again(): void {
    const now = performance.now();
    const { patience, longest } = this.#wanted;
    // A process that was held up itself has not listened.
    const isSilent = now - this.#heardAt > patience && this.#count >= LEAST_SENT;
    if (isSilent) this.#end({ failure: this.#fail("silence") });
    else if (now - this.#begun > longest) this.#end({ failure: this.#fail("too long") });
    else this.#send();
  }

  /** Something of the line; undefined: what arrived damaged. */
  hear(frame: Frame | undefined): void {
    if (!frame || frame.type === abi.AGENT_GARBLED) this.#hearDamaged();
    else this.#hearWhole(frame);
  }

  #hearWhole(frame: Frame): void {
    try {
      const taken = this.#wanted.take(frame);
      if (taken === undefined) return;
      this.#learn(frame);
      if (taken === "alive") {
        this.#heardAt = performance.now();
        this.#isAlive = true;
      } else this.#end({ value: taken });
    } catch (failure) {
      this.#end({ failure });
    }
  }

  /** It was the answer or, so the other side says, the frame that was sent. */
  #hearDamaged(): void {
    this.#isDamaged = true;
    clearTimeout(this.#timer);
    const pause = Math.max(this.#sentAt + PAUSE - performance.now(), 0);
    this.#timer = setTimeout(() => {
      this.#shrink();
      this.#again();
    }, pause);
  }

  #learn({ attempt, body }: Frame): void {
    const shared = this.#shared;
    const sent = this.#sent.get(attempt);
    if (!sent) return;
    if (sent.isPrompt)
      shared.timing.learn(sent.size + symbolsOf(body.length), performance.now() - sent.at);
    // It had not been lost: the line is slow, and no better for frames that are short.
    const isSlow = attempt !== shared.attempt && !this.#isDamaged;
    if (isSlow) shared.dataMax = this.#dataMax;
    else if (this.#count === 1)
      shared.dataMax = Math.min(Math.ceil(shared.dataMax * GROWTH), shared.most);
  }

  #shrink(): void {
    this.#shared.dataMax = Math.max(this.#shared.dataMax >> 1, LEAST_DATA);
  }
}
