// Compares what came with what should have come.

const ANY = "…";
/** `≈N` is any number that differs by no more than this part of N. */
const NEAR = /^≈([0-9]+)$/;
const NEAR_PART = 0.001;

/** The session went otherwise than it should; the message shows how. */
export class Difference extends Error {
  override readonly name = "Difference";
}

const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/**
 * Whether a line is the expected one: blanks may differ in number, `…` is any word or number, `≈N` a number near N. A
 * `shared` line only has to contain it: on a serial line the hypervisor may print before or after an inmate's text.
 */
export function matches(expected: string, line: string, shared = false): boolean {
  const near: number[] = [];
  const words = expected
    .trim()
    .split(/\s+/)
    .map((word) => {
      const number = NEAR.exec(word)?.[1];
      if (number === undefined) return word.split(ANY).map(literal).join("\\S+");
      near.push(Number(number));
      return "([0-9.]+)";
    });
  const pattern = words.join("\\s+");
  const found = new RegExp(shared ? pattern : `^\\s*${pattern}\\s*$`).exec(line);
  return (
    found !== null && near.every((n, at) => Math.abs(Number(found[at + 1]) - n) <= n * NEAR_PART)
  );
}

/** Characters of others that may come within a line. */
const WOVEN_MAX = 40;

/**
 * What there is of an expected line where two write on one serial line at once and the words of one come between the characters of
 * the other; undefined when it is not there. `…` is a number of which one digit is enough.
 */
export function woven(expected: string, text: string): string | undefined {
  for (let start = 0; start < text.length; start++) {
    const last = start + expected.length + WOVEN_MAX;
    let found = "";
    for (let at = start; at < last && at < text.length; at++) {
      const wanted = expected[found.length]!;
      const has = wanted === ANY ? /\d/.test(text[at]!) : text[at] === wanted;
      if (has) found += text[at];
      else if (found === "") break;
      if (found.length === expected.length) return found;
    }
  }
  return undefined;
}

/** The lines of a text, without the line ends of either system; an unfinished last one only if `all`. */
export function linesOf(text: string, all = true): string[] {
  const lines = text.split(/\r?\n/);
  const last = lines.pop();
  if (all && last) lines.push(last);
  return lines;
}

/** Lines of a long text that a message shows, at its beginning and at its end. */
const SHOWN = 8;

function show(lines: readonly string[]): string {
  if (lines.length === 0) return "    (nothing)";
  const long = lines.length > 2 * SHOWN + 1;
  const shown = long ? [...lines.slice(0, SHOWN), "⋮", ...lines.slice(-SHOWN)] : lines;
  return shown.map((line) => `    ${line}`).join("\n");
}

/** Throws a Difference unless the text is exactly these lines. */
export function expectAll(what: string, expected: readonly string[], text: string): void {
  const lines = linesOf(text).filter((line) => line.trim() !== "");
  const same =
    lines.length === expected.length &&
    expected.every((each, index) => matches(each, lines[index] ?? ""));
  if (!same)
    throw new Difference(`${what}: expected\n${show(expected)}\n  but got\n${show(lines)}`);
}

/** Who writes on the line: one, several in turn, or several at once, whose lines may be woven into each other. */
export type Line = "own" | "shared" | "racing";

/** The first expected line that the lines do not contain in this order; undefined when all are there. */
export function firstMissing(
  expected: readonly string[],
  lines: readonly string[],
  line: Line = "own",
): string | undefined {
  let position = 0;
  for (const each of expected) {
    let at = position;
    while (at < lines.length && !matches(each, lines[at]!, line !== "own")) at++;
    if (at < lines.length) position = at + 1;
    else if (line !== "racing" || !woven(each, lines.slice(position).join("\n"))) return each;
  }
  return undefined;
}

/** Throws a Difference unless the text contains these lines, in this order. */
export function expectAmong(
  what: string,
  expected: readonly string[],
  text: string,
  line: Line = "own",
): void {
  const lines = linesOf(text);
  const missing = firstMissing(expected, lines, line);
  if (missing === undefined) return;
  throw new Difference(
    `${what}: expected, among others,\n${show([missing])}\n  in\n${show(lines)}`,
  );
}
