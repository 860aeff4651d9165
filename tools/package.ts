// `npm pack` runs this first: builds what the package has and a clone does not need, and takes out of dist/ what has no source
// any more. The package's list of files is in package.json.

import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { InmateError } from "./inmates/toolchain.ts";
import { buildImages } from "./metal/image.ts";
import { ROOT } from "./root.ts";

const DIST = join(ROOT, "dist");
/** What an editor knows of inmates: the library's declarations, and the dialect's names beside them. */
const INMATE_TYPES = "inmates/index.d.ts";
const DIALECT = "inmates/dialect.d.ts";
/** What tsc makes of a source. */
const COMPILED = /\.(?:js|js\.map|d\.ts)$/;

/** Emits declarations of what inmates import, and makes them such that every way of resolving modules finds them. */
function declareInmates(): void {
  for (const name of ["inmates", "abi"])
    for (const path of filesBelow(join(DIST, name))) if (path.endsWith(".d.ts")) rmSync(path);
  const options = [
    ...["--declaration", "--emitDeclarationOnly", "--noEmit", "false", "--pretty", "false"],
    ...["--rootDir", ".", "--outDir", "dist"],
  ];
  const project = join(DIST, "inmates.tsconfig.json");
  writeFileSync(
    project,
    JSON.stringify({ extends: "../tsconfig.as.json", include: [], files: ["../inmates/index.ts"] }),
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", project, ...options], { cwd: ROOT, stdio: "inherit" });
  rmSync(project);
  for (const name of ["inmates", "abi"])
    for (const path of filesBelow(join(DIST, name)))
      if (path.endsWith(".d.ts")) completeImports(path);
  copyFileSync(join(ROOT, DIALECT), join(DIST, DIALECT));
  const index = join(DIST, INMATE_TYPES);
  writeFileSync(index, `/// <reference path="./dialect.d.ts" />\n${readFileSync(index, "utf8")}`);
}

/** Gives relative imports the end that Node's rules want. */
function completeImports(path: string): void {
  const text = readFileSync(path, "utf8");
  const complete = text.replace(
    /(\bfrom\s*")(\.\.?\/[^"]*?)(?:\.ts)?"/g,
    (_, before: string, target: string) => `${before}${target}.ts"`,
  );
  writeFileSync(path, complete);
}

function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Removes what was compiled from sources that are gone. */
function removeStale(): void {
  for (const path of filesBelow(DIST)) {
    const source = path.slice(DIST.length + 1).replace(COMPILED, ".ts");
    if (COMPILED.test(path) && !source.startsWith(".") && !existsSync(join(ROOT, source)))
      rmSync(path);
  }
}

try {
  mkdirSync(dirname(join(DIST, INMATE_TYPES)), { recursive: true });
  removeStale();
  declareInmates();
  // npm's own output is the name of the package's file.
  for (const line of buildImages(ROOT)) console.error(line);
} catch (error) {
  console.error(error instanceof InmateError ? error.message : String(error));
  process.exitCode = 1;
}
