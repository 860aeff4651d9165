// jailhouse config diff

import { diffConfigs } from "../config/diff.ts";
import { ExitStatus } from "./failure.ts";
import type { Io } from "./io.ts";
import { openConfig } from "./open-config.ts";

/** Exit status when there is a difference, as diff(1) has it. */
const DIFFERENT = 1;

/** Says in words what differs between two configurations, of any kinds of file. */
export async function diffConfigFiles(io: Io, before: string, after: string): Promise<void> {
  const [first, second] = [await openConfig(io, before), await openConfig(io, after)];
  const differences = diffConfigs(first.config, second.config);
  const same = Buffer.from(first.bytes).equals(second.bytes);
  if (differences.length === 0 && !same)
    differences.push("the files differ in bytes without a meaning only");
  io.out(differences.map((line) => `${line}\n`).join(""));
  if (differences.length > 0) throw new ExitStatus(DIFFERENT);
}
