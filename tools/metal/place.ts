// Directories of the cache, which several processes may make at once.

import { existsSync, renameSync } from "node:fs";

/**
 * Gives a finished directory its place, which is on the same file system. Where another process was faster its directory stays,
 * since somebody may be reading it, and this one is the caller's to remove.
 */
export function putInPlace(directory: string, place: string): void {
  try {
    renameSync(directory, place);
  } catch (error) {
    // A directory with something in it cannot be replaced.
    if (!existsSync(place)) throw error;
  }
}
