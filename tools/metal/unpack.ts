// Debian's packages, downloaded and unpacked without being installed.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { putInPlace } from "./place.ts";

/** Where packages come from, in place of the system's package sources. */
export interface Source {
  /** A line of a sources.list. */
  readonly line: string;
  /** Another architecture than the system's, as Debian calls it. */
  readonly architecture?: string;
}

/** Which packages: their names, or what gives them once it can ask for what another one needs. */
export type Names = readonly string[] | ((depends: (name: string) => string[]) => string[]);

/** apt's options for a package source of its own; lists and archives are kept in `directory`. The system's are not touched. */
function privateSource(directory: string, { line, architecture }: Source): string[] {
  for (const name of ["lists/partial", "cache/archives/partial"])
    mkdirSync(join(directory, name), { recursive: true });
  const list = join(directory, "sources.list");
  writeFileSync(list, line);
  const settings = [
    `Dir::Etc::SourceList=${list}`,
    "Dir::Etc::SourceParts=/dev/null",
    `Dir::State::Lists=${join(directory, "lists")}`,
    `Dir::Cache=${join(directory, "cache")}`,
    ...(architecture === undefined ? [] : [`APT::Architectures::=${architecture}`]),
  ];
  return settings.flatMap((setting) => ["-o", setting]);
}

const DEPENDS = /^ {2}Depends: (\S+)$/gm;

/**
 * Unpacks packages into a directory that does not exist yet, all or nothing; another process may do the same. They come from
 * the system's package sources, or from `source`. Throws what apt-get or dpkg complained about.
 */
export function unpackPackages(wanted: Names, target: string, source?: Source): void {
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
    const depends = (name: string) => {
      const text = execFileSync("apt-cache", [...options, "depends", name], { encoding: "utf8" });
      return [...text.matchAll(DEPENDS)].map(([, found]) => found!);
    };
    const names = typeof wanted === "function" ? wanted(depends) : wanted;
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
