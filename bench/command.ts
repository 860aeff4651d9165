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

/** A machine that was collected, the largest one. */
const MACHINE = join(ROOT, "test/data/machines/q35-6g-8-amd-iommu-e1000.tar.gz");
/** What commands may take of `node -e 0`: 300 ms, and a second, where that takes 90. */
const SHORT = 3.3;
const LONG = 11;

interface Row {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** At most this ratio is aimed at. */
  readonly aim?: number;
}

function run({ command, env }: Pick<Row, "command" | "env">): void {
  execFileSync(process.execPath, command, { stdio: "ignore", env: { ...process.env, ...env } });
}

/** Commands that work on configurations alone. */
function configCommands(directory: string): Row[] {
  const made = join(directory, "made");
  // Whose translations were kept by an earlier command, and who has none.
  const later = { JAILHOUSE_CACHE_DIR: join(directory, "cache") };
  const first = { JAILHOUSE_CACHE_DIR: "" };
  const row = (name: string, aim: number, env: Row["env"], ...words: string[]): Row => ({
    name: `config ${name}`,
    command: [JAILHOUSE, "config", ...words],
    env: env ?? {},
    aim,
  });
  const compile = ["compile", SOURCE, "-o", `${made}.cell`];
  return [
    row("show, built", SHORT, later, "show", BUILT),
    row("check, built", SHORT, later, "check", BUILT),
    row("check, TypeScript", SHORT, later, "check", SOURCE),
    row("check, TypeScript, first time", SHORT, first, "check", SOURCE),
    row("check beside a machine", SHORT, later, "check", "-r", MACHINE, BUILT),
    row("compile, TypeScript", SHORT, later, ...compile),
    row("compile, TypeScript, first time", SHORT, first, ...compile),
    row("decompile", SHORT, later, "decompile", BUILT, "-o", `${made}.ts`),
    row("create from a collected tree", LONG, later, "create", "-r", MACHINE, `${made}-board.ts`),
  ];
}

/** Runs a command, whose findings are no failure. */
function runCheck(row: Row): void {
  try {
    run(row);
  } catch (error) {
    if ((error as { status?: number }).status !== 1 || !row.name.includes("check")) throw error;
  }
}

/** Prints what commands cost over `node -e 0`, from shell to shell. */
export async function benchCommand(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  const node: Row = { name: NODE, command: ["-e", "0"] };
  const commands: Row[] = [
    { name: "jailhouse --version", command: [JAILHOUSE, "--version"] },
    { name: "jailhouse cell list", command: [JAILHOUSE, "cell", "list"] },
    ...configCommands(directory),
  ];
  const results = new Map<Row, number[]>([node, ...commands].map((row) => [row, []]));
  try {
    for (const row of commands) runCheck(row);
    for (let index = 0; index < RUNS; index++)
      for (const [row, values] of results) values.push(...(await times(1, () => runCheck(row))));
  } finally {
    rmSync(directory, { recursive: true });
  }
  const base = median(results.get(node) as number[]);
  const rows = [...results].map(([{ name, aim }, values]) => [
    name,
    figure(median(values)),
    figure(median(values) / base),
    aim === undefined ? "" : `${aim}`,
  ]);
  console.log(table(["command, shell to shell", "ms", `× ${NODE}`, "aim"], rows));
}
