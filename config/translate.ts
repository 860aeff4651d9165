// Makes a module of a configuration plain JavaScript, line for line: types become blanks, imports become calls that link.ts
// answers, and object literals and calls note their lines (instrument.ts). It knows what configurations are made of, and says
// of everything else that it does not: then the large translator of evaluate.ts is asked, which takes several times as long.
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { NOTE } from "./instrument.ts";
import { THROWN } from "./thrown.ts";

/** Name of the global that translated modules take their imports from. */
export const MODULES = Symbol.for("jailhouse.config.modules");

export interface Translation {
  readonly code: string;
  /** What the module imports, in the order of the calls' indices. */
  readonly imports: readonly string[];
}

/** As much of the syntax tree as is needed (ESTree, and its dialect for TypeScript). */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: { readonly line: number } };
  readonly [key: string]: unknown;
}

/** Something that this translator leaves to the other one. */
class Unknown extends Error {}

/** Types without a value, inside of statements. */
const ERASED = ["TSTypeAnnotation", "TSTypeParameterDeclaration", "TSTypeParameterInstantiation"];
/** Statements that are types only. */
const ERASED_STATEMENTS = ["TSInterfaceDeclaration", "TSTypeAliasDeclaration", "TSDeclareFunction"];
/** A value and a type behind it. */
const WRAPPERS = ["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"];
/** What would have to be rewritten, not erased. */
const LEFT_OUT = ["ClassDeclaration", "ClassExpression", "ImportExpression", "MetaProperty"];
/** Names of another kind of module. */
const COMMON_JS = ["require", "module", "exports", "__dirname", "__filename"];
/** What continues the line before it, when nothing else ends that. */
const CONTINUES = /^[^\S\n]*\n\s*[([`+\-/*]/;

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";
const call = (symbol: symbol) => `globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(symbol))})]`;
const nodes = (value: unknown): Node[] => (value ?? []) as Node[];

/** The parts of a node, ascending. */
function partsOf(node: Node): Node[] {
  const parts = Object.entries(node).flatMap(([key, value]) =>
    key === "loc" || (node.shorthand === true && key === "key") ? [] : [value].flat(),
  );
  return parts.filter(isNode).sort((a, b) => a.start - b.start);
}

class Translator {
  readonly #source: string;
  readonly #path: string;
  readonly #name: string;
  readonly #imports: string[] = [];
  readonly #bindings: string[] = [];

  /** `name` is what messages call the file at `path`. */
  constructor(source: string, path: string, name: string) {
    this.#source = source;
    this.#path = path;
    this.#name = name;
  }

  translate(program: Node): Translation {
    const body = this.#generic(program);
    // All on the first line, so that the others stay where they are.
    return { code: `${this.#bindings.join("")}${body}`, imports: this.#imports };
  }

  #text = (start: number, end: number): string => this.#source.slice(start, end);
  #blank = (start: number, end: number): string => this.#text(start, end).replace(/[^\n]/g, " ");
  /** In place of a statement: ends the one before. */
  #noStatement = ({ start, end }: Node): string => `;${this.#blank(start + 1, end)}`;

  /** The node's text with its parts translated. */
  #generic(node: Node): string {
    let text = "";
    let at = node.start;
    for (const part of partsOf(node)) {
      if (part.start < at) throw new Unknown(node.type);
      text += this.#text(at, part.start) + this.#node(part, node);
      at = part.end;
    }
    return text + this.#text(at, node.end);
  }

  #node(node: Node, parent: Node): string {
    const { type } = node;
    if (ERASED.includes(type)) return this.#blank(node.start, node.end);
    if (ERASED_STATEMENTS.includes(type) || node.declare === true) return this.#noStatement(node);
    if (WRAPPERS.includes(type)) return this.#unwrapped(node);
    if (type.startsWith("TS") || LEFT_OUT.includes(type) || node.decorators)
      return this.#special(node);
    if (type === "Identifier") return this.#identifier(node);
    if (type === "ImportDeclaration") return this.#import(node);
    if (type.startsWith("Export")) return this.#export(node);
    if (type === "ArrowFunctionExpression") this.#checkArrow(node);
    if (type === "ThrowStatement") return this.#thrown(node);
    const isPlainCall = type === "CallExpression" && parent.type !== "ChainExpression";
    if (type === "ObjectExpression" || isPlainCall) return this.#noted(node);
    return this.#generic(node);
  }

  /** The module's own URL; nothing else of its kind. */
  #special(node: Node): string {
    if (node.type !== "MetaProperty") throw new Unknown(node.type);
    if (this.#text(node.end, node.end + ".url".length) !== ".url") throw new Unknown("import.meta");
    return `({ url: ${JSON.stringify(pathToFileURL(this.#path).href)} })`;
  }

  #unwrapped(node: Node): string {
    const value = node.expression as Node;
    if (value.start !== node.start || CONTINUES.test(this.#source.slice(node.end)))
      throw new Unknown(node.type);
    return this.#node(value, node) + this.#blank(value.end, node.end);
  }

  #identifier({ start, end, name }: Node): string {
    const text = String(name);
    const isWritten = this.#text(start, start + text.length) === text;
    if (!isWritten || text === "this" || COMMON_JS.includes(text)) throw new Unknown(text);
    return text + this.#blank(start + text.length, end);
  }

  /** A line must not end before the arrow. */
  #checkArrow({ returnType, typeParameters }: Node) {
    for (const part of [returnType, typeParameters])
      if (isNode(part) && this.#text(part.start, part.end).includes("\n"))
        throw new Unknown("a type before an arrow");
  }

  /** An object literal or a call, noted with its line and those of its keys. */
  #noted(node: Node): string {
    const keys = nodes(node.properties).flatMap(({ key, computed, loc }) => {
      const { name, value } = (key ?? {}) as { name?: unknown; value?: unknown };
      const word = name ?? value;
      return computed || typeof word !== "string" ? [] : [word, loc.start.line];
    });
    const facts = [this.#name, node.loc.start.line, keys].map((fact) => JSON.stringify(fact));
    return `${call(NOTE)}(${this.#generic(node)}, ${facts.join(", ")})`;
  }

  /** A `throw`, noted with its line. */
  #thrown(node: Node): string {
    const value = node.argument as Node;
    const facts = `${JSON.stringify(this.#name)}, ${node.loc.start.line}`;
    const before = this.#text(node.start, value.start);
    return `${before}${call(THROWN)}(${this.#node(value, node)}, ${facts})${this.#text(value.end, node.end)}`;
  }

  #import(node: Node): string {
    if (node.importKind === "type") return this.#noStatement(node);
    if (nodes(node.attributes).length > 0) throw new Unknown("import attributes");
    const index = this.#imports.push(String((node.source as Node).value)) - 1;
    const module = `${call(MODULES)}(import.meta.url, ${index})`;
    const names: string[] = [];
    for (const { type, importKind, local, imported } of nodes(node.specifiers)) {
      if (importKind === "type") continue;
      const own = (local as Node).name;
      if (type === "ImportNamespaceSpecifier") this.#bindings.push(`const ${own} = ${module};`);
      else if (type === "ImportDefaultSpecifier") names.push(`default: ${own}`);
      else names.push(`${(imported as Node).raw ?? (imported as Node).name}: ${own}`);
    }
    if (names.length > 0) this.#bindings.push(`const { ${names.join(", ")} } = ${module};`);
    return this.#noStatement(node);
  }

  #export(node: Node): string {
    if (node.type === "ExportSpecifier") {
      if (node.exportKind === "type") throw new Unknown("export of a type");
      return this.#generic(node);
    }
    const inner = node.declaration as Node | null | undefined;
    if (node.exportKind === "type" || inner?.declare === true) return this.#noStatement(node);
    // What is exported must not change later: importers get it once.
    const isFixed = inner?.type !== "VariableDeclaration" || inner.kind === "const";
    if (node.source || !isFixed || (inner && ERASED_STATEMENTS.includes(inner.type)))
      throw new Unknown(node.type);
    return this.#generic(node);
  }
}

/** Translates a module; undefined when this is not for this translator, mistakes included. */
export async function translateModule(
  source: string,
  path: string,
  name: string,
): Promise<Translation | undefined> {
  if (/\.c[jt]s$/.test(extname(path)) || source.startsWith("\ufeff")) return undefined;
  const [{ Parser }, { tsPlugin }] = await Promise.all([
    import("acorn"),
    import("@sveltejs/acorn-typescript"),
  ]);
  try {
    const program = Parser.extend(tsPlugin()).parse(source, {
      ecmaVersion: "latest",
      sourceType: "module",
      locations: true,
    }) as unknown as Node;
    return new Translator(source, path, name).translate(program);
  } catch (error) {
    if (error instanceof Unknown || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
