// Just enough knowledge of TypeScript's text to read imports and to count lines: no compiler needed.

/** What a comment, string, template or regular expression looks like, in the order in which they are tried. */
const TOKENS =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`|(?<=[=(,:[!&|?{};+\n]\s*)\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[dgimsuvy]*/g;

const isComment = (token: string) => token.startsWith("//") || token.startsWith("/*");

/** The source without its comments; line breaks inside them are kept. */
export function withoutComments(source: string): string {
  return source.replace(TOKENS, (token) =>
    isComment(token) ? token.replace(/[^\n]+/g, "") : token,
  );
}

/** The comments of a source, one after the other. */
export function commentsOf(source: string): string {
  return (source.match(TOKENS) ?? []).filter(isComment).join("\n");
}

const IMPORT_STATEMENT = /^import\s[^;"']*["'][^"'\n]*["'];?[ \t]*$/gm;

/** Number of lines that hold more than comments, blanks and imports: what a reader has to understand. */
export function codeLines(source: string): number {
  return withoutComments(source)
    .replace(IMPORT_STATEMENT, "")
    .split("\n")
    .filter((line) => line.trim() !== "").length;
}

/** An import or re-export. */
export interface Import {
  readonly target: string;
  /** `import type`: nothing of it is there at run time. */
  readonly typeOnly: boolean;
  /** `import(…)`: loaded when it is reached. */
  readonly lazy: boolean;
}

const STATIC =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[\w*{][^;"'()]*?\sfrom\s*)?["']([^"']+)["']/g;
const LAZY = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** All imports of a source whose targets are literal. */
export function importsOf(source: string): Import[] {
  // Templates hold no imports, but may hold text that looks like some.
  const text = withoutComments(source).replace(TOKENS, (token) =>
    token.startsWith("`") ? "``" : token,
  );
  const fixed = [...text.matchAll(STATIC)].map(([, type, target]) => ({
    target: target as string,
    typeOnly: type !== undefined,
    lazy: false,
  }));
  const lazy = [...text.matchAll(LAZY)].map(([, target]) => ({
    target: target as string,
    typeOnly: false,
    lazy: true,
  }));
  return [...fixed, ...lazy];
}
