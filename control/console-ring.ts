// Reads the hypervisor's console ring: a page with u32 busy, u32 tail (free running) and 2048 bytes of text (ABI section 7).

import { RING_CELLS, RING_CONTENT, RING_SIZE, RING_TAIL } from "../abi/console.ts";

/** How a line begins that says why something was refused or stopped. */
const REASON = /^(Refused|FATAL):/;

/** What a piece of console output says as one line: the reasons alone if there are any; undefined for nothing. */
export function reasonIn(text: string): string | undefined {
  const lines = text.split("\n").map((line) => line.trim());
  const reasons = lines.filter((line) => REASON.test(line));
  const shown = reasons.length > 0 ? reasons : lines.filter((line) => line !== "");
  return shown.join("; ") || undefined;
}

/** Follows the ring: what is in it, and what came since the last mark. */
export class ConsoleReader {
  readonly #page: () => DataView | undefined;
  #marked = 0;

  /** `page` gives the console page, or undefined while there is none. */
  constructor(page: () => DataView | undefined) {
    this.#page = page;
  }

  /** All that the ring holds, without the line whose beginning is gone; empty where there was no hypervisor yet. */
  text(): string {
    const page = this.#page();
    if (!page) return "";
    const tail = page.getUint32(RING_TAIL, true);
    if (tail <= RING_SIZE) return read(page, 0, tail);
    const text = read(page, tail - RING_SIZE, tail);
    return text.slice(text.indexOf("\n") + 1);
  }

  /** Text after position `from` (free running), and the position to go on at. */
  after(from: number): { text: string; position: number } {
    const page = this.#page();
    if (!page) return { text: "", position: 0 };
    const tail = page.getUint32(RING_TAIL, true);
    const start = from > tail ? 0 : Math.max(from, tail - RING_SIZE);
    const missed = start - from;
    const gap = from <= tail && missed > 0 ? `<missed ${missed} bytes of console log>\n` : "";
    return { text: gap + read(page, start, tail), position: tail };
  }

  /** Remembers the present end for `since`. */
  mark(): void {
    this.#marked = this.#page()?.getUint32(RING_TAIL, true) ?? 0;
  }

  /**
   * What the hypervisor itself has printed since the mark, as one line: the reasons alone if there are any; undefined for
   * nothing. What cells printed is no reason, whatever it says.
   */
  since(): string | undefined {
    const page = this.#page();
    if (!page) return undefined;
    const tail = page.getUint32(RING_TAIL, true);
    const first = Math.max(this.#marked > tail ? 0 : this.#marked, tail - RING_SIZE);
    const own = [...read(page, first, tail)].filter((_, index) => !isOfCell(page, first + index));
    return reasonIn(own.join(""));
  }

  /** Starts over, for a hypervisor that is enabled anew. */
  forget(): void {
    this.#marked = 0;
  }
}

/** Whether a cell printed the byte at this position. */
function isOfCell(page: DataView, position: number): boolean {
  const at = position % RING_SIZE;
  return ((page.getUint8(RING_CELLS + (at >> 3)) >> (at & 7)) & 1) === 1;
}

function read(page: DataView, start: number, end: number): string {
  const bytes = Uint8Array.from({ length: end - start }, (_, index) =>
    page.getUint8(RING_CONTENT + ((start + index) % RING_SIZE)),
  );
  return new TextDecoder("latin1").decode(bytes);
}
