// Which RAM is taken while a kernel is loaded.

/** Ranges of RAM; what was occupied is not given away. */
export class Places {
  readonly #end: number;
  readonly #taken: { first: number; end: number }[] = [];

  /** `end`: bytes of RAM. */
  constructor(end: number) {
    this.#end = end;
  }

  /** Takes a range, whoever else has it. */
  occupy(first: number, size: number): void {
    if (size === 0) return;
    this.#taken.push({ first, end: first + size });
    this.#taken.sort((a, b) => a.first - b.first);
  }

  /** Takes the lowest free range of `size` bytes at or above `from`; undefined if there is none. */
  take(size: number, alignment: number, from: number): number | undefined {
    let at = from;
    for (const { first, end } of this.#taken) {
      at = Math.ceil(at / alignment) * alignment;
      if (end > at && first < at + Math.max(size, 1)) at = end;
    }
    at = Math.ceil(at / alignment) * alignment;
    if (at + size > this.#end) return undefined;
    this.occupy(at, size);
    return at;
  }
}
