// What a terminal shows after a piece of output: enough of ECMA-48 for our own programs.

/** Text in one style: the parameters of the last SGR sequences, sorted, such as "1" or "32". */
export interface Span {
  readonly text: string;
  readonly style: string;
}

interface Cell {
  readonly char: string;
  readonly style: string;
}

const BLANK: Cell = { char: " ", style: "" };
const TAB = 8;
/** A control sequence, a line break, or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
const TOKENS = /\x1b\[([0-9;?]*)([@-~])|\x1b[()][A-Z0-9]|\x1b[@-Z\\-_]|[\s\S]/gu;

/** A page that grows downwards; the cursor can go up, right and back. */
class Page {
  readonly lines: Cell[][] = [[]];
  row = 0;
  column = 0;
  style = "";

  put(char: string): void {
    const line = this.line();
    while (line.length < this.column) line.push(BLANK);
    line[this.column++] = { char, style: this.style };
  }

  line(): Cell[] {
    while (this.lines.length <= this.row) this.lines.push([]);
    return this.lines[this.row] as Cell[];
  }

  control(char: string): void {
    if (char === "\n") {
      this.row++;
      this.column = 0;
      this.line();
    } else if (char === "\r") this.column = 0;
    else if (char === "\b") this.column = Math.max(0, this.column - 1);
    else if (char === "\t") this.column = (Math.floor(this.column / TAB) + 1) * TAB;
  }

  sequence(parameters: string, final: string): void {
    const count = Math.max(1, Number.parseInt(parameters, 10) || 1);
    if (final === "m") this.select(parameters);
    else if (final === "K") this.line().length = Math.min(this.line().length, this.column);
    else if (final === "A") this.row = Math.max(0, this.row - count);
    else if (final === "B") this.row += count;
    else if (final === "C") this.column += count;
    else if (final === "D") this.column = Math.max(0, this.column - count);
    else if (final === "G") this.column = count - 1;
    else if (final === "J") this.lines.length = this.row + 1;
  }

  /** SGR: 0 clears, 39, 22 and 27 undo; everything else adds. */
  select(parameters: string): void {
    const styles = new Set(this.style === "" ? [] : this.style.split(" "));
    for (const one of parameters === "" ? ["0"] : parameters.split(";")) {
      if (one === "0") styles.clear();
      else if (one === "39")
        for (const style of styles) if (/^[39]\d$/.test(style)) styles.delete(style);
      if (one === "22") for (const style of ["1", "2"]) styles.delete(style);
      if (one === "27") styles.delete("7");
      if (/^(?:[1-9]|3[0-7]|9[0-7])$/.test(one)) styles.add(one);
    }
    this.style = [...styles].sort().join(" ");
  }
}

function spans(line: readonly Cell[]): Span[] {
  const result: { text: string; style: string }[] = [];
  for (const { char, style } of line) {
    const last = result.at(-1);
    if (last && last.style === style) last.text += char;
    else result.push({ text: char, style });
  }
  return result;
}

/** The lines that a terminal of unlimited height shows, from top to bottom. */
export function terminalLines(output: string): Span[][] {
  const page = new Page();
  for (const [token, parameters, final] of output.matchAll(TOKENS)) {
    if (final !== undefined) page.sequence(parameters as string, final);
    else if (token.length === 1 && token < " ") page.control(token);
    else if (!token.startsWith("\x1b")) page.put(token);
  }
  return page.lines.map(spans);
}
