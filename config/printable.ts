// Text of others on a terminal: names in configurations, what inmates print, logs. A terminal obeys control characters: a name
// could move the cursor and overwrite the line before, and a bidirectional override show text that is not there.

/** Control characters (C0, DEL, C1), line and paragraph separators, and what changes the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
/** What ends a line somewhere. */
const LINE_ENDS = /[\n\r\v\f\u0085\u2028\u2029]/g;
/** What lays text out and does nothing else. */
const LAYOUT = "\n\t";

/** As a string of JavaScript or JSON would have it: JSON stays the same JSON. */
const escaped = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** The text without anything that a terminal obeys, except line ends and tabs. Each sign becomes `\u` and 4 digits. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (sign) => (LAYOUT.includes(sign) ? sign : escaped(sign)));
}

/** A name in a line of text: it stays in that line, wherever that is printed. */
export function oneLine(name: string): string {
  return name.replace(LINE_ENDS, escaped);
}
