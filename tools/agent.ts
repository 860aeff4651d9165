// Writes agent/abi.h: the numbers of abi/ that the agent uses, so that it builds where there is no Node. `--check` compares
// instead of writing.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { constantsOf } from "./inmates/header.ts";
import { ROOT } from "./root.ts";

const SOURCES = ["abi/agent.ts", "abi/ioctl.ts"];
/** Names of other sources that the agent needs. */
const MORE: readonly [string, string][] = [["abi/x86/svm.ts", "MSR_VM_CR"]];
const HEADER = "agent/abi.h";

function headerText(): string {
  const read = (path: string) => constantsOf(readFileSync(join(ROOT, path), "utf8"));
  const all = [
    ...SOURCES.flatMap((path) => [...read(path)]),
    ...MORE.map(([path, name]): [string, number] => {
      const value = read(path).get(name);
      if (value === undefined) throw new Error(`${path} has no ${name}`);
      return [name, value];
    }),
  ];
  const lines = all.map(([name, value]) => `#define ${name} 0x${value.toString(16)}u`);
  return `/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Made of abi/ by tools/agent.ts: npm run agent. */
#ifndef AGENT_ABI_H
#define AGENT_ABI_H

${lines.join("\n")}

#endif
`;
}

/** Writes the header, or only compares it. Returns the paths that were not up to date. */
export function generateAgentHeader(isCheck = false): string[] {
  const path = join(ROOT, HEADER);
  const text = headerText();
  if (readText(path) === text) return [];
  if (!isCheck) writeFileSync(path, text);
  return [HEADER];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const check = process.argv.includes("--check");
  for (const path of generateAgentHeader(check)) {
    console.log(check ? `${path} is stale: run npm run agent` : `${path}: written`);
    if (check) process.exitCode = 1;
  }
}
