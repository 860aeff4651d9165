// Writes sdk/include/jailhouse-abi.h: the numbers of abi/ and of the inmates' memory, with their comments, as C knows them.
// `--check` compares instead of writing.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./root.ts";

const HEADER = "sdk/include/jailhouse-abi.h";
const EVERYTHING = /^/;
/** Which numbers of which file, and what C's names of them begin with. */
const SOURCES: readonly (readonly [path: string, names: RegExp, prefix: string])[] = [
  ["abi/comm.ts", EVERYTHING, "JH_"],
  ["abi/hypercall.ts", EVERYTHING, "JH_"],
  ["abi/errno.ts", EVERYTHING, "JH_"],
  ["abi/config.ts", /^CONSOLE_/, "JH_"],
  ["abi/x86/apic.ts", EVERYTHING, "JH_"],
  ["abi/x86/msr.ts", EVERYTHING, "JH_"],
  ["abi/x86/registers.ts", EVERYTHING, "JH_"],
  ["inmates/lib/layout.ts", /^(COMM|START_|READY_|MAX_CPUS|HEAP_END$|STACK_SIZE)/, "JH_"],
  ["inmates/lib/layout.ts", /_(COUNT|VECTOR)$/, "JH_"],
  [
    "inmates/lib/layout.ts",
    /^(IMAGE_(BASE|SEGMENT)|BOOT_PAGE|RESET_ADDRESS|VARIABLES_BASE)$/,
    "JH_HIGH_",
  ],
];
const CONSTANT =
  /^(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\nexport const (\w+): [iu]32 = (0x[0-9a-f]+|\d+);$/gm;

/** The definitions of one file, with their comments. */
export function definitionsOf(text: string, names: RegExp, prefix: string): string[] {
  return [...text.matchAll(CONSTANT)]
    .filter(([, , name]) => names.test(name!))
    .map(([, comment, name, value]) => `${comment}\n#define ${prefix}${name} ${value}`);
}

function headerText(): string {
  const definitions = SOURCES.flatMap(([path, names, prefix]) =>
    definitionsOf(readFileSync(join(ROOT, path), "utf8"), names, prefix),
  );
  return `/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Made of abi/ and inmates/lib/layout.ts: npm run sdk. For C, C++, assembly and linker scripts. */
#ifndef JAILHOUSE_ABI_H
#define JAILHOUSE_ABI_H

${definitions.join("\n")}

#endif
`;
}

/** Writes the header, or only compares it. Returns the paths that were not up to date. */
export function generateSdkHeader(isCheck = false): string[] {
  const path = join(ROOT, HEADER);
  const text = headerText();
  if (existsSync(path) && readFileSync(path, "utf8") === text) return [];
  if (!isCheck) writeFileSync(path, text);
  return [HEADER];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const check = process.argv.includes("--check");
  for (const path of generateSdkHeader(check)) {
    console.log(check ? `${path} is stale: run npm run sdk` : `${path}: written`);
    if (check) process.exitCode = 1;
  }
}
