// One command from shell to shell, beside Node's own start.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { figure, median, table, times } from "./measure.ts";

const RUNS = 15;
const JAILHOUSE = join(fileURLToPath(import.meta.url), "../../../tools/jailhouse");

function run(...command: string[]): void {
  execFileSync(process.execPath, command, { stdio: "ignore" });
}

/** Prints what `jailhouse --version` and `jailhouse cell list` cost over `node -e 0`. */
export async function benchCommand(): Promise<void> {
  const node: number[] = [];
  const version: number[] = [];
  const list: number[] = [];
  for (let index = 0; index < RUNS; index++) {
    node.push(...(await times(1, () => run("-e", "0"))));
    version.push(...(await times(1, () => run(JAILHOUSE, "--version"))));
    list.push(...(await times(1, () => run(JAILHOUSE, "cell", "list"))));
  }
  const base = median(node);
  const row = (name: string, values: number[]) => [
    name,
    figure(median(values)),
    figure(median(values) / base),
  ];
  console.log(
    table(
      ["command, shell to shell", "ms", "× node -e 0"],
      [
        row("node -e 0", node),
        row("jailhouse --version", version),
        row("jailhouse cell list", list),
      ],
    ),
  );
}
