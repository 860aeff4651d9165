// Compares what came with what should have come.

const ANY = "…";

/** The session went otherwise than it should; the message shows how. */
export class Difference extends Error {
  override readonly name = "Difference";
}

/** Whether a line is the expected one: blanks may differ in number, `…` is any word or number. */
export function matches(expected: string, line: string): boolean {
  const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const words = expected.trim().split(/\s+/);
  const pattern = words.map((word) => word.split(ANY).map(literal).join("\\S+")).join("\\s+");
  return new RegExp(`^\\s*${pattern}\\s*$`).test(line);
}

/** The lines of a text, without the line ends of either system; an unfinished last one only if `all`. */
export function linesOf(text: string, all = true): string[] {
  const lines = text.split(/\r?\n/);
  const last = lines.pop();
  if (all && last) lines.push(last);
  return lines;
}

const show = (lines: readonly string[]) =>
  lines.length === 0 ? "    (nothing)" : lines.map((line) => `    ${line}`).join("\n");

/** Throws a Difference unless the text is exactly these lines. */
export function expectAll(what: string, expected: readonly string[], text: string): void {
  const lines = linesOf(text).filter((line) => line.trim() !== "");
  const same =
    lines.length === expected.length &&
    expected.every((each, index) => matches(each, lines[index] ?? ""));
  if (!same)
    throw new Difference(`${what}: expected\n${show(expected)}\n  but got\n${show(lines)}`);
}

/** The first expected line that the lines do not contain in this order; undefined when all are there. */
export function firstMissing(
  expected: readonly string[],
  lines: readonly string[],
): string | undefined {
  let position = 0;
  for (const each of expected) {
    while (position < lines.length && !matches(each, lines[position]!)) position++;
    if (position === lines.length) return each;
    position++;
  }
  return undefined;
}

/** Throws a Difference unless the text contains these lines, in this order. */
export function expectAmong(what: string, expected: readonly string[], text: string): void {
  const lines = linesOf(text);
  const missing = firstMissing(expected, lines);
  if (missing === undefined) return;
  throw new Difference(
    `${what}: expected, among others,\n${show([missing])}\n  in\n${show(lines)}`,
  );
}
