// Small parsers for what people write: they check a value, fill in defaults and say where a fault is. TypeScript, JSON and
// plain JavaScript configurations all go through them.
import { withArticle } from "./article.ts";
import { ConfigError, isConfigError } from "./errors.ts";
import { derive, originOfKey } from "./origin.ts";

/** Turns a value that stands at `path` into what the model needs, or throws ConfigError. */
export type Parser<Output> = (value: unknown, path: string) => Output;

const UNITS: Readonly<Record<string, bigint>> = {
  "": 1n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
};
const BITS_PER_BYTE = 8;
const HEX = /^0x[0-9a-f]+$/i;

/** Letters of a value that a message shows. */
const SHOWN = 60;

/** A value as messages show it: what is long is cut. */
export function show(value: unknown): string {
  const plain = (_: string, part: unknown) => (typeof part === "bigint" ? `${part}` : part);
  const text =
    typeof value === "bigint" ? `${value}` : (JSON.stringify(value, plain) ?? String(value));
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function wrong(path: string, value: unknown, wanted: string, hint?: string): never {
  throw new ConfigError(
    "value",
    `${path || "the configuration"} is ${show(value)}, not ${wanted}`,
    hint === undefined ? {} : { hint },
  );
}

/** A 64-bit number: number, bigint, or a string such as "0x3ef00000" or "16 MiB". */
export const address: Parser<bigint> = (value, path) => {
  const wanted = "an address or size of at most 64 bits";
  let result: bigint | undefined;
  if (typeof value === "bigint") result = value;
  else if (Number.isSafeInteger(value)) result = BigInt(value as number);
  else if (typeof value === "string") {
    const match = /^\s*(0x[0-9a-f]+|[0-9]+)\s*(KiB|MiB|GiB|)\s*$/i.exec(value);
    const unit = match && UNITS[match[2] as string];
    if (match && unit) result = BigInt(match[1] as string) * unit;
  }
  if (result === undefined || BigInt.asUintN(64, result) !== result)
    wrong(path, value, wanted, 'write 0x3ef00000, MiB(16), or in JSON "16 MiB"');
  return result;
};

function unsigned(size: number): Parser<bigint> {
  return (value, path) => {
    const result = address(value, path);
    if (result >> BigInt(size * BITS_PER_BYTE))
      wrong(path, value, `an integer below 2^${size * BITS_PER_BYTE}`);
    return result;
  };
}

/** An unsigned integer of `size` bytes, at most 4, in the same notations. */
export function integer(size: number): Parser<number> {
  const parse = unsigned(size);
  return (value, path) => Number(parse(value, path));
}

export const text: Parser<string> = (value, path) =>
  typeof value === "string" ? value : wrong(path, value, "a string");

export const boolean: Parser<boolean> = (value, path) =>
  typeof value === "boolean" ? value : wrong(path, value, "true or false");

/** How many single letters must change to get from `a` to `b`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = row[j]! + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** A hint that names the known word nearest to `word`, or all of them. */
export function suggest(word: string, known: readonly string[]): string {
  const furthest = 1 + word.length / 3;
  const [best] = known
    .map((candidate) => ({ candidate, off: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ off }) => off <= furthest)
    .sort((a, b) => a.off - b.off);
  return best ? `did you mean "${best.candidate}"?` : `known are: ${known.join(", ")}`;
}

/** One of the names of `table`, or a number that fits `size` bytes. */
export function choice(table: Readonly<Record<string, number>>, size: number): Parser<number> {
  return (value, path) => {
    if (typeof value !== "string") return integer(size)(value, path);
    const number = Object.hasOwn(table, value) ? table[value] : undefined;
    if (number !== undefined) return number;
    return wrong(path, value, "a known name", suggest(value, Object.keys(table)));
  };
}

/** A list of flag names (or numbers), combined; or a number. */
export function flags(table: Readonly<Record<string, number>>, size: number): Parser<bigint> {
  const named = choice(table, size);
  const one: Parser<bigint> = (value, path) =>
    typeof value === "string" && !HEX.test(value)
      ? BigInt(named(value, path))
      : unsigned(size)(value, path);
  return (value, path) => {
    if (!Array.isArray(value)) return unsigned(size)(value, path);
    return value.reduce<bigint>((sum, entry, index) => sum | one(entry, `${path}[${index}]`), 0n);
  };
}

export function list<Output>(entry: Parser<Output>): Parser<Output[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((one, index) => entry(one, `${path}[${index}]`))
      : wrong(path, value, "a list");
}

/** A parser with what stands for an absent key; without one the key must be there. */
export interface Key<Output> {
  readonly parse: Parser<Output>;
  readonly absent?: () => Output;
}

export const required = <Output>(parse: Parser<Output>): Key<Output> => ({ parse });

export const optional = <Output>(parse: Parser<Output>, absent: Output): Key<Output> => ({
  parse,
  absent: () => absent,
});

/** An object with exactly these keys. */
export function object<Shape extends Record<string, unknown>>(
  what: string,
  keys: { readonly [Name in keyof Shape]: Key<Shape[Name]> },
): Parser<Shape> {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      wrong(path, value, `an object with the keys of ${withArticle(what)}`);
    const source = value as Readonly<Record<string, unknown>>;
    const prefix = path === "" ? "" : `${path}.`;
    for (const name of Object.keys(source))
      if (!Object.hasOwn(keys, name))
        located(source, name, () => {
          throw new ConfigError("key", `${prefix}${name} is not a key of ${withArticle(what)}`, {
            hint: suggest(name, Object.keys(keys)),
          });
        });
    const entries = Object.entries<Key<unknown>>(keys).map(([name, key]) => [
      name,
      located(source, name, () => parseKey(key, source[name], prefix + name, what)),
    ]);
    return derive(source, Object.fromEntries(entries) as Shape);
  };
}

/** Carries out an action; its error is at this key of this object, unless it knows a place further inside. */
export function located<Output>(source: object, key: string, action: () => Output): Output {
  try {
    return action();
  } catch (error) {
    if (isConfigError(error)) error.origin ??= originOfKey(source, key);
    throw error;
  }
}

function parseKey<Output>(key: Key<Output>, value: unknown, path: string, what: string): Output {
  if (value !== undefined) return key.parse(value, path);
  if (key.absent) return key.absent();
  throw new ConfigError("key", `${path} is missing: every ${what} has one`);
}
