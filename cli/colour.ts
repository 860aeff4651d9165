// Colour: whether a command prints any, and what has which. https://no-color.org, and FORCE_COLOR as tools of Node's take it.

import { styleText } from "node:util";
import type { Environment } from "../control/caller.ts";

/** The option by which a command line refuses it. */
export const NO_COLOUR = "--no-color";
/** Values of FORCE_COLOR that mean none. */
const OFF = ["0", "false"];

/**
 * Whether a stream gets colours. The command line's word counts most, then FORCE_COLOR, even for files; then NO_COLOR, or Node's own name for
 * it, with any value but the empty one. Otherwise terminals do, those that know of colours.
 */
export function wantsColour(env: Environment, isTerminal: boolean, refused = false): boolean {
  const {
    FORCE_COLOR: forced,
    NO_COLOR: none,
    NODE_DISABLE_COLORS: disabled,
    TERM: terminal,
  } = env;
  if (refused) return false;
  if (forced !== undefined) return !OFF.includes(forced);
  return isTerminal && !none && !disabled && terminal !== "dumb";
}

const TONES = {
  error: ["bold", "red"],
  warning: ["bold", "yellow"],
  note: ["bold", "cyan"],
  place: ["bold"],
  remedy: ["green"],
} as const;

/** A text in the colour of what it says. */
export function paint(tone: keyof typeof TONES, text: string): string {
  // Whether the stream wants it has been decided; Node would look at the process' own.
  return styleText([...TONES[tone]], text, { validateStream: false });
}

/** What `explain` prints, printable already: each access, and where it says what would allow it. */
export function paintExplanation(text: string): string {
  return text
    .replace(/^\S.*$/gm, (line) => paint("place", line))
    .replace(/^( +)(To allow it:)$/gm, (_, before, words) => before + paint("remedy", words));
}

type Severity = "error" | "warning" | "note";

/** A diagnostic as `config check` prints it: its place, what it is, the underline, and what to do. It is printable already. */
export function paintDiagnostic(text: string): string {
  let tone: Severity = "error";
  return text
    .split("\n")
    .map((line) => {
      const [, place = "", severity, rest] =
        /^(\S.*?: )(error|warning|note)(: .*)$/.exec(line) ?? [];
      if (severity !== undefined) {
        tone = severity as Severity;
        return paint("place", place) + paint(tone, severity) + rest;
      }
      if (/^\s+\^+$/.test(line)) return line.replace(/\^+/, (marks) => paint(tone, marks));
      return line.replace(
        /^(\s+)(fix|help|see)(?=: )/,
        (_, before, word) => before + paint("remedy", word),
      );
    })
    .join("\n");
}
