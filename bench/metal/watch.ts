// Marks on the guest's console, and what a cell says on COM1 in between.

import { BEGIN, END } from "./groups.ts";

/** Cuts out what COM1 says between the marks on the guest's console. */
export class Watch {
  #com1: () => string = () => "";
  #start = 0;
  #text = "";
  /** The console's latest line, as far as it has come. */
  #line = "";

  /** Says where COM1's text so far is had. */
  attach(com1: () => string): void {
    this.#com1 = com1;
  }

  /** Told every piece of the console. */
  hear(piece: string): void {
    const lines = `${this.#line}${piece}`.split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) {
      if (line.includes(BEGIN)) this.#start = this.#com1().length;
      if (line.includes(END)) this.#text = this.#com1().slice(this.#start);
    }
  }

  /** What was said between the latest marks. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}
