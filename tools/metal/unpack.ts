// Debian's packages, downloaded and unpacked without being installed.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { putInPlace } from "./place.ts";

/** apt's options for a package source of its own; lists and archives are kept in `directory`. The system's are not touched. */
function privateSource(directory: string, source: string): string[] {
  for (const name of ["lists/partial", "cache/archives/partial"])
    mkdirSync(join(directory, name), { recursive: true });
  const list = join(directory, "sources.list");
  writeFileSync(list, source);
  const settings = [
    `Dir::Etc::SourceList=${list}`,
    "Dir::Etc::SourceParts=/dev/null",
    `Dir::State::Lists=${join(directory, "lists")}`,
    `Dir::Cache=${join(directory, "cache")}`,
  ];
  return settings.flatMap((setting) => ["-o", setting]);
}

/**
 * Unpacks packages into a directory that does not exist yet, all or nothing; another process may do the same. They come from the system's package sources, or
 * from `source`, a line of a sources.list. Throws what apt-get or dpkg complained about.
 */
export function unpackPackages(names: readonly string[], target: string, source?: string): void {
  const temporary = `${target}.${process.pid}`;
  mkdirSync(temporary, { recursive: true });
  try {
    const options = source === undefined ? [] : privateSource(temporary, source);
    const apt = (...args: string[]) =>
      execFileSync("apt-get", [...options, "-qq", ...args], {
        cwd: temporary,
        stdio: ["ignore", "ignore", "pipe"],
      });
    if (source !== undefined) apt("update");
    apt("download", ...names);
    const files = readdirSync(temporary).filter((entry) => entry.endsWith(".deb"));
    if (files.length < names.length) throw new Error(`apt-get downloaded no ${names.join(", ")}`);
    for (const file of files) execFileSync("dpkg", ["-x", file, "root"], { cwd: temporary });
    mkdirSync(dirname(target), { recursive: true });
    putInPlace(join(temporary, "root"), target);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
