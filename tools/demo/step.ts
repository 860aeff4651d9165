// What a session is made of.
//
// In an expected line, `…` stands for any one word or number, `≈N` for a number near N, and a run of blanks for any other.

/** What one command must do. */
export interface Step {
  /** A remark, shown before the command. */
  readonly remark?: string;
  /** The command line; `jailhouse` is this clone's. */
  readonly command: string;
  /** Its exit status; 0 if not said. */
  readonly status?: number;
  /** All lines of its standard output; undefined: none. */
  readonly out?: readonly string[];
  /** Lines that its standard output must contain, in this order, among others. */
  readonly contains?: readonly string[];
  /** The lines that its standard error begins with; undefined: none. */
  readonly err?: readonly string[];
  /** Lines that must come on COM1 afterwards, in this order, among others. */
  readonly com1?: readonly string[];
  /** The same in the file to which COM2 goes. */
  readonly com2?: readonly string[];
  /** Afterwards this many seconds pass, in each of which that line must come that often on COM1. */
  readonly beat?: { readonly seconds: number; readonly line: string; readonly perSecond: number };
}
