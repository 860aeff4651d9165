// The compiler for an architecture: `node tools/asc.mjs ARCHITECTURE[/VENDOR]` and asc's arguments. The tree names x86 where neutral files
// import what differs; for another architecture such an import means the file of the same name in that one's folder.
// Plain JavaScript, because it runs before anything is built.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { main } from "assemblyscript/asc";

/** What neutral files import, and the folders of the architectures themselves. */
const DEFAULT = "x86";
/** An import of `./x86/…`: only a room's own folder, not the numbers in abi/. */
const IMPORT = new RegExp(`(from "\\./)${DEFAULT}/`, "g");

/** The vendor that files which vendors share import, and such an import. */
const DEFAULT_VENDOR = "amd";
const VENDOR_IMPORT = new RegExp(`(from "\\./)${DEFAULT_VENDOR}/`, "g");

/**
 * The text of a source for `architecture`, of x86 for a `vendor` of processors. Files in an architecture's or a vendor's own
 * folder stay as they are.
 */
export function sourceFor(architecture, path, text, vendor = DEFAULT_VENDOR) {
  const folders = path.split("/");
  const chosen = folders.includes(DEFAULT_VENDOR)
    ? text
    : text.replace(VENDOR_IMPORT, `$1${vendor}/`);
  if (architecture === DEFAULT || folders.includes(DEFAULT)) return chosen;
  return chosen.replace(IMPORT, `$1${architecture}/`);
}

/** `export * from "FILE.ts"`: the compiler adds the suffix itself, other than where a file is imported. */
const RE_EXPORT = /^(export \* from "[^"]+)\.ts"/gm;

/** asc's readFile. */
function reader(target) {
  const [architecture, vendor] = target.split("/");
  return (name, directory) => {
    try {
      const text = readFileSync(join(directory, name), "utf8").replace(RE_EXPORT, '$1"');
      return sourceFor(architecture, name, text, vendor);
    } catch {
      return null;
    }
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [target, ...args] = process.argv.slice(2);
  const { stdout, stderr } = process;
  const { error } = await main(args, { stdout, stderr, readFile: reader(target) });
  if (error) process.exitCode = 1;
}
