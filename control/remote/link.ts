// Frames over a line: one exchange at a time, until its answer has come or there is no hope.

import { ECONNRESET, ETIMEDOUT } from "../../abi/errno.ts";
import { SystemError } from "../errors.ts";
import { harmless } from "../linux/files.ts";
import { Exchange, type Failure, type Shared, type Wanted } from "./exchange.ts";
import { type Frame, FrameReader } from "./frame.ts";
import type { Line } from "./line.ts";
import { Timing } from "./timing.ts";

/** How much of what others say on the line is shown when there is no answer, in bytes. */
const LAST_WORDS = 600;

export class Link {
  readonly #line: Line;
  readonly #reader = new FrameReader(LAST_WORDS);
  readonly #name: string;
  readonly #shared: Shared;
  /** What looks at frames that arrive, and is told of the end. */
  #heard: (frame: Frame | undefined) => void = () => {};
  #fail: (error: SystemError) => void = () => {};
  #error: SystemError | undefined;
  /** Rejects when the line has ended. */
  readonly lost: Promise<never>;

  constructor(line: Line, name: string) {
    this.#line = line;
    this.#name = name;
    const { dataMax } = line;
    const write = (bytes: Uint8Array) => line.write(bytes);
    this.#shared = { timing: new Timing(), most: dataMax, dataMax, attempt: 0, write };
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
  async exchange<T>(wanted: Wanted<T>): Promise<T> {
    if (this.#error) throw this.#error;
    return new Promise<T>((resolve, reject) => {
      const exchange = new Exchange(
        wanted,
        this.#shared,
        (settled) => {
          // More that has come already is not for this exchange.
          this.#heard = () => {};
          this.#fail = () => {};
          if ("value" in settled) resolve(settled.value);
          else reject(settled.failure);
        },
        (failure) => this.#hopeless(failure, wanted),
      );
      this.#heard = (frame) => exchange.hear(frame);
      this.#fail = (error) => {
        exchange.cancel();
        reject(error);
      };
    });
  }

  #hopeless(failure: Failure, { patience, longest }: Wanted<unknown>): SystemError {
    const seconds = (milliseconds: number) => Math.round(milliseconds / 1000);
    const hint =
      failure === "silence"
        ? `No answer for ${seconds(patience)} s.${this.lastWords}`
        : `It is still at work on the request after ${seconds(longest)} s.`;
    return new SystemError(ETIMEDOUT, { subject: `target ${this.#name}`, hint });
  }

  close(): void {
    this.#line.close();
  }
}
