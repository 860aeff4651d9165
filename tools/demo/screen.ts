// What a person sees: commands being typed, their output, and the serial lines between them, on the terminal and in the
// recording.

import { appendFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface ScreenOptions {
  /** Milliseconds from one typed character to the next. */
  readonly typing: number;
  readonly colours: boolean;
  /** File for the recording: JSON lines of [seconds, text]. */
  readonly recording?: string | undefined;
  readonly write: (text: string) => void;
  /** Ends typing. */
  readonly signal?: AbortSignal;
}

const STYLES = { remark: "90", prompt: "1;32", serial: "36", error: "31", none: "" } as const;

export class Screen {
  readonly #options: ScreenOptions;
  readonly #start = performance.now();
  #busy = false;
  #waiting: string[] = [];
  /** Unfinished serial lines. */
  readonly #partial = new Map<string, string>();

  constructor(options: ScreenOptions) {
    this.#options = options;
    if (options.recording) writeFileSync(options.recording, "");
  }

  show(text: string, style: keyof typeof STYLES = "none"): void {
    const code = STYLES[style];
    const styled = code && this.#options.colours ? `\x1b[${code}m${text}\x1b[0m` : text;
    this.#options.write(styled);
    const { recording } = this.#options;
    if (!recording) return;
    const seconds = Number(((performance.now() - this.#start) / 1000).toFixed(3));
    const line = JSON.stringify([seconds, styled.replaceAll(/\r?\n/g, "\r\n")]);
    appendFileSync(recording, `${line}\n`);
  }

  /** Types a command line; serial lines wait until it is complete. */
  async type(command: string): Promise<void> {
    this.#busy = true;
    this.show("$ ", "prompt");
    if (this.#options.typing === 0) this.show(command);
    else {
      for (const character of command) {
        await sleep(this.#options.typing, undefined, { signal: this.#options.signal });
        this.show(character);
      }
    }
    this.show("\n");
    this.#busy = false;
    for (const line of this.#waiting.splice(0)) this.show(line, "serial");
  }

  /** A piece of a serial line's output; whole lines are shown, with the line's name. */
  serial(name: string, text: string): void {
    const lines = ((this.#partial.get(name) ?? "") + text).split("\n");
    this.#partial.set(name, lines.pop()!);
    for (const line of lines) {
      const shown = `${name} | ${line.replaceAll("\r", "")}\n`;
      if (this.#busy) this.#waiting.push(shown);
      else this.show(shown, "serial");
    }
  }
}
