// The parts of an explanation that depend on the kind of access.
import type { Addition } from "./additions.ts";

export interface Reason {
  /** What is there, to follow "That is ". */
  readonly where: string;
  /** Why it is not allowed, to follow "It was denied because ". */
  readonly why: string;
  /** Entries of the cell's configuration that would allow it; none: no configuration does. */
  readonly additions: readonly Addition[];
}
