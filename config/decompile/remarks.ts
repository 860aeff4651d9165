// Comments for a source that is made: each is written beside what it is about.

/** What there is to say. */
export interface Remarks {
  /** Comments about the whole, each with its lines. */
  readonly head: readonly (readonly string[])[];
  /** Lines by the place that they are about, such as `rootCell.memory[3]` or `debugConsole`. */
  readonly byPlace: ReadonlyMap<string, readonly string[]>;
}

/** Hands remarks out, and knows which are left. */
export class RemarkBook {
  readonly #left: Map<string, readonly string[]>;

  constructor(remarks: Remarks | undefined) {
    this.#left = new Map(remarks?.byPlace);
  }

  /** The lines for a place, once; undefined when there are none. */
  take(...places: readonly string[]): string | undefined {
    const lines = places.flatMap((place) => {
      const found = this.#left.get(place) ?? [];
      this.#left.delete(place);
      return found;
    });
    return lines.length > 0 ? lines.join("\n") : undefined;
  }

  /** The same for a place and all that is left of its parts, such as `x86` and `x86.pmTimer`. */
  takeAll(place: string): string | undefined {
    const parts = [...this.#left.keys()].filter((one) => one.startsWith(`${place}.`));
    return this.take(place, ...parts);
  }

  /** What was not taken: the definition says nothing at these places. */
  rest(): readonly (readonly string[])[] {
    return [...this.#left.values()];
  }
}
