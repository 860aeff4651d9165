// What a command prints when it prints on a terminal: nothing that the terminal would obey comes from others. Everything that
// is printed goes through here; files and pipes get it byte for byte.

import { printable } from "../config/printable.ts";
import type { Io } from "./io.ts";

const CR = "\r";

/** A stream of output as a terminal may show it, piece by piece. Bytes are taken for UTF-8; what is none becomes U+FFFD. */
class Screen {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** A CR at the end of a piece: with the LF of the next one it is a line's end, and otherwise none. */
  #held = "";

  show(piece: string | Uint8Array): string {
    const text = typeof piece === "string" ? piece : this.#decoder.decode(piece, { stream: true });
    const all = this.#held + text;
    this.#held = all.endsWith(CR) ? CR : "";
    return printable(all.slice(0, all.length - this.#held.length).replaceAll("\r\n", "\n"));
  }
}

/** The same surroundings, where what is printed on a terminal is printable. */
export function onScreen(io: Io): Io {
  const [out, err] = [new Screen(), new Screen()];
  return {
    ...io,
    out: io.screens.out ? (text) => io.out(out.show(text)) : io.out,
    err: io.screens.err ? (text) => io.err(err.show(text)) : io.err,
  };
}
