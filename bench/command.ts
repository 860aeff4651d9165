// One command from shell to shell, beside Node's own start.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { figure, median, table, times } from "./measure.ts";

const RUNS = 15;
const NODE = "node -e 0";
const ROOT = join(fileURLToPath(import.meta.url), "../../..");
const JAILHOUSE = join(ROOT, "tools/jailhouse");
/** The largest configuration that ships, built and as its source. */
const BUILT = join(ROOT, "configs/qemu-x86-e1000.cell");
const SOURCE = join(ROOT, "configs/x86/qemu-x86-e1000.ts");

function run(...command: string[]): void {
  execFileSync(process.execPath, command, { stdio: "ignore" });
}

/** Commands that work on configurations alone; the source is translated before, as at every call but the first. */
function configCommands(directory: string): [name: string, command: string[]][] {
  const made = join(directory, "made");
  return [
    ["config show, built", ["config", "show", BUILT]],
    ["config check, built", ["config", "check", BUILT]],
    ["config check, TypeScript", ["config", "check", SOURCE]],
    ["config compile, TypeScript", ["config", "compile", SOURCE, "-o", `${made}.cell`]],
    ["config decompile", ["config", "decompile", BUILT, "-o", `${made}.ts`]],
  ];
}

/** Prints what commands cost over `node -e 0`, from shell to shell. */
export async function benchCommand(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  const commands: [name: string, command: string[]][] = [
    ["jailhouse --version", ["--version"]],
    ["jailhouse cell list", ["cell", "list"]],
    ...configCommands(directory),
  ];
  const results = new Map<string, number[]>();
  const measure = async (name: string, command: string[]) => {
    const one = await times(1, () => run(...command));
    results.set(name, [...(results.get(name) ?? []), ...one]);
  };
  try {
    for (const [, command] of commands) run(JAILHOUSE, ...command);
    for (let index = 0; index < RUNS; index++) {
      await measure(NODE, ["-e", "0"]);
      for (const [name, command] of commands) await measure(name, [JAILHOUSE, ...command]);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  const base = median(results.get(NODE) as number[]);
  const rows = [...results].map(([name, values]) => [
    name,
    figure(median(values)),
    figure(median(values) / base),
  ]);
  console.log(table(["command, shell to shell", "ms", `× ${NODE}`], rows));
}
