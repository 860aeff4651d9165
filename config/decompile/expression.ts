// Pieces of TypeScript source, and their layout: on one line where they fit, else a line for each part.

/** Source text that stands for a value. */
export interface Code {
  readonly kind: "code";
  readonly text: string;
}
/** A call: its last argument may be laid out over several lines. */
export interface Call {
  readonly kind: "call";
  readonly callee: string;
  readonly arguments: readonly Expression[];
  /** What follows the call, such as `.end(1)`. */
  readonly then: string;
}
export interface ObjectLiteral {
  readonly kind: "object";
  readonly entries: readonly (readonly [key: string, value: Expression])[];
  /** Comments on entries, by key: as many lines as they have. */
  readonly comments: Readonly<Record<string, string | undefined>>;
}
export interface ListLiteral {
  readonly kind: "list";
  readonly elements: readonly Expression[];
  /** Comments on elements, by index: as many lines as they have. */
  readonly comments: readonly (string | undefined)[];
}
export type Expression = Code | Call | ObjectLiteral | ListLiteral;

const WIDTH = 100;
const INDENT = "  ";
const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/;

export const code = (text: string): Code => ({ kind: "code", text });

export const call = (callee: string, args: readonly Expression[], then = ""): Call => ({
  kind: "call",
  callee,
  arguments: args,
  then,
});

const SPREAD = "...";
/** A call whose elements become those of the list that it stands in. */
export const spread = (one: Call): Call => ({ ...one, callee: `${SPREAD}${one.callee}` });

export const list = (
  elements: readonly Expression[],
  comments: readonly (string | undefined)[] = [],
): ListLiteral => ({ kind: "list", elements, comments });

/** An object of the entries that are there. */
export const object = (
  entries: Readonly<Record<string, Expression | undefined>>,
  comments: Readonly<Record<string, string | undefined>> = {},
): ObjectLiteral => ({
  kind: "object",
  comments,
  entries: Object.entries(entries).filter(
    (entry): entry is [string, Expression] => entry[1] !== undefined,
  ),
});

/** Names of all functions that an expression calls. */
export function callees(expression: Expression): string[] {
  switch (expression.kind) {
    case "code":
      return [];
    case "call":
      return [expression.callee.replace(SPREAD, ""), ...expression.arguments.flatMap(callees)];
    case "list":
      return expression.elements.flatMap(callees);
    case "object":
      return expression.entries.flatMap(([, value]) => callees(value));
  }
}

/** Lines of a comment, each behind its sign. */
export const commentText = (comment: string | undefined, indent: string): string =>
  comment === undefined
    ? ""
    : comment
        .split("\n")
        .map((line) => `${indent}//${line && " "}${line}\n`)
        .join("");

const keyText = (key: string) => (PLAIN_KEY.test(key) ? key : JSON.stringify(key));

/** The expression on one line; undefined where a comment needs more. */
function flat(expression: Expression): string | undefined {
  switch (expression.kind) {
    case "code":
      return expression.text;
    case "call": {
      const inside = joined(expression.arguments.map(flat));
      return inside === undefined ? undefined : `${expression.callee}(${inside})${expression.then}`;
    }
    case "list": {
      if (expression.comments.some((comment) => comment !== undefined)) return undefined;
      const inside = joined(expression.elements.map(flat));
      return inside === undefined ? undefined : `[${inside}]`;
    }
    case "object": {
      if (Object.values(expression.comments).some((comment) => comment !== undefined))
        return undefined;
      const entries = expression.entries.map(([key, value]) => {
        const text = flat(value);
        return text === undefined ? undefined : `${keyText(key)}: ${text}`;
      });
      const inside = joined(entries);
      if (inside === undefined) return undefined;
      return inside === "" ? "{}" : `{ ${inside} }`;
    }
  }
}

function joined(parts: readonly (string | undefined)[]): string | undefined {
  return parts.includes(undefined) ? undefined : parts.join(", ");
}

/**
 * The text of an expression that stands at this depth, behind `before` characters of its line and before `after`. The
 * outermost objects and lists of a definition always have a line for each part.
 */
export function layOut(expression: Expression, depth: number, before: number, after = 1): string {
  const line = flat(expression);
  const isDefinition = depth === 0 && expression.kind !== "code";
  if (line !== undefined && !isDefinition && before + line.length + after <= WIDTH) return line;
  const inner = INDENT.repeat(depth + 1);
  const end = INDENT.repeat(depth);
  switch (expression.kind) {
    case "code":
      return expression.text;
    case "call": {
      const [first, ...others] = expression.arguments;
      const start = `${expression.callee}(`;
      const lonely = first && others.length === 0;
      if (lonely)
        return `${start}${layOut(first, depth, before + start.length)})${expression.then}`;
      const lines = expression.arguments.map(
        (one) => `${inner}${layOut(one, depth + 1, inner.length)},\n`,
      );
      return `${start}\n${lines.join("")}${end})${expression.then}`;
    }
    case "list": {
      const lines = expression.elements.map((one, index) => {
        const remark = commentText(expression.comments[index], inner);
        return `${remark}${inner}${layOut(one, depth + 1, inner.length)},\n`;
      });
      return `[\n${lines.join("")}${end}]`;
    }
    case "object": {
      const lines = expression.entries.map(([key, value]) => {
        const start = `${inner}${keyText(key)}: `;
        const remark = commentText(expression.comments[key], inner);
        return `${remark}${start}${layOut(value, depth + 1, start.length)},\n`;
      });
      return `{\n${lines.join("")}${end}}`;
    }
  }
}
