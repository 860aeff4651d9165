// The live screen of `cell stats`: draws views on a terminal and reads its keys. Control sequences: ECMA-48, and xterm's
// alternate screen.

import { cut } from "../config/columns.ts";
import type { Terminal } from "./io.ts";
import { heading, keys, rows, type StatsView, title, WIDTH } from "./stats-screen.ts";

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const REVERSE = "\x1b[7m";
const NORMAL = "\x1b[m";
const ERASE_LINE = "\x1b[K";
const CTRL_C = "\x03";

const at = (row: number) => `\x1b[${row + 1};1H`;

/** One full frame for a terminal of that size. */
export function frame(view: StatsView, height: number, width: number): string {
  // What is not folded by now, such as one word, is cut: a longer line would push the others away.
  const whole = (text: string) => cut(text, Math.max(width, 1))[0] as string;
  const bar = (text: string) => REVERSE + whole(text.padEnd(Math.min(WIDTH, width))) + NORMAL;
  const lines = [
    ...title(view, width).map(whole),
    "",
    ...heading(view, width).map(bar),
    ...rows(view, width).map(whole),
  ];
  const body = Array.from({ length: Math.max(height - 1, 0) }, (_, row) => lines[row] ?? "");
  return [...body, bar(keys(width))].map((text, row) => at(row) + text + ERASE_LINE).join("");
}

/** A terminal that is given back as it was, however the process ends. */
export class StatsTerminal {
  readonly #terminal: Terminal;
  readonly #restore = () => void this.#terminal.output.write(LEAVE);
  readonly #pressed: (data: Buffer) => void;
  readonly #resized: () => void;

  /** `key` gets each key in lower case, "" for a new size. */
  constructor(terminal: Terminal, key: (key: string) => void) {
    this.#terminal = terminal;
    this.#pressed = (data) => key(data.toString() === CTRL_C ? "q" : data.toString().toLowerCase());
    this.#resized = () => key("");
    terminal.output.write(ENTER);
    process.on("exit", this.#restore);
    terminal.input.setRawMode(true);
    terminal.input.on("data", this.#pressed);
    terminal.input.resume();
    terminal.output.on("resize", this.#resized);
  }

  draw(view: StatsView): void {
    const { rows: height, columns: width } = this.#terminal.output;
    this.#terminal.output.write(frame(view, height, width));
  }

  close(): void {
    const { input, output } = this.#terminal;
    input.off("data", this.#pressed);
    input.setRawMode(false);
    input.pause();
    output.off("resize", this.#resized);
    process.off("exit", this.#restore);
    this.#restore();
  }
}
