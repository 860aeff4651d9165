// Runs the modules of a configuration that translate.ts has made JavaScript: each after those that it imports, all anew for
// every configuration, since they may read what has changed.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, extname, resolve } from "node:path";
import { listen } from "./instrument.ts";
import { noteModule } from "./thrown.ts";
import { MODULES, type Translation, translateModule } from "./translate.ts";
import { keep, kept } from "./translations.ts";

type Namespace = Readonly<Record<string, unknown>>;
/** What translated modules import, by the key at the end of their URL. */
type Registry = Map<string, readonly Namespace[]>;

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs"];

/** A module that cannot be run in this way. */
class NotLinked extends Error {}

function registry(): Registry {
  const known = Reflect.get(globalThis, MODULES)?.modules as Registry | undefined;
  if (known) return known;
  const modules: Registry = new Map();
  const answer = (url: string, index: number) => modules.get(url.split("#").at(-1)!)?.[index];
  Reflect.set(globalThis, MODULES, Object.assign(answer, { modules }));
  return modules;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new NotLinked(path);
  }
}

/** A module to run. */
export interface Entry {
  readonly path: string;
  /** What messages call it. */
  readonly name: string;
  readonly source: string;
}

/** A translation, kept from an earlier command or made now. */
async function translation({ path, name, source }: Entry): Promise<Translation> {
  const facts = ["linked", path, name, source];
  const text =
    kept(facts) ?? keep(facts, JSON.stringify((await translateModule(source, path, name)) ?? null));
  const found = JSON.parse(text) as Translation | null;
  if (!found) throw new NotLinked(path);
  return found;
}

/** What a configuration's import of this room means, and how to tell that it is this room. */
export interface Room {
  readonly module: Namespace;
  isMeant(specifier: string, importer: string): boolean;
}

class Linker {
  readonly #room: Room;
  readonly #done = new Map<string, Namespace>();
  readonly #open: string[] = [];

  constructor(room: Room) {
    this.#room = room;
  }

  async run(entry: Entry): Promise<Namespace> {
    const { path } = entry;
    this.#open.push(path);
    const { code, imports } = await translation(entry);
    const namespaces: Namespace[] = [];
    for (const specifier of imports) namespaces.push(await this.#import(specifier, path));
    const module = await evaluate(code, entry.name, namespaces);
    this.#open.pop();
    this.#done.set(path, module);
    return module;
  }

  async #import(specifier: string, importer: string): Promise<Namespace> {
    if (this.#room.isMeant(specifier, importer)) return this.#room.module;
    if (isBuiltin(specifier)) return import(specifier);
    const isFile = /^\.\.?\//.test(specifier) && EXTENSIONS.includes(extname(specifier));
    if (!isFile) throw new NotLinked(specifier);
    const path = resolve(dirname(importer), specifier);
    if (this.#open.includes(path)) throw new NotLinked("modules that import each other");
    return this.#done.get(path) ?? this.run({ path, name: path, source: read(path) });
  }
}

async function evaluate(
  code: string,
  name: string,
  imports: readonly Namespace[],
): Promise<Namespace> {
  const modules = registry();
  const key = randomUUID();
  noteModule(key, name);
  modules.set(key, imports);
  try {
    return await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(code)}#${key}`);
  } finally {
    modules.delete(key);
  }
}

/** Why nothing came of it, and nothing was run: another way may be tried. */
const isUntried = (error: unknown): boolean =>
  error instanceof NotLinked || error instanceof SyntaxError;

/** Runs a module; undefined when it is not made for this. */
export async function runLinked(entry: Entry, room: Room): Promise<Namespace | undefined> {
  listen();
  try {
    return await new Linker(room).run(entry);
  } catch (error) {
    if (isUntried(error)) return undefined;
    throw error;
  }
}
