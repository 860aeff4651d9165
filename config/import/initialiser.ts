// Which entry of a configuration each comment of its C is about. A comment that ends a line of code is about what that line
// says, any other about what follows it.
import { commentKey, commentLines, type Token, tokensOf } from "./tokens.ts";

/** A designator's path: names of fields, and numbers of entries. */
export type Path = readonly (string | number)[];

/** A comment, and what of the variable it is about; no path: it stands before or behind all of it. */
export interface Remark {
  readonly path: Path | undefined;
  readonly lines: readonly string[];
}

/** A field of the variable's type: its name, and the type of what it holds. */
export interface Member {
  readonly name: string;
  readonly type: string;
}

export interface Initialised {
  readonly members: readonly Member[];
  /** How many entries each member was given, by its name. */
  readonly counts: ReadonlyMap<string, number>;
  readonly remarks: readonly Remark[];
}

const OPEN = ["{", "(", "["];
const CLOSE = ["}", ")", "]"];

/** Whether a comment ends a line of code, by what it says; both, for one that stands in several places. */
type Habits = ReadonlyMap<string, ReadonlySet<boolean>>;

/** Looks at a file before the preprocessor, which puts the lines of a macro beside each other. */
function habitsOf(sources: readonly string[]): Habits {
  const habits = new Map<string, Set<boolean>>();
  for (const source of sources) {
    const tokens = tokensOf(source.replaceAll("\\\n", "\n"));
    tokens.forEach((token, index) => {
      if (token.kind !== "comment") return;
      const [before, after] = [tokens[index - 1], tokens[index + 1]];
      const isLast = after === undefined || after.line > token.line;
      const opens = before?.text === "{" || before?.text === "(";
      const endsCode = before !== undefined && before.line === token.line && isLast && !opens;
      const key = commentKey(token.text);
      habits.set(key, (habits.get(key) ?? new Set()).add(endsCode));
    });
  }
  return habits;
}

/** Walks over an initialiser's tokens. */
class Walk {
  readonly remarks: Remark[] = [];
  readonly counts = new Map<string, number>();
  readonly #tokens: readonly Token[];
  readonly #habits: Habits;
  readonly #members: readonly Member[];
  readonly #isOurs: (token: Token) => boolean;
  #at: number;
  /** Comments about what follows. */
  #pending: Token[] = [];
  /** What was said last. */
  #last: Path = [];

  constructor(
    tokens: readonly Token[],
    start: number,
    context: { habits: Habits; members: readonly Member[]; isOurs: (token: Token) => boolean },
  ) {
    this.#tokens = tokens;
    this.#at = start;
    this.#habits = context.habits;
    this.#members = context.members;
    this.#isOurs = context.isOurs;
  }

  /** Where the walk is: behind the initialiser once it is done. */
  get place(): number {
    return this.#at;
  }

  #add(path: Path, comments: readonly Token[]): void {
    for (const { text } of comments) this.remarks.push({ path, lines: commentLines(text) });
  }

  #endsCode(comment: Token): boolean {
    const [before, after] = [this.#tokens[this.#at - 1], this.#tokens[this.#at + 1]];
    const known = this.#habits.get(commentKey(comment.text));
    if (known?.size === 1) return [...known][0] as boolean;
    const isLast = after === undefined || after.line > comment.line;
    return before?.line === comment.line && before.text !== "{" && isLast;
  }

  /** The next token that is no comment; comments are put where they belong. */
  #peek(): Token | undefined {
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token?.kind !== "comment") return token;
      if (!this.#isOurs(token)) {
        if (this.#endsCode(token)) this.#add(this.#last, [token]);
        else this.#pending.push(token);
      }
      this.#at++;
    }
  }

  #take(): Token | undefined {
    const token = this.#peek();
    if (token) this.#at++;
    return token;
  }

  /** Comments before something belong to it. */
  #settle(path: Path): void {
    this.#last = path;
    this.#add(path, this.#pending);
    this.#pending = [];
  }

  /** `.name`, `[3]` or `[1 ... 3]`, as many as there are, up to the `=`; undefined without any. */
  #designators(): (string | number)[] | undefined {
    const found: (string | number)[] = [];
    for (;;) {
      const token = this.#peek();
      if (token?.text === ".") {
        this.#at++;
        found.push(this.#take()?.text ?? "");
      } else if (token?.text === "[") found.push(this.#index());
      else break;
    }
    if (found.length > 0 && this.#peek()?.text === "=") this.#at++;
    return found.length > 0 ? found : undefined;
  }

  #index(): number {
    this.#at++;
    const first = this.#take()?.text ?? "";
    for (let depth = 1; depth > 0; ) {
      const token = this.#take();
      if (!token) break;
      if (OPEN.includes(token.text)) depth++;
      else if (CLOSE.includes(token.text)) depth--;
    }
    const value = Number(first.replace(/[uUlL]+$/, ""));
    return Number.isInteger(value) ? value : 0;
  }

  /** The parts of a list in braces, whose `{` is the next token. */
  list(path: Path): void {
    this.#at++;
    let index = 0;
    for (let token = this.#peek(); token && token.text !== "}"; token = this.#peek()) {
      if (token.text === ",") {
        this.#at++;
        continue;
      }
      const given = this.#designators();
      if (typeof given?.[0] === "number") index = given[0];
      const own = [...path, ...(given ?? [this.#nth(path, index)])];
      this.#settle(own);
      this.#value(own);
      index++;
      this.#count(own);
    }
    // What stands behind the last one has nothing else to be about.
    if (this.#pending.length > 0) this.#settle(this.#last);
    this.#at++;
  }

  #nth(path: Path, index: number): string | number {
    return path.length === 0 ? (this.#members[index]?.name ?? index) : index;
  }

  #count([name, index]: Path): void {
    if (typeof index !== "number" || typeof name !== "string") return;
    this.counts.set(name, Math.max(this.counts.get(name) ?? 0, index + 1));
  }

  /** A value: a list, or an expression up to the next comma. */
  #value(path: Path): void {
    // A compound literal is a list behind a type in parentheses.
    for (let depth = 0, token = this.#peek(); token; token = this.#peek()) {
      if (depth === 0 && token.text === "{") {
        this.list(path);
        continue;
      }
      if (depth === 0 && (token.text === "," || token.text === "}")) break;
      if (OPEN.includes(token.text)) depth++;
      else if (CLOSE.includes(token.text)) depth--;
      this.#at++;
    }
    if (this.#pending.length > 0) this.#settle(path);
  }
}

/** Index of the token that begins the initialiser of a variable: the `{` behind `name = `, outside of any braces. */
function findInitialiser(tokens: readonly Token[], name: string): number | undefined {
  let depth = 0;
  for (const [index, { text }] of tokens.entries()) {
    if (OPEN.includes(text)) depth++;
    else if (CLOSE.includes(text)) depth--;
    if (depth !== 0 || text !== name) continue;
    const rest = tokens.slice(index + 1).filter(({ kind }) => kind !== "comment");
    if (rest[0]?.text === "=" && rest[1]?.text === "{") return tokens.indexOf(rest[1], index);
  }
  return undefined;
}

/** The members of the structure that is declared right before a variable. */
function membersBefore(tokens: readonly Token[], end: number): Member[] {
  const code = tokens.slice(0, end).filter(({ kind }) => kind !== "comment");
  const last = code.findLastIndex(({ text }) => text === "}");
  let first = last;
  for (let depth = 0; first >= 0; first--) {
    if (code[first]!.text === "}") depth++;
    else if (code[first]!.text === "{" && --depth === 0) break;
  }
  const members: Member[] = [];
  let words: Token[] = [];
  for (const token of code.slice(first + 1, last)) {
    if (token.text !== ";") {
      words.push(token);
      continue;
    }
    const bracket = words.findIndex(({ text }) => text === "[");
    const name = words[(bracket < 0 ? words.length : bracket) - 1];
    const type = words.slice(0, name ? words.indexOf(name) : 0).map(({ text }) => text);
    if (name) members.push({ name: name.text, type: type.join(" ") });
    words = [];
  }
  return members;
}

/**
 * Reads a variable's initialiser in text of the preprocessor. `sources` are the files as people wrote them, `isOurs` tells
 * files whose comments are not theirs. Text without such an initialiser has no members, and all its comments.
 */
export function readInitialiser(
  text: string,
  name: string,
  sources: readonly string[],
  isOurs: (file: string) => boolean,
): Initialised {
  const tokens = tokensOf(text);
  const isForeign = ({ file }: Token) => isOurs(file);
  const outside = (some: readonly Token[]): Remark[] =>
    some
      .filter((token) => token.kind === "comment" && !isForeign(token))
      .map((token) => ({ path: undefined, lines: commentLines(token.text) }));
  const start = findInitialiser(tokens, name);
  if (start === undefined) return { members: [], counts: new Map(), remarks: outside(tokens) };
  const members = membersBefore(tokens, start);
  const walk = new Walk(tokens, start, { habits: habitsOf(sources), members, isOurs: isForeign });
  walk.list([]);
  const remarks = [
    ...outside(tokens.slice(0, start)),
    ...walk.remarks,
    ...outside(tokens.slice(walk.place)),
  ];
  return { members, counts: walk.counts, remarks: remarks.filter(({ lines }) => lines.length > 0) };
}

/** The files that a preprocessor's text names, each once; those in angle brackets are the compiler's own. */
export const filesOf = (text: string): string[] => [
  ...new Set(
    tokensOf(text)
      .map(({ file }) => file)
      .filter((file) => file !== "" && !file.startsWith("<")),
  ),
];
