// `npm run release -- --dry-run`: makes in dist/release/ what a release consists of: the package, a list of all that it depends
// on (CycloneDX, by npm), the notes, and checksums. Without --dry-run it also sets the tag, on a clean commit whose changelog
// has the version with a date; nothing is published or pushed.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { notesOf, readiness } from "./release/changelog.ts";
import { withoutDevelopment } from "./release/dependencies.ts";
import { ROOT } from "./root.ts";

const OUTPUT = join(ROOT, "dist", "release");
/** Parts of the package whose digests can be compared with what the hypervisor prints, and with a build of one's own. */
const PARTS = ["dist/hypervisor.wasm", "dist/jailhouse-amd.bin"];
const MAX_OUTPUT = 64 << 20;

const sha256 = (path: string): string =>
  createHash("sha256").update(readFileSync(path)).digest("hex");

function run(command: string, args: readonly string[], cwd = ROOT): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", maxBuffer: MAX_OUTPUT });
}

/**
 * What the package depends on, by npm, of a project that has no development dependencies: npm would leave out what
 * one of these depends on, too. npm names the whole after its directory.
 */
function sbom(name: string): string {
  const top = mkdtempSync(join(tmpdir(), "release-"));
  const directory = join(top, name);
  try {
    mkdirSync(directory);
    for (const file of ["package.json", "package-lock.json"]) {
      const text = readFileSync(join(ROOT, file), "utf8");
      writeFileSync(join(directory, file), JSON.stringify(withoutDevelopment(JSON.parse(text))));
    }
    const format = ["--sbom-format", "cyclonedx", "--sbom-type", "application"];
    const list = run("npm", ["sbom", "--package-lock-only", ...format], directory);
    needDependencies(list);
    return list;
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

/** Throws unless all that package.json names is in the list. */
function needDependencies(list: string): void {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(ROOT, "package.json"), "utf8"),
  );
  const listed = JSON.parse(list).components.map((one: { "bom-ref": string }) => one["bom-ref"]);
  const missing = Object.entries({ ...dependencies, ...optionalDependencies })
    .map(([name, version]) => `${name}@${version}`)
    .filter((reference) => !listed.includes(reference));
  if (missing.length > 0) throw new Error(`npm sbom leaves out ${missing.join(", ")}`);
}

/** Makes all files of the release; their names. */
function makeFiles(name: string, version: string, changelog: string): string[] {
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  const write = (file: string, text: string) => writeFileSync(join(OUTPUT, file), text);
  run("npm", ["pack", "--silent", "--pack-destination", OUTPUT]);
  write(`${name}-${version}.cdx.json`, sbom(name));
  const digests = PARTS.map((path) => `    ${sha256(join(ROOT, path))}  ${path}\n`).join("");
  write("NOTES.md", `${notesOf(changelog, version)}\n\nIn the package, by sha256:\n\n${digests}`);
  const files = readdirSync(OUTPUT).sort();
  const sums = files.map((file) => `${sha256(join(OUTPUT, file))}  ${file}\n`);
  write("SHA256SUMS", sums.join(""));
  return [...files, "SHA256SUMS"];
}

function main(): void {
  const { values } = parseArgs({ options: { "dry-run": { type: "boolean" } } });
  const { name, version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
  const tag = `v${version}`;
  const faults = readiness(changelog, version, {
    changes: run("git", ["status", "--porcelain"]).trim(),
    tags: run("git", ["tag"]).split("\n"),
  });
  const isDry = values["dry-run"] === true;
  if (!isDry && faults.length > 0) throw new Error(faults.join("\n"));
  for (const file of makeFiles(name, version, changelog)) console.log(`dist/release/${file}`);
  for (const fault of faults) console.log(`before a release: ${fault}`);
  if (isDry) return;
  run("git", ["tag", "-a", tag, "-F", join(OUTPUT, "NOTES.md")]);
  console.log(`${tag} is set; git push origin ${tag} publishes it`);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
