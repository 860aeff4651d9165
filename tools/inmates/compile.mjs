// asc for inmates: `compile.mjs DIRECTORY ASC-ARGUMENTS…`, called in the root of the clone or of the package. Sources can
// import the library by the package's name, and complaints have paths that start at DIRECTORY. A process of its own,
// in plain JavaScript, because asc ends its process when it crashes.
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { main } from "assemblyscript/asc";

/** What an inmate imports, and the file that this is, below the root. */
const NAMES = ["jailhouse-ts/inmate", "jailhouse/inmate"];
const LIBRARY = "inmates/index";
const IMPORT = new RegExp(`(\\bfrom\\s*)(["'])(?:${NAMES.join("|")})\\2`, "g");

const root = process.cwd();
const [directory = root, ...args] = process.argv.slice(2);
const shown = new Map();

/** Relative, with slashes, as asc wants it. */
function specifier(from, to) {
  const path = relative(from, to).replaceAll("\\", "/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** The text of a file, in which imports of the package are those of the library's file. */
async function read(name, base) {
  const path = resolve(base, name);
  try {
    const text = await readFile(path, "utf8");
    if (!isAbsolute(name)) shown.set(name, relative(directory, path));
    const library = specifier(dirname(path), join(root, LIBRARY));
    return text.replace(IMPORT, (_, before, quote) => {
      shown.set(library, NAMES[0]);
      return `${before}${quote}${library}${quote}`;
    });
  } catch {
    return null;
  }
}

/** Says in the user's terms where something is; the longest paths first, since one may end as another. */
function inTheirTerms(text) {
  const paths = [...shown].sort(([a], [b]) => b.length - a.length);
  return paths.reduce((all, [from, to]) => all.replaceAll(from, () => to), text);
}

const said = { write: (text) => void complaints.push(String(text)) };
const complaints = [];
const { error } = await main(args, { readFile: read, stdout: said, stderr: said });
if (error) {
  const text = inTheirTerms(complaints.join(""));
  // asc colours what it says wherever CI is set; problem matchers there read plain text.
  process.stderr.write(process.stderr.isTTY ? text : stripVTControlCharacters(text));
  process.exitCode = 1;
}
