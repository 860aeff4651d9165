// What programs get of `config check`: SARIF that holds against the official schema and has what GitHub's code scanning and
// editors want, and JSON that holds against ours.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Schema, type SchemaDraft, Validator } from "@cfworker/json-schema";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Surroundings } from "./testing/surroundings.ts";

/** The edition of OASIS' schema that editors use. */
const SARIF_SCHEMA = "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json";
const require = createRequire(import.meta.url);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SYSTEM = here("../configs/qemu-x86.cell");
const MACHINE = here("../test/data/machines/q35-6g-8-amd-iommu-e1000.tar.gz");

function validator(text: string, draft: SchemaDraft): (value: unknown) => string[] {
  const schema = new Validator(JSON.parse(text) as Schema, draft, false);
  return (value) =>
    schema
      .validate(value)
      .errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}
const sarifErrors = validator(readFileSync(require.resolve(SARIF_SCHEMA), "utf8"), "4");
const jsonErrors = validator(
  readFileSync(here("../config/check/findings.schema.json"), "utf8"),
  "2020-12",
);

const CELL = `// A cell with several mistakes.
import { defineCell, MiB } from "jailhouse-ts/config";
import { ports } from "./shared.ts";

export default defineCell({
  name: "wrong",
  cpus: [0, 9],
  memory: [
    { physical: 0x3a100000, virtual: 0, size: MiB(1), flags: ["read", "write", "execute"] },
    {
      physical: 0x3a100000,
      virtual: 0x200000,
      size: 0x800,
      flags: ["read", "loadable"],
    },
  ],
  caches: [{ start: 0, size: 40 }],
  ports,
  console: { type: "8250", address: 0x2f8 },
});
`;
const FILES: Readonly<Record<string, string | Uint8Array>> = {
  "cell.ts": CELL,
  "shared.ts": "export const ports = [{ base: 0xcf8, length: 8 }];\n",
  "syntax.ts":
    'import { defineCell } from "jailhouse-ts/config";\nexport default defineCell({ name: });\n',
  "value.ts":
    'import { defineCell } from "jailhouse-ts/config";\nexport default defineCell({\n  name: "v",\n  cpus: [1],\n  memory: [\n    { physical: 0, size: 1, flags: ["raed"] },\n  ],\n});\n',
  "thrown.ts": "throw new Error('{0} and {{braces}}');\n",
  "broken.json": '{\n  "kind": "cell",\n  "name" "x"\n}\n',
  "in other/ä #1 100%?.json":
    '{\n  "kind": "cell",\n  "name": "odd",\n  "cpus": [9],\n  "memory": []\n}\n',
  "half.cell": readFileSync(here("../configs/tiny-demo.cell")).subarray(0, 100),
  "none.cell": "",
};

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
  // A repository, in a directory of which the command runs.
  mkdirSync(join(world.directory, ".git"));
  for (const [path, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(world.directory, path)), { recursive: true });
    writeFileSync(join(world.directory, path), content);
  }
  const wrong = readFileSync(here("../configs/tiny-demo.cell"));
  wrong.writeUInt32LE(0x800, 0x8c + 16);
  writeFileSync(join(world.directory, "wrong.cell"), wrong);
});
afterEach(() => world.close());

const check = async (...args: string[]) => (await world.run(["config", "check", ...args])).out;
/** Findings of all kinds, in files of all kinds. */
const ALL = [SYSTEM, ...Object.keys(FILES).filter((path) => path !== "shared.ts"), "wrong.cell"];
const SETS: Readonly<Record<string, readonly string[]>> = {
  nothing: [SYSTEM, here("../configs/apic-demo.cell")],
  "everything at once": ALL,
  "a machine": ["-r", MACHINE, SYSTEM, "cell.ts"],
  "no system": ["cell.ts", SYSTEM],
  "no file": ["missing.cell"],
};

// biome-ignore lint/suspicious/noExplicitAny: it is what a foreign program would see
type Log = any;
const sarif = async (...args: string[]): Promise<Log> =>
  JSON.parse(await check(...args, "--sarif"));

describe.each(Object.entries(SETS))("of %s", (name, args) => {
  it("is SARIF by the official schema", async () => {
    const log = await sarif(...args);
    expect(sarifErrors(log)).toEqual([]);
    const { results } = log.runs[0];
    if (name !== "nothing") expect(results.length).toBeGreaterThan(0);
  });

  it("is JSON by our schema", async () => {
    const value = JSON.parse(await check(...args, "--json"));
    expect(jsonErrors(value)).toEqual([]);
    if (name !== "nothing") expect(value.findings.length).toBeGreaterThan(0);
  });

  it("has what code scanning wants of every rule and result", async () => {
    const { tool, results, originalUriBaseIds, columnKind } = (await sarif(...args)).runs[0];
    expect(columnKind).toBe("utf16CodeUnits");
    for (const rule of tool.driver.rules)
      for (const text of ["shortDescription", "fullDescription", "help"])
        expect(rule[text].text, rule.id).toMatch(/\w/);
    const root = originalUriBaseIds["%SRCROOT%"].uri;
    expect(root).toMatch(/^file:\/\/.*\/$/);
    const fingerprints = results.map(({ partialFingerprints }: Log) =>
      JSON.stringify(partialFingerprints),
    );
    expect(new Set(fingerprints).size).toBe(results.length);
    for (const result of results) {
      expect(tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      expect(["error", "warning", "note"]).toContain(result.level);
      // Single braces would be placeholders.
      expect(result.message.text.replaceAll(/\{\{|\}\}/g, "")).not.toMatch(/[{}]/);
      expect(result.locations).toHaveLength(1);
      for (const location of [...result.locations, ...result.relatedLocations])
        checkLocation(location.physicalLocation, root);
    }
  });
});

/** The place is one that is there: a file by its URI, whole lines and columns or bytes of it. */
function checkLocation({ artifactLocation, region }: Log, root: string) {
  const { uri, uriBaseId } = artifactLocation;
  const isRelative = uriBaseId !== undefined;
  if (isRelative) expect(uri).not.toMatch(/^[a-z]+:|^\/|\.\.|\\/);
  const path = fileURLToPath(isRelative ? new URL(uri, root) : uri);
  expect(isRelative).toBe(path.startsWith(world.directory));
  if (path.endsWith("missing.cell")) return;
  if (path.endsWith(".cell")) {
    // What is wrong with a damaged file as a whole has no place in it.
    if (region) expect(region.byteOffset).toBeLessThanOrEqual(statSync(path).size);
    return;
  }
  const { startLine, endLine, startColumn = 1, endColumn = startColumn } = region;
  const lines = readFileSync(path, "utf8").split("\n");
  expect(endLine).toBe(startLine);
  expect(lines.length).toBeGreaterThanOrEqual(startLine);
  expect(startColumn).toBeGreaterThanOrEqual(1);
  expect(endColumn).toBeLessThanOrEqual(lines[startLine - 1]!.length + 2);
}

describe("places", () => {
  const places = async () => {
    const { results } = (await sarif(...ALL)).runs[0];
    const of = (file: string, rule: string) =>
      results.find(
        ({ ruleId, locations }: Log) =>
          ruleId === rule &&
          decodeURIComponent(locations[0].physicalLocation.artifactLocation.uri).endsWith(file),
      )?.locations[0].physicalLocation.region;
    return of;
  };

  it("are lines and columns of sources, faulty ones included, and bytes of built files", async () => {
    const of = await places();
    const line = (startLine: number, startColumn?: number, endColumn?: number) => ({
      startLine,
      endLine: startLine,
      ...(startColumn === undefined ? {} : { startColumn, endColumn }),
    });
    expect(of("cell.ts", "cpu-zero")).toEqual(line(7, 3, 15));
    expect(of("cell.ts", "memory-hypervisor")).toEqual(line(9, 7, 27));
    expect(of("cell.ts", "cache-range")).toEqual(line(17, 3, 35));
    // Another module's line: its text is not read.
    expect(of("shared.ts", "port-reset")).toEqual(line(1));
    expect(of("syntax.ts", "file-source")).toEqual(line(2, 35, 36));
    expect(of("value.ts", "file-source")).toEqual(line(6));
    expect(of("thrown.ts", "file-source")).toEqual(line(1));
    expect(of("broken.json", "file-source")).toEqual(line(3, 10, 11));
    expect(of("ä #1 100%?.json", "cpu-foreign")).toEqual(line(4, 3, 14));
    expect(of("wrong.cell", "region-unaligned")).toEqual({ byteOffset: 140, byteLength: 1 });
    expect(of("half.cell", "file-format")).toEqual({ byteOffset: 0, byteLength: 1 });
  });

  it("are known again when other lines have moved", async () => {
    const prints = async () =>
      (await sarif(SYSTEM, "cell.ts")).runs[0].results
        .map(({ partialFingerprints }: Log) => JSON.stringify(partialFingerprints))
        .sort();
    const before = await prints();
    writeFileSync(join(world.directory, "cell.ts"), `// One more.\n\n${CELL}`);
    expect(await prints()).toEqual(before);
  });

  it("are relative to the repository, wherever in it the command runs", async () => {
    const inside = new Surroundings();
    mkdirSync(join(inside.directory, ".git"));
    mkdirSync(join(inside.directory, "sub/dir"), { recursive: true });
    writeFileSync(join(inside.directory, "sub/cell.json"), '{"kind":"cell","name":"a","cpus":[9]}');
    const { out } = await inside.run(
      ["config", "check", SYSTEM, "../cell.json", "--sarif"],
      join(inside.directory, "sub/dir"),
    );
    const { results } = JSON.parse(out).runs[0];
    const uris = results.map(
      ({ locations }: Log) => locations[0].physicalLocation.artifactLocation,
    );
    expect(uris).toContainEqual({ uri: "sub/cell.json", uriBaseId: "%SRCROOT%" });
    await inside.close();
  });
});

it("the schemas are able to find a mistake", async () => {
  const log = await sarif(...ALL);
  for (const spoil of [
    () => delete log.runs[0].tool.driver.name,
    () => Object.assign(log.runs[0].results[0], { level: "fatal" }),
    () => Object.assign(log.runs[0].results[0].locations[0], { line: 1 }),
  ]) {
    const before = sarifErrors(log).length;
    spoil();
    expect(sarifErrors(log).length).toBeGreaterThan(before);
  }
  const value = JSON.parse(await check(...ALL, "--json"));
  value.findings[0].severity = "fatal";
  expect(jsonErrors(value).length).toBeGreaterThan(0);
});
