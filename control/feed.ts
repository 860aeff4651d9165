// One line of text output: what has been sent, up to a limit, and who listens to what comes.

import type { Unsubscribe } from "./api.ts";

/** How much of the past is kept, in characters. */
export const BACKLOG = 1024 * 1024;

export class Feed {
  #pieces: string[] = [];
  #length = 0;
  readonly #listeners = new Set<(text: string) => void>();

  /** The last {@link BACKLOG} characters. */
  get text(): string {
    const all = this.#pieces.join("");
    const kept = all.length > BACKLOG ? all.slice(-BACKLOG) : all;
    this.#pieces = [kept];
    this.#length = kept.length;
    return kept;
  }

  push(text: string): void {
    this.#pieces.push(text);
    this.#length += text.length;
    if (this.#length > 2 * BACKLOG) void this.text;
    for (const listener of this.#listeners) listener(text);
  }

  follow(listener: (text: string) => void): Unsubscribe {
    // A function of its own: the same listener may follow twice.
    const own = (text: string) => listener(text);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }
}
