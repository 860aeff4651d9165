// The JSON Schema of configurations: it accepts what the command accepts, and underlines what it refuses.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Schema, Validator } from "@cfworker/json-schema";
import { expect, test } from "vitest";
import { decompileToJson } from "../../config/decompile/source.ts";
import { loadConfig, loadContent } from "../../config/load.ts";
import { ROOT } from "../../tools/root.ts";

const CONFIGS = join(ROOT, "configs");
const SCHEMA = join(ROOT, "config/configuration.schema.json");
const schema: Schema = JSON.parse(readFileSync(SCHEMA, "utf8"));
const validator = new Validator(schema, "2020-12", false);
const MEMORY = { physical: "0x3ee00000", virtual: 0, size: "1 MiB", flags: ["read", "0x2"] };
const CELL = { kind: "cell", name: "a", cpus: [2], memory: [MEMORY] };

const isAccepted = (value: unknown): boolean => validator.validate(value as Schema).valid;
const load = (value: unknown) => loadContent("x.json", Buffer.from(JSON.stringify(value)));

const shipped = readdirSync(CONFIGS).filter((name) => name.endsWith(".cell"));

test.each(shipped)("%s is accepted as JSON", async (name) => {
  const { config } = await loadConfig(join(CONFIGS, name));
  const value = JSON.parse(decompileToJson(config));
  expect(validator.validate(value).errors).toEqual([]);
});

test.each<[string, object]>([
  ["as it is", {}],
  ["with a pointer to the schema", { $schema: "node_modules/jailhouse-ts/schema.json" }],
  ["with numbers in texts", { cpus: ["2", "0x3"], cpuResetAddress: " 16 KiB " }],
  ["with flags as a number", { flags: 1 }],
  [
    "with the name of a console",
    { console: "COM2", devices: [{ name: "COM2", console: { type: "8250" } }] },
  ],
])("a cell %s is accepted by both", async (_, change) => {
  const value = { ...CELL, ...change };
  expect((await load(value)).config.kind).toBe("cell");
  expect(isAccepted(value)).toBe(true);
});

test.each<[string, object]>([
  ["a key that there is not", { nmae: "a" }],
  ["an unknown flag", { flags: ["passive-comreg"] }],
  ["a flag of memory that is misspelt", { memory: [{ ...MEMORY, flags: ["raed"] }] }],
  ["an address with an unknown unit", { memory: [{ ...MEMORY, size: "1 MB" }] }],
  ["a region without a size", { memory: [{ physical: 0, flags: [] }] }],
  ["a negative number", { cpus: [-1] }],
  ["a text for a list", { cpus: "2" }],
  ["another kind", { kind: "cll" }],
  ["a system's key", { rootCell: CELL }],
])("%s is refused by both", async (_, change) => {
  const value = { ...CELL, ...change };
  await expect(load(value)).rejects.toThrow();
  expect(isAccepted(value)).toBe(false);
});
