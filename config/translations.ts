// Translated modules, kept from one command to the next: loading the translator takes several times as long as everything else
// that a command does. An entry's name is the hash of all that its text depends on, so none is ever stale.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** To be changed with everything that changes what is translated to what, such as instrument.ts. */
const EDITION = "1";
/** In the translator's answer to a source that is none. */
const FAULT = "__JITI_ERROR__";
/** More entries than this are cleared away, all at once. */
const ENTRIES_MAX = 256;
/** Only the user may read or write what will be run. */
const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;

/** Where translations are kept: JAILHOUSE_CACHE_DIR, or the user's cache directory; nowhere when the former is empty. */
function directory(): string | undefined {
  const { JAILHOUSE_CACHE_DIR: own, XDG_CACHE_HOME: caches } = process.env;
  if (own !== undefined) return own || undefined;
  return join(caches || join(homedir(), ".cache"), "jailhouse", "modules");
}

/** The translation of what `parts` describe: a kept one, or that which `translate` makes. */
export function translated(parts: readonly string[], translate: () => string): string {
  const place = directory();
  if (place === undefined) return translate();
  const hash = createHash("sha256").update(JSON.stringify([EDITION, process.version, ...parts]));
  const path = join(place, `${hash.digest("hex")}.js`);
  try {
    return readFileSync(path, "utf8");
  } catch {
    const code = translate();
    if (!code.includes(FAULT)) keep(place, path, code);
    return code;
  }
}

/** Writes an entry, whole or not at all. That it cannot be written is no error: the next command translates again. */
function keep(place: string, path: string, code: string): void {
  try {
    mkdirSync(place, { recursive: true, mode: PRIVATE_DIRECTORY });
    const entries = readdirSync(place);
    if (entries.length > ENTRIES_MAX) for (const entry of entries) rmSync(join(place, entry));
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, code, { mode: PRIVATE_FILE });
    renameSync(temporary, path);
  } catch {}
}
