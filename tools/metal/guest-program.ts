// Small programs in C for a guest, which may be too slow for Node.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../root.ts";

/** The headers that they share: numbers of the ABI, requests to the driver. */
const HEADERS = ["agent", "tools/metal/guest"].flatMap((path) => ["-I", join(ROOT, path)]);

/** The static program of a unit in C, of this path below the root. Throws with the compiler's words. Needs AGENT_PACKAGES. */
export function buildGuestProgram(source: string): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "guest-program-"));
  try {
    const out = join(directory, "program");
    const args = ["-static", "-Os", "-Wall", "-Wextra", "-Werror", ...HEADERS, "-o", out];
    execFileSync("musl-gcc", [...args, join(ROOT, source)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    return readFileSync(out);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
