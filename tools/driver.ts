// Writes driver/numbers.h: the numbers of abi/ that the driver uses, under its prefix, so that it builds where there is no Node.
// `--check` compares instead of writing.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { constantsOf } from "./inmates/header.ts";
import { ROOT } from "./root.ts";

const SOURCES = [
  "abi/config.ts",
  "abi/console.ts",
  "abi/denials.ts",
  "abi/hypercall.ts",
  "abi/ioctl.ts",
];
/** Names of other sources that the driver needs. */
const MORE: readonly (readonly [path: string, name: string])[] = [
  ["abi/comm.ts", "CELL_RUNNING_LOCKED"],
];
const HEADER = "driver/numbers.h";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const COUNTER = /^STAT_(?!COUNT$)(.*)$/;

/** The counters as a macro that takes one: the name in sysfs without `vmexits_`, and the number's. */
function countersMacro(names: readonly string[]): string {
  const entries = names.flatMap((name) => {
    const counter = COUNTER.exec(name)?.[1]?.toLowerCase();
    return counter === undefined ? [] : [`\tENTRY(${counter}, JH_${name})`];
  });
  return ["#define JH_COUNTERS(ENTRY)", ...entries].join(" \\\n");
}

function headerText(): string {
  const all = [
    ...SOURCES.flatMap((path) => [...constantsOf(read(path))]),
    ...MORE.map(([path, name]): [string, number] => {
      const value = constantsOf(read(path)).get(name);
      if (value === undefined) throw new Error(`${path} has no ${name}`);
      return [name, value];
    }),
  ];
  const { version } = JSON.parse(read("package.json")) as { version: string };
  return [
    "/* SPDX-License-Identifier: GPL-2.0 */",
    "/* Made of abi/ by tools/driver.ts: npm run driver:numbers. */",
    "#ifndef JAILHOUSE_NUMBERS_H",
    "#define JAILHOUSE_NUMBERS_H",
    "",
    "/* The release: an image of another one is refused. */",
    `#define JH_VERSION "${version}"`,
    "",
    ...all.map(([name, value]) => `#define JH_${name} 0x${value.toString(16)}u`),
    "",
    "/* Each counter: its name in sysfs without `vmexits_`, its number. */",
    countersMacro(all.map(([name]) => name)),
    "",
    "#endif",
    "",
  ].join("\n");
}

/** Writes the header, or only compares it. Returns the paths that were not up to date. */
export function generateDriverNumbers(isCheck = false): string[] {
  const path = join(ROOT, HEADER);
  const text = headerText();
  if (existsSync(path) && readFileSync(path, "utf8") === text) return [];
  if (!isCheck) writeFileSync(path, text);
  return [HEADER];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const check = process.argv.includes("--check");
  for (const path of generateDriverNumbers(check)) {
    console.log(check ? `${path} is stale: run npm run driver:numbers` : `${path}: written`);
    if (check) process.exitCode = 1;
  }
}
