// Makes the JSON Schema of JSON configurations from the types of definitions (config/definition.ts): what an editor offers and
// underlines. The command's own parser stays the judge; the schema refuses nothing that it accepts.
import * as names from "../../config/names.ts";
import { type Declared, declaredInterfaces } from "./declarations.ts";

/** As much of JSON Schema as is used. */
export type Schema = { readonly [key: string]: unknown };

/** A definition's numbers may be texts, too (config/parse.ts). */
const NUMBER_TEXT = "^\\s*(0[xX][0-9a-fA-F]+|[0-9]+)\\s*(KiB|MiB|GiB)?\\s*$";
const NUMBER: Schema = {
  anyOf: [
    { type: "integer", minimum: 0 },
    { type: "string", pattern: NUMBER_TEXT },
  ],
};
/** A number in a list of flags can be hexadecimal text, but has no unit. */
const FLAG_NUMBER: Schema = {
  anyOf: [
    { type: "integer", minimum: 0 },
    { type: "string", pattern: "^0[xX][0-9a-fA-F]+$" },
  ],
};
/** Types whose schema is written here. */
const KNOWN: Readonly<Record<string, Schema>> = {
  Address: NUMBER,
  number: NUMBER,
  string: { type: "string" },
  boolean: { type: "boolean" },
  Architecture: { enum: ["x86", "arm", "arm64"] },
  BytesDefinition: { type: "object", additionalProperties: { type: "string" } },
};

/** Which interfaces are what a JSON file holds, by their `kind`. */
const KINDS = { cell: "CellConfigDefinition", system: "SystemConfigDefinition" } as const;

const TABLES = names as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The names of a table, each as it is, or a number. */
const choice = (table: string): Schema => ({
  anyOf: [{ enum: Object.keys(TABLES[table]!) }, ...(NUMBER.anyOf as Schema[])],
});
const flags = (table: string): Schema => ({
  anyOf: [
    {
      type: "array",
      items: { anyOf: [{ enum: Object.keys(TABLES[table]!) }, ...(FLAG_NUMBER.anyOf as Schema[])] },
    },
    ...(NUMBER.anyOf as Schema[]),
  ],
});

/** Splits at ` | ` outside of brackets. */
function alternatives(type: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of type) {
    if ("<{[(".includes(letter)) depth++;
    if (">}])".includes(letter)) depth--;
    if (letter === "|" && depth === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** The schema of a type as definition.ts writes it. Throws for a form that is new. */
function schemaOf(type: string): Schema {
  const parts = alternatives(type);
  if (parts.length > 1) return { anyOf: parts.map(schemaOf) };
  if (KNOWN[type]) return KNOWN[type];
  const [, kind, table] = /^(Choice|Flags)<typeof names\.(\w+)>$/.exec(type) ?? [];
  if (table !== undefined) return kind === "Choice" ? choice(table) : flags(table);
  const list = /^readonly (\w+)\[\]$/.exec(type)?.[1];
  if (list !== undefined) return { type: "array", items: schemaOf(list) };
  const inline = /^\{(.*)\}$/.exec(type)?.[1];
  if (inline !== undefined) return inlineObject(inline);
  if (type === "StreamIdDefinition") return schemaOf("number | { id: number; mask: number }");
  if (/^\w+Definition$/.test(type)) return { $ref: `#/$defs/${type}` };
  throw new Error(`tools/reference/schema.ts does not know the type ${type}`);
}

function inlineObject(text: string): Schema {
  const members = [...text.matchAll(/(\w+): (\w+)/g)];
  return {
    type: "object",
    required: members.map(([, name]) => name),
    additionalProperties: false,
    properties: Object.fromEntries(members.map(([, name, type]) => [name, schemaOf(type!)])),
  };
}

/** All members of an interface, those of its bases first. */
function membersOf(one: Declared, all: ReadonlyMap<string, Declared>): Declared["members"] {
  return [...one.bases.flatMap((base) => membersOf(all.get(base)!, all)), ...one.members];
}

function objectOf(one: Declared, all: ReadonlyMap<string, Declared>, more: Schema = {}): Schema {
  const members = membersOf(one, all);
  const properties = members.map(({ name, type, comment }) => [
    name,
    { description: comment, ...schemaOf(type) },
  ]);
  const required = members.filter(({ optional }) => !optional).map(({ name }) => name);
  return {
    description: one.comment,
    type: "object",
    required: [...Object.keys(more), ...required],
    additionalProperties: false,
    properties: { $schema: { type: "string" }, ...more, ...Object.fromEntries(properties) },
  };
}

/** The schema as a text, from definition.ts' own. */
export function configurationSchema(source: string): string {
  const all = new Map(declaredInterfaces(source, "definition.ts").map((one) => [one.name, one]));
  const whole = new Set<string>(Object.values(KINDS));
  const parts = [...all.values()].filter(({ name }) => !whole.has(name));
  const defs = parts.map((one) => {
    const schema = objectOf(one, all);
    const { $schema: _, ...properties } = schema.properties as Record<string, unknown>;
    return [one.name, { ...schema, properties }];
  });
  const kinds = Object.entries(KINDS).map(([kind, name]) =>
    objectOf(all.get(name)!, all, { kind: { const: kind } }),
  );
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A configuration of Jailhouse: a cell or a system",
    type: "object",
    required: ["kind"],
    properties: { kind: { enum: Object.keys(KINDS) } },
    // By kind, so that a mistake is told of the one that is meant.
    allOf: Object.keys(KINDS).map((kind, index) => ({
      if: { required: ["kind"], properties: { kind: { const: kind } } },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
      then: kinds[index],
    })),
    $defs: Object.fromEntries(defs),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
