// The parts of an explanation that depend on the kind of access.
import type { Addition } from "./additions.ts";

/** Why no entry is proposed for a device that reads and writes memory on command. */
export const REACHES_ALL_MEMORY =
  "whoever has that device reads and writes all memory, that of other cells and of the hypervisor too: a program that went astray " +
  "gets there by mistake, and any other cell has to be trusted (flag unguarded-dma) and to list it by hand";

export interface Reason {
  /** What is there, to follow "That is ". */
  readonly where: string;
  /** Why it is not allowed, to follow "It was denied because ". */
  readonly why: string;
  /** Entries of the cell's configuration that would allow it; none: no configuration does. */
  readonly additions: readonly Addition[];
  /** What `config check` will say of these, one sentence each. */
  readonly cautions?: readonly string[];
}
