// The tests of the real command need dist/; the launcher builds it if it is stale.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../tools/root.ts";

/** The command as users call it. */
export const COMMAND = join(ROOT, "tools/jailhouse");

/** Builds what the command needs. */
export function buildCommand(): void {
  execFileSync(COMMAND, ["--version"], { stdio: "ignore" });
}
