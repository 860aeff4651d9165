// The core as it was built: the bytes that every platform uses.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.ts";

/** Absolute path of the module. */
export const CORE = join(ROOT, "dist", "hypervisor.wasm");

/** Its sha256, in hexadecimal. */
export function coreDigest(): string {
  return createHash("sha256").update(readFileSync(CORE)).digest("hex");
}
