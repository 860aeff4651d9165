// Text in columns. On a terminal it is folded to the width of that, and nothing is lost; files and pipes get it as wide as it is.

/** Columns of the terminal; undefined where nothing may depend on any. */
export type Columns = number | undefined;

const GAP = 2;
const GAP_TEXT = " ".repeat(GAP);
/** Signs that take two columns of a terminal (Unicode, UAX 11, wide and full-width; pictographs). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
/** A change of colour (ECMA-48 SGR), which takes none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with one
const COLOUR = /(\x1b\[[\d;]*m)/;
/** What most lines are made of: each character is a sign and takes a column, which needs no look at Unicode's tables. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Its tables take longer to load than most commands: only a line that is not plain needs them. */
let segmenter: Intl.Segmenter | undefined;

/** What a line consists of: signs as people count them, and changes of colour. */
function signsOf(text: string): string[] {
  if (PLAIN.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const signs = (part: string) => [...segmenter!.segment(part)].map(({ segment }) => segment);
  return text.split(COLOUR).flatMap((part, index) => (index % 2 === 1 ? [part] : signs(part)));
}

function signWidth(sign: string): number {
  if (COLOUR.test(sign)) return 0;
  return WIDE.test(sign) ? 2 : 1;
}

/** How many columns a line takes. */
export function widthOf(line: string): number {
  if (PLAIN.test(line)) return line.length;
  return signsOf(line).reduce((sum, sign) => sum + signWidth(sign), 0);
}

const padded = (text: string, width: number): string =>
  text + " ".repeat(Math.max(width - widthOf(text), 0));

/** A line in pieces of at most that many columns, cut between signs. Joined, they are the line. */
export function cut(line: string, columns: number): string[] {
  const pieces = [""];
  let width = 0;
  for (const sign of signsOf(line)) {
    const more = signWidth(sign);
    if (width > 0 && width + more > columns) {
      pieces.push("");
      width = 0;
    }
    pieces.push(`${pieces.pop()}${sign}`);
    width += more;
  }
  return pieces;
}

/** Pieces in a row, as many to a line as fit; what does not fit in a line is cut. */
export function flow(pieces: readonly string[], gap: string, columns: Columns): string[] {
  if (columns === undefined) return [pieces.join(gap)];
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last + gap + piece) <= columns)
      lines[lines.length - 1] = last + gap + piece;
    else lines.push(...cut(piece, columns));
  }
  return lines;
}

/** A text in lines of at most that many columns, folded between words where that is possible. */
export function wrap(text: string, columns: Columns): string[] {
  if (columns === undefined || widthOf(text) <= columns) return [text];
  const words = text.split(" ").filter((word) => word !== "");
  return words.length === 0 ? [""] : flow(words, " ", Math.max(columns, 1));
}

/** A text behind others that begin in the same column, or below its name where there is no room. */
export function hanging(name: string, text: string, indent: number, columns: Columns): string[] {
  if (columns === undefined) return [padded(name, indent) + text];
  const room = columns - indent;
  if (room < columns / 2)
    return [...wrap(name, columns), ...wrap(text, columns - GAP).map((line) => GAP_TEXT + line)];
  return wrap(text, room).map((line, index) => padded(index === 0 ? name : "", indent) + line);
}

/** Rows with their columns under each other, as wide as they need to be. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    });
  return rows.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column]! + GAP))
      .join("")
      .trimEnd(),
  );
}

/** A table for a terminal where it may not fit: then each row becomes lines of its own, one for each named column. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  columns: Columns,
): string[] {
  const lines = align([heading, ...rows]);
  if (fits(lines, columns)) return lines;
  return rows.flatMap((row, index) => {
    const own = row.flatMap((cell, column) => {
      const name = `${heading[column] ?? ""}:`;
      return hanging(`${name} `, cell, widthOf(name) + 1, columns).map((line) => line.trimEnd());
    });
    return index === 0 ? own : ["", ...own];
  });
}

/** Rows that begin with what they are about, without a heading; folded where they do not fit. */
export function facts(rows: readonly (readonly string[])[], columns: Columns): string[] {
  const lines = align(rows);
  if (fits(lines, columns)) return lines;
  const indent = Math.max(...rows.map(([name = ""]) => widthOf(name))) + GAP;
  return rows.flatMap(([name = "", ...cells]) =>
    hanging(name, cells.filter((cell) => cell !== "").join(GAP_TEXT), indent, columns),
  );
}

/** Whether lines can stand in a terminal as they are. */
export function fits(lines: readonly string[], columns: Columns): columns is undefined {
  return columns === undefined || lines.every((line) => widthOf(line) <= columns);
}
