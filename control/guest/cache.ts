// Snapshots of booted Linuxes, kept for other processes: in the user's cache directory (XDG Base Directory Specification), a few of them.
// All of it may be missing, damaged or in use by others: then it is as if there were none.
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Environment } from "../caller.ts";
import type { SessionSnapshot } from "../session.ts";
import { decodeSnapshot, encodeSnapshot } from "../snapshot-file.ts";

const SUFFIX = ".snapshot";
const UNFINISHED = ".writing";
/** Files, of about 20 MB for a Linux with 256 MiB; those that were used last stay. */
export const KEPT = 8;
/** Age in milliseconds at which an unfinished file is nobody's any more. */
const ABANDONED = 3_600_000;
const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;

/** Where they are. */
export function cacheDirectory({ XDG_CACHE_HOME: xdg }: Environment = process.env): string {
  const caches = xdg && isAbsolute(xdg) ? xdg : join(homedir(), ".cache");
  return join(caches, "jailhouse-ts", "snapshots");
}

/** What is kept under a key; undefined where there is nothing, or nothing that fits. */
export async function loadKept(
  key: string,
  directory = cacheDirectory(),
): Promise<SessionSnapshot | undefined> {
  const path = join(directory, key + SUFFIX);
  const file = await readFile(path).catch(() => undefined);
  if (!file) return undefined;
  const snapshot = await decodeSnapshot(file, key);
  const now = new Date();
  await (snapshot ? utimes(path, now, now) : rm(path, { force: true })).catch(() => {});
  return snapshot;
}

/** Keeps a snapshot under a key, if there is a place for it. */
export async function keep(
  key: string,
  snapshot: SessionSnapshot,
  directory = cacheDirectory(),
): Promise<void> {
  const unfinished = join(directory, `${key}.${process.pid}${UNFINISHED}`);
  try {
    await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
    await writeFile(unfinished, await encodeSnapshot(snapshot, key), { mode: PRIVATE_FILE });
    await rename(unfinished, join(directory, key + SUFFIX));
    await tidy(directory);
  } catch {
    await rm(unfinished, { force: true }).catch(() => {});
  }
}

/** Removes what was used longest ago, and what nobody goes on writing. */
async function tidy(directory: string): Promise<void> {
  const files = await Promise.all(
    (await readdir(directory)).map(async (name) => {
      const path = join(directory, name);
      const used = (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
      return { path, used };
    }),
  );
  const kept = files.filter(({ path }) => path.endsWith(SUFFIX)).sort((a, b) => b.used - a.used);
  const old = Date.now() - ABANDONED;
  const left = files.filter(({ path, used }) => path.endsWith(UNFINISHED) && used < old);
  for (const { path } of [...kept.slice(KEPT), ...left]) await rm(path, { force: true });
}
