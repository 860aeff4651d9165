// Makes a module note where its objects are written: a plugin for the translator that loads TypeScript. Every object literal
// and every call is wrapped in a call of the function at NOTE, which knows its lines, and what is thrown in one of THROWN's.
import { note } from "./origin.ts";
import { listenThrown, THROWN } from "./thrown.ts";

/** Name of the global that translated modules call. */
export const NOTE = Symbol.for("jailhouse.config.note");

/** As much of the translator's syntax tree as is needed. */
interface Node {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number } };
}
interface Property extends Node {
  readonly key?: Node & { readonly name?: string; readonly value?: unknown };
  readonly computed?: boolean;
}
interface Path<Kind extends Node> {
  readonly node: Kind;
  replaceWith(node: Node): void;
  skip(): void;
}
/** The translator's constructors of syntax tree nodes. */
interface Builders {
  identifier(name: string): Node;
  stringLiteral(text: string): Node;
  numericLiteral(value: number): Node;
  memberExpression(object: Node, property: Node, computed?: boolean): Node;
  callExpression(callee: Node, args: readonly Node[]): Node;
  arrayExpression(elements: readonly Node[]): Node;
}

/** What wrapped expressions call: the object, or each object of a list, is from `file`, `line`. */
function noteValue(value: unknown, file: string, line: number, keys: unknown[] = []): unknown {
  if (Array.isArray(value)) for (const one of value) note(one, { file, line });
  const pairs: [string, number][] = [];
  for (let at = 0; at < keys.length; at += 2) pairs.push([`${keys[at]}`, Number(keys[at + 1])]);
  return note(value, { file, line, keys: Object.fromEntries(pairs) });
}

/** Names and lines of an object literal's keys, in turn. */
function keyLines(t: Builders, properties: readonly Property[]): Node[] {
  return properties.flatMap(({ key, computed, loc }) => {
    const name = key?.name ?? key?.value;
    if (computed || typeof name !== "string" || !loc) return [];
    return [t.stringLiteral(name), t.numericLiteral(loc.start.line)];
  });
}

/** Takes the calls of translated modules. */
export function listen(): void {
  Reflect.set(globalThis, NOTE, noteValue);
  listenThrown();
}

/** The plugin, for a module that messages call `file`. */
export function instrument(file: string) {
  return ({ types: t }: { types: Builders }) => {
    const done = new WeakSet<Node>();
    /** A call of the global of that name: with a value, where it is written, and more. */
    const noted = (name: symbol, value: Node, line: number, more: readonly Node[]): Node => {
      done.add(value);
      const symbol = t.callExpression(
        t.memberExpression(t.identifier("Symbol"), t.identifier("for")),
        [t.stringLiteral(Symbol.keyFor(name) as string)],
      );
      const callee = t.memberExpression(t.identifier("globalThis"), symbol, true);
      const place = [t.stringLiteral(file), t.numericLiteral(line)];
      const call = t.callExpression(callee, [value, ...place, ...more]);
      done.add(call);
      done.add(symbol);
      return call;
    };
    const wrap = (path: Path<Node>, properties: readonly Property[]) => {
      const { node } = path;
      if (done.has(node) || !node.loc) return;
      const keys = t.arrayExpression(keyLines(t, properties));
      path.replaceWith(noted(NOTE, node, node.loc.start.line, [keys]));
    };
    return {
      visitor: {
        ObjectExpression: {
          exit: (path: Path<Node & { readonly properties: readonly Property[] }>) =>
            wrap(path, path.node.properties),
        },
        CallExpression: { exit: (path: Path<Node>) => wrap(path, []) },
        ThrowStatement: {
          exit: ({ node }: Path<Node & { argument: Node }>) => {
            if (node.loc && !done.has(node.argument))
              node.argument = noted(THROWN, node.argument, node.loc.start.line, []);
          },
        },
      },
    };
  };
}
