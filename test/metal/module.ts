// Kernel modules for the guest's Linux, which do there what Linux does on silicon (modules/).
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findKernel } from "../../tools/metal/kernel.ts";

/** Builds modules/NAME for the guest's kernel; returns the .ko file. */
export function buildModule(name: string): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-module-"));
  try {
    cpSync(join(import.meta.dirname, "modules", name), directory, { recursive: true });
    execFileSync("make", ["-s", "-C", findKernel().headers, `M=${directory}`, "modules"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    return readFileSync(join(directory, `${name}.ko`));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
