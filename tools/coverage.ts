// npm run coverage: runs what compares our CPU with others, counts how often each row of machine/cpu/instructions.txt is executed there,
// and writes docs/coverage.md.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodingOf, type Row, readRows } from "./instructions.ts";
import { ROOT } from "./root.ts";

const PAGE = "docs/coverage.md";
const TESTS = "test/machine/cpu";
/** As test/machine/cpu/coverage/record.ts counts them. */
const ORACLES = ["processor", "QEMU"] as const;
type Counts = Record<(typeof ORACLES)[number], Record<string, number>>;

/** Runs the tests and adds up what they count. Throws where one fails. */
function count(): Counts {
  const directory = mkdtempSync(join(tmpdir(), "coverage-"));
  try {
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const env = { ...process.env, CPU_COVERAGE: directory, CAMPAIGN_SIZE: "full", CI: "1" };
    const run = spawnSync(process.execPath, [vitest, "run", TESTS], {
      cwd: ROOT,
      env,
      stdio: "inherit",
    });
    if (run.status !== 0) throw new Error("a comparison failed: there is nothing to count");
    const sum: Counts = { processor: {}, QEMU: {} };
    for (const file of readdirSync(directory)) {
      const part = JSON.parse(readFileSync(join(directory, file), "utf8")) as Counts;
      for (const oracle of ORACLES)
        for (const [encoding, times] of Object.entries(part[oracle]))
          sum[oracle][encoding] = (sum[oracle][encoding] ?? 0) + times;
    }
    return sum;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Rows that neither executes, and what else says what they do. */
const OTHERWISE: readonly [RegExp, string][] = [
  [/^rdpmc$/, "manual (`control.test.ts`): neither has counters that a test can know"],
  [/^rd(rand|seed)$/, "OpenSSL's ChaCha20 (`random.test.ts`): what others draw nobody can know"],
  [/^(invlpgb|tlbsync)$/, "manual (`guests-silicon.test.ts`): QEMU 7.2 has neither"],
  [
    /^rsm$/,
    "QEMU and Bochs (`svm.test.ts`): undefined, but for a guest whose hypervisor intercepts it",
  ],
];

/** How often an oracle executes a row, or what else there is. Throws where there is nothing. */
function cells(row: Row, counts: Counts): string[] {
  const encoding = encodingOf(row);
  const times = ORACLES.map((oracle) => counts[oracle][encoding] ?? 0);
  if (times.some((count) => count > 0)) return [...times.map((count) => String(count || "")), ""];
  const [, note] = OTHERWISE.find(([mnemonic]) => mnemonic.test(row.mnemonic)) ?? [];
  if (note === undefined) throw new Error(`${encoding} ${row.mnemonic} has no oracle`);
  return ["", "", note];
}

function line(row: Row, counts: Counts): string {
  const mnemonic = row.mnemonic.replaceAll("|", "/") + (row.span === "condition" ? "cc" : "");
  const [processor, qemu, note] = cells(row, counts);
  return `| \`${encodingOf(row)}\` | ${mnemonic} | ${row.operands.join(", ")} | ${processor} | ${qemu} | ${note} |`;
}

/** What Linux says of the processor. */
function processorName(): string {
  const info = readFileSync("/proc/cpuinfo", "utf8");
  return /^model name\s*: (.*)$/m.exec(info)?.[1] ?? "an unknown processor";
}

function page(rows: readonly Row[], counts: Counts): string {
  const date = new Date().toISOString().slice(0, 10);
  const sums = ORACLES.map((oracle) => {
    const executed = rows.filter((row) => counts[oracle][encodingOf(row)]);
    return executed.length;
  });
  return `# Coverage of the processor

Made by \`npm run coverage\` on ${date} from machine/cpu/instructions.txt: how often the tests of test/machine/cpu execute each encoding in
something that is not this project, and compare what is left of registers, flags, memory and faults. "Processor": random code in user
mode on the processor that runs the tests (${processorName()} then). "QEMU": boot images of all modes, which print the same on
QEMU 7.2. Of ${rows.length} encodings the processor executes ${sums[0]}, QEMU ${sums[1]}. The encodings are explained in
[Instructions](instructions.md).

| encoding | mnemonic | operands | processor | QEMU | otherwise |
| --- | --- | --- | --- | --- | --- |
${rows.map((row) => line(row, counts)).join("\n")}
`;
}

try {
  const rows = readRows();
  writeFileSync(join(ROOT, PAGE), page(rows, count()));
  console.log(`${PAGE} written`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
