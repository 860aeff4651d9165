// What the machine of this process is built of, by its hash: a record or a snapshot that another one has made may not fit.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { modulePath } from "./modules.ts";

/** Rooms whose code decides what a machine does, beside the modules. */
const ROOMS = ["abi", "machine", "platforms/emulated"];
const MODULES = ["cpu", "hypervisor"] as const;

let known: string | undefined;

/** SHA-256, in hex, of cpu.wasm, hypervisor.wasm and the machine's code. */
export function buildIdentity(): string {
  known ??= measure();
  return known;
}

function measure(): string {
  const hash = createHash("sha256");
  for (const name of MODULES) hash.update(readFileSync(modulePath(name)));
  const top = fileURLToPath(new URL("../", import.meta.url));
  const suffix = extname(fileURLToPath(import.meta.url));
  for (const room of ROOMS) {
    const files = readdirSync(join(top, room), { recursive: true, encoding: "utf8" });
    const code = files.filter((path) => path.endsWith(suffix) && !/\.test\.|\.d\.ts$/.test(path));
    for (const path of code.sort())
      hash.update(`${room}/${path}\n`).update(readFileSync(join(top, room, path)));
  }
  return hash.digest("hex");
}
