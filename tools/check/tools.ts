// Checks that are somebody else's program.
import type { Check, Findings } from "./check.ts";
import { executeTool, type Outcome } from "./check.ts";

function findings({ status, output }: Outcome): Findings {
  return { failures: status === 0 ? [] : [output] };
}

export const format: Check = {
  name: "format and lint",
  run: () => findings(executeTool("@biomejs/biome/bin/biome", ["check", "--colors=off", "."])),
};

const types = (name: string, project: string): Check => ({
  name,
  run: () => findings(executeTool("typescript/bin/tsc", ["-p", project, "--noEmit"])),
});

export const typeScript: Check = types("types (TypeScript)", "tsconfig.json");
export const assemblyScript: Check = types("types (AssemblyScript)", "tsconfig.as.json");
