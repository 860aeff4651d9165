// jailhouse config check SYSCONFIG [CELLCONFIG…]: 1 when there are errors, or what the original's check takes for one, or with
// --strict warnings; 2 when nothing could be checked; else 0.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { withSoundFixes } from "../config/check/advice.ts";
import { loadInput } from "../config/check/files.ts";
import { grouped, ungrouped } from "../config/check/group.ts";
import { checkInputs, type Finding, type Input, type MachineFacts } from "../config/check/index.ts";
import { printable } from "../config/printable.ts";
import { size } from "./arguments.ts";
import { paintDiagnostic } from "./colour.ts";
import { ExitStatus, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { readMachine } from "./machine-tree.ts";
import { STANDARD, standardInput } from "./open-config.ts";
import { json } from "./table.ts";

const FOUND = 1;
const MAX_CPUS = 256;

export interface CheckOptions {
  readonly root?: string;
  readonly target?: string;
  readonly cpus?: string;
  readonly memory?: string;
  readonly notes?: boolean;
  /** Every finding, however many are of one kind. */
  readonly all?: boolean;
  /** Warnings count as errors. */
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly sarif?: boolean;
}

async function machineFacts(
  io: Io,
  { root, target, cpus, memory }: CheckOptions,
): Promise<MachineFacts> {
  if (root !== undefined || target !== undefined) {
    if (cpus !== undefined || memory !== undefined)
      throw new UsageError("--cpus and --memory are what --root finds out");
    const { machineFacts } = await import("../config/create/facts.ts");
    return readMachine(io, { root, target }, machineFacts);
  }
  const count = Number(cpus ?? 0);
  if (cpus !== undefined && !(Number.isInteger(count) && count >= 1 && count <= MAX_CPUS))
    throw new UsageError(`"${cpus}" is no number of CPUs`);
  return {
    cpus: cpus === undefined ? undefined : Array.from({ length: count }, (_, cpu) => cpu),
    ramEnd: memory === undefined ? undefined : BigInt(size(memory)),
  };
}

/** The repository that a directory is in, by which CI and editors know files; the directory itself outside of any. */
function sourceRoot(directory: string): string {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (at === dirname(at)) return directory;
  }
}

async function print(
  io: Io,
  inputs: readonly Input[],
  findings: readonly Finding[],
  options: CheckOptions,
): Promise<void> {
  if (options.sarif) {
    const { sarifLog } = await import("../config/check/sarif.ts");
    const where = { directory: io.cwd, root: sourceRoot(io.cwd) };
    return io.out(json(sarifLog(inputs, findings, where)));
  }
  if (options.json) {
    const { findingsJson } = await import("../config/check/json.ts");
    return io.out(json(findingsJson(inputs, findings)));
  }
  const text = await import("../config/check/text.ts");
  const groups = options.all ? ungrouped(findings) : grouped(findings);
  const firsts = groups.map(({ finding }) => finding);
  io.out(text.frameText(inputs, firsts));
  const wanted = groups.filter(({ finding }) => options.notes || finding.severity !== "note");
  const { shown, more } = options.all ? { shown: wanted, more: [] } : text.firstOfEachKind(wanted);
  for (const group of shown) {
    const told = text.findingText(inputs, group, io.columns);
    if (io.colours.out) io.draw(`\n${paintDiagnostic(printable(told))}`);
    else io.out(`\n${told}`);
  }
  if (more.length > 0) io.out(`\n${more.map((line) => `${line}\n`).join("")}`);
  // What is clean looks as it does in the original: scripts compare it.
  if (shown.length > 0) io.out(`\n${text.summaryText(groups)}`);
  if (wanted.length < groups.length && io.terminal)
    io.err(`--notes shows ${groups.length - wanted.length} more that is worth knowing.\n`);
}

/** Checks files that belong together; the first is the system's. */
export async function checkConfig(
  io: Io,
  files: readonly string[],
  options: CheckOptions,
): Promise<void> {
  if (options.json && options.sarif) throw new UsageError("--json and --sarif exclude each other");
  const machine = await machineFacts(io, options);
  const inputs: Input[] = [];
  for (const file of files) {
    const content = file === STANDARD ? await standardInput(io) : undefined;
    inputs.push(await loadInput(file, io.cwd, content));
  }
  const findings = withSoundFixes(inputs, checkInputs(inputs, machine), machine);
  await print(io, inputs, findings, options);
  const { isOriginals } = await import("../config/check/text.ts");
  const isFault = (finding: Finding) =>
    finding.severity === "error" ||
    isOriginals(finding) ||
    (options.strict && finding.severity === "warning");
  if (findings.some(isFault)) throw new ExitStatus(FOUND);
}
