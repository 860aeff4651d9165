// Frames over a line that loses, changes and invents bytes: sent again until the answer comes.

import { ECONNRESET, ETIMEDOUT } from "../../abi/errno.ts";
import { SystemError } from "../errors.ts";
import { harmless } from "../linux/files.ts";
import { encodeFrame, type Frame, FrameReader } from "./frame.ts";
import type { Line } from "./line.ts";

/** Milliseconds until a frame is sent again, before the line's own time is known, and at least and at most. */
const FIRST_WAIT = 400;
const LEAST_WAIT = 30;
const MOST_WAIT = 8000;
/** How much longer each time, and at most of the line's own time: who loses frames is not helped by patience. */
const BACKOFF = 1.5;
const BACKOFF_MOST = 8;
/** A round trip counts this much of those before it; so many of them are waited for. */
const SMOOTH = 0.8;
const ROUND_TRIPS = 4;
/** A frame is sent so often before there is no hope, however much time has passed. */
const LEAST_SENT = 4;
/** Least data in a frame; where frames get lost they become shorter, and longer again one by one. */
const LEAST_DATA = 16;
const GROWTH = 1.25;
/** How much of what others say on the line is shown when there is no answer, in bytes. */
const LAST_WORDS = 600;

/** What an exchange wants. */
export interface Exchange<T> {
  /** The frame to send, with at most so many bytes of data; asked for each time. */
  make(dataMax: number): Frame;
  /** What is made of an answer; undefined: nothing, it is an old one. May throw. */
  take(answer: Frame): T | "alive" | undefined;
  /** Milliseconds without a word that counts after which there is no hope. */
  readonly patience: number;
  /** ... and with any number of words. */
  readonly longest: number;
}

export class Link {
  readonly #line: Line;
  readonly #reader = new FrameReader(LAST_WORDS);
  readonly #name: string;
  /** What looks at frames that arrive, and is told of the end. */
  #heard: (frame: Frame | undefined) => void = () => {};
  #fail: (error: SystemError) => void = () => {};
  #roundTrip: number | undefined;
  #dataMax: number;
  #error: SystemError | undefined;
  /** Rejects when the line has ended. */
  readonly lost: Promise<never>;

  constructor(line: Line, name: string) {
    this.#line = line;
    this.#name = name;
    this.#dataMax = line.dataMax;
    line.onData((bytes) => {
      for (const found of this.#reader.feed(bytes)) this.#heard(found);
    });
    this.lost = new Promise((_, reject) => {
      line.onEnd((reason) => {
        this.#error = this.#endOf(reason);
        this.#fail(this.#error);
        reject(this.#error);
      });
    });
    this.lost.catch(() => {});
  }

  #endOf(reason: string | undefined): SystemError {
    const why = reason ? `: ${harmless(reason)}` : "";
    const options = { subject: `target ${this.#name}`, hint: `The line has ended${why}.` };
    return new SystemError(ECONNRESET, options);
  }

  /** The last that was said on the line by others than an agent, for an error's hint. */
  get lastWords(): string {
    const lines = harmless(this.#reader.text)
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    return lines.length === 0 ? "" : ` The line's last words: ${lines.slice(-3).join(" | ")}`;
  }

  /** Sends until an answer is taken. One at a time. Throws ETIMEDOUT, ECONNRESET, or what `take` throws. */
  async exchange<T>(wanted: Exchange<T>): Promise<T> {
    if (this.#error) throw this.#error;
    return new Promise<T>((resolve, reject) => this.#converse(wanted, resolve, reject));
  }

  #converse<T>(
    { make, take, patience, longest }: Exchange<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    let timer: NodeJS.Timeout | undefined;
    let wait = this.#firstWait();
    let [isFirst, isAlive] = [true, false];
    let sent = 0;
    const begunAt = performance.now();
    let [sentAt, heardAt] = [begunAt, begunAt];
    const most =
      this.#roundTrip === undefined ? MOST_WAIT : Math.min(wait * BACKOFF_MOST, MOST_WAIT);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      // More that has come already is not for this exchange.
      this.#heard = () => {};
      this.#fail = () => {};
      settle();
    };
    const send = () => {
      clearTimeout(timer);
      timer = setTimeout(again, wait);
      sentAt = performance.now();
      sent++;
      this.#line.write(encodeFrame(make(this.#dataMax)));
    };
    const again = () => {
      const now = performance.now();
      // A process that was held up itself has not listened.
      const isSilent = now - heardAt > patience && sent >= LEAST_SENT;
      if (isSilent) return end(() => reject(this.#silence(patience)));
      if (now - begunAt > longest) return end(() => reject(this.#tooLong(longest)));
      if (!isAlive) this.#shrink();
      [isFirst, isAlive] = [false, false];
      wait = Math.min(wait * BACKOFF, most);
      send();
    };
    this.#fail = (error) => end(() => reject(error));
    this.#heard = (frame) => {
      try {
        const taken = frame && take(frame);
        // A damaged frame was the answer, most likely; but nobody makes this side talk without a pause.
        if (!frame) {
          if (performance.now() - sentAt >= LEAST_WAIT) again();
        } else if (taken === "alive") {
          heardAt = performance.now();
          isAlive = true;
        } else if (taken !== undefined) {
          this.#learn(performance.now() - sentAt, isFirst);
          end(() => resolve(taken));
        }
      } catch (error) {
        end(() => reject(error));
      }
    };
    send();
  }

  #firstWait(): number {
    if (this.#roundTrip === undefined) return FIRST_WAIT;
    return Math.min(Math.max(this.#roundTrip * ROUND_TRIPS, LEAST_WAIT), MOST_WAIT);
  }

  /** Which of several frames an answer is to cannot be known. */
  #learn(roundTrip: number, isCertain: boolean): void {
    if (!isCertain && this.#roundTrip !== undefined) return;
    const before = this.#roundTrip ?? roundTrip;
    this.#roundTrip = before * SMOOTH + roundTrip * (1 - SMOOTH);
    this.#dataMax = Math.min(Math.ceil(this.#dataMax * GROWTH), this.#line.dataMax);
  }

  #shrink(): void {
    this.#dataMax = Math.max(this.#dataMax >> 1, LEAST_DATA);
  }

  #silence(patience: number): SystemError {
    const seconds = Math.round(patience / 1000);
    const hint = `No answer for ${seconds} s.${this.lastWords}`;
    return new SystemError(ETIMEDOUT, { subject: `target ${this.#name}`, hint });
  }

  #tooLong(longest: number): SystemError {
    const hint = `It is still at work on the request after ${Math.round(longest / 1000)} s.`;
    return new SystemError(ETIMEDOUT, { subject: `target ${this.#name}`, hint });
  }

  close(): void {
    this.#line.close();
  }
}
