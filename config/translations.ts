// Translated modules, kept from one command to the next: loading the translator takes several times as long as everything else
// that a command does. An entry's name is the hash of all that its text depends on, so none is ever stale.
import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** To be changed with everything that changes what is translated to what, such as instrument.ts. */
const EDITION = "3";
/** In the translator's answer to a source that is none. */
const FAULT = "__JITI_ERROR__";
/** More entries than this are cleared away, all at once. */
const ENTRIES_MAX = 256;
/** Only the user may read or write what will be run. */
const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;
/** Permission bits of anybody but the owner that would let him write. */
const OTHERS_WRITE = 0o022;
const ENTRY = /^[0-9a-f]{64}\.js(\.[0-9]+)?$/;

/**
 * Where translations are kept: JAILHOUSE_CACHE_DIR, or the user's cache directory; nowhere when the former is empty. Nowhere under sudo:
 * the directory may be the caller's, who would choose what root runs.
 */
function directory(): string | undefined {
  const { JAILHOUSE_CACHE_DIR: own, XDG_CACHE_HOME: caches, SUDO_UID: caller } = process.env;
  if (caller !== undefined && process.getuid?.() === 0) return undefined;
  if (own !== undefined) return own || undefined;
  return join(caches || join(homedir(), ".cache"), "jailhouse", "modules");
}

/** The file of an entry, or undefined where none is kept. */
function entry(parts: readonly string[]): { place: string; path: string } | undefined {
  const place = directory();
  if (place === undefined) return undefined;
  const hash = createHash("sha256").update(JSON.stringify([EDITION, process.version, ...parts]));
  return { place, path: join(place, `${hash.digest("hex")}.js`) };
}

/** Whether a directory is this user's, and nobody else can put anything there, which would be run. */
function isPrivate(place: string): boolean {
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return false;
  return stat.uid === (process.geteuid?.() ?? stat.uid) && (stat.mode & OTHERS_WRITE) === 0;
}

/** The translation that was kept of what `parts` describe. */
export function kept(parts: readonly string[]): string | undefined {
  const found = entry(parts);
  try {
    return found && isPrivate(found.place) ? readFileSync(found.path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps a translation, whole or not at all, and returns it. That it cannot be written is no error: the next command
 * translates again.
 */
export function keep(parts: readonly string[], code: string): string {
  const { place, path } = entry(parts) ?? {};
  if (place === undefined || path === undefined) return code;
  try {
    mkdirSync(place, { recursive: true, mode: PRIVATE_DIRECTORY });
    if (!isPrivate(place)) return code;
    const entries = readdirSync(place).filter((name) => ENTRY.test(name));
    if (entries.length > ENTRIES_MAX) for (const one of entries) rmSync(join(place, one));
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, code, { mode: PRIVATE_FILE });
    renameSync(temporary, path);
  } catch {}
  return code;
}

/** The translation of what `parts` describe: a kept one, or that which `translate` makes. */
export function translated(parts: readonly string[], translate: () => string): string {
  const found = kept(parts);
  if (found !== undefined) return found;
  const code = translate();
  return code.includes(FAULT) ? code : keep(parts, code);
}
