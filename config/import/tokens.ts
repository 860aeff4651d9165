// The tokens of C's text, comments among them, with the file that each comes from.

export interface Token {
  readonly kind: "word" | "mark" | "text" | "comment";
  readonly text: string;
  /** As the preprocessor names it; empty where it does not. */
  readonly file: string;
  /** Number of the text's own line: tokens of one line stand beside each other. */
  readonly line: number;
}

/** Line markers, words, strings, comments, every other sign; a backslash at a line's end joins two. */
const TOKEN =
  /^[ \t]*#[ \t]*(?:line[ \t]+)?\d+[ \t]+"((?:[^"\\\n]|\\.)*)"[^\n]*|(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|([A-Za-z_$][\w$]*|\d[\w.]*)|("(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\.)*')|\\\n|(\n)|([^\s])/gm;

function* scan(text: string): Generator<Token> {
  let file = "";
  let line = 0;
  for (const [whole, marker, comment, word, quoted, newline, mark] of text.matchAll(TOKEN)) {
    if (marker !== undefined) file = marker;
    else if (newline !== undefined) line++;
    else if (comment !== undefined) {
      yield { kind: "comment", text: comment, file, line };
      line += comment.split("\n").length - 1;
    } else if (word !== undefined) yield { kind: "word", text: whole, file, line };
    else if (quoted !== undefined) yield { kind: "text", text: whole, file, line };
    else if (mark !== undefined) yield { kind: "mark", text: whole, file, line };
  }
}

/** All tokens. Text that is no C gives tokens, too: every sign that stands for nothing is one. */
export const tokensOf = (text: string): Token[] => [...scan(text)];

/** What a comment says: its lines, without the signs that make it one. */
export function commentLines(comment: string): string[] {
  const inside = comment.startsWith("//")
    ? comment.replace(/^\/\/+[<!]?/, "")
    : comment.replace(/^\/\*+!?|\*+\/$/g, "");
  const lines = inside.split("\n").map((line) => line.replace(/^\s*\*+(?=\s|$)/, "").trim());
  const first = lines.findIndex((line) => line !== "");
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => line !== "") + 1);
}

/** What a comment says, for comparing: the preprocessor changes its signs and its lines. */
export const commentKey = (comment: string): string =>
  commentLines(comment).join(" ").replace(/\\/g, "").replace(/\s+/g, " ").trim();
