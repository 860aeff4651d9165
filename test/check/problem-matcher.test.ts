// The problem matchers find what the command really prints, and the page has the same ones.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Surroundings } from "../../cli/testing/surroundings.ts";
import { ROOT } from "../../tools/root.ts";

interface Pattern {
  readonly regexp: string;
  readonly [part: string]: string | number;
}
interface Matcher {
  readonly owner: string;
  readonly pattern: readonly Pattern[];
}

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const MATCHERS: readonly Matcher[] = JSON.parse(
  read("config/check/problem-matcher.json"),
).problemMatcher;

/** What consecutive lines that fit the patterns tell, as editors read them. */
function problems(owner: string, text: string): Record<string, string | undefined>[] {
  const { pattern } = MATCHERS.find((one) => one.owner === owner)!;
  const lines = text.split("\n");
  return lines.flatMap((_, at) => {
    const matches = pattern.map(({ regexp }, i) => new RegExp(regexp).exec(lines[at + i] ?? ""));
    if (matches.includes(null)) return [];
    const parts = pattern.flatMap(({ regexp: __, ...numbers }, i) =>
      Object.entries(numbers).map(([part, number]) => [part, matches[i]![Number(number)]] as const),
    );
    return [Object.fromEntries(parts)];
  });
}

const world = new Surroundings();
afterAll(() => world.close());

test("mistakes in configurations have file, place and rule", async () => {
  const write = (name: string, text: string) => writeFileSync(join(world.directory, name), text);
  write(
    "my-cell.ts",
    'import { defineCell } from "jailhouse-ts/config";\nexport default defineCell({\n  name: "a",\n  cpus: [9],\n});\n',
  );
  write("other.json", '{\n  "kind": "cell",\n  "nam": "a"\n}\n');
  const system = join(ROOT, "configs/qemu-x86.cell");
  const first = await world.run(["config", "check", system, "my-cell.ts"]);
  expect(problems("jailhouse-config", first.out)).toContainEqual({
    ...{ file: "my-cell.ts", line: "4", column: "3", severity: "error", code: "cpu-foreign" },
    message: expect.stringContaining("has CPU 9"),
  });
  const second = await world.run(["config", "check", system, "other.json"]);
  expect(problems("jailhouse-config", second.out)).toEqual([
    expect.objectContaining({ file: "other.json", line: "3", column: undefined }),
  ]);
});

test("mistakes in inmates have file and place, as the user knows them", () => {
  const directory = mkdtempSync(join(tmpdir(), "matcher-"));
  const source = join(directory, "my.ts");
  writeFileSync(source, "export function main(): void {\n  missing();\n}\n");
  const compiler = join(ROOT, "tools/inmates/compile.mjs");
  const { stderr } = spawnSync(
    process.execPath,
    [compiler, directory, relative(ROOT, source), "--noEmit"],
    { cwd: ROOT, encoding: "utf8" },
  );
  rmSync(directory, { recursive: true });
  expect(problems("jailhouse-inmate", stderr)).toEqual([
    {
      ...{ file: "my.ts", line: "2", column: "3", severity: "ERROR", code: "TS2304" },
      message: "Cannot find name 'missing'.",
    },
  ]);
});

test("the page shows the same patterns", () => {
  const blocks = read("docs/editors.md").matchAll(/^```json\n([\s\S]*?)^```$/gm);
  const [tasks] = [...blocks].map(([, text]) => JSON.parse(text!)).filter((one) => one.tasks);
  const shown = tasks.tasks.map(
    ({ problemMatcher: { owner, pattern } }: { problemMatcher: Matcher }) => ({
      owner,
      pattern: [pattern].flat(),
    }),
  );
  expect(shown).toEqual(MATCHERS);
});
