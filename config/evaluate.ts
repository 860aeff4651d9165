// Runs a configuration that is a module: TypeScript or JavaScript, with this room for it to import.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { TransformOptions } from "jiti";
import { ConfigError } from "./errors.ts";
import { instrument, listen } from "./instrument.ts";
import { runLinked } from "./link.ts";
import { noteModule } from "./thrown.ts";
import { translated } from "./translations.ts";

/** Under these names a configuration anywhere can import this room; the second is that of earlier releases. */
const MODULE_NAMES = ["jailhouse-ts/config", "jailhouse/config"] as const;
const [MODULE_NAME] = MODULE_NAMES;
/** Where this room's entry is: beside this file, and, seen from dist/, in the sources. */
const ROOM = ["./index.ts", "./index.js", "../../config/index.ts"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const RELATIVE_IMPORT = /(\bfrom\s*)(["'])(\.\.?\/[^"'\n]*)\2/g;

/** Runs the module at `path`, which has the text `source`; messages call it `shown`. Returns its default export. */
export async function evaluate(path: string, shown: string, source: string): Promise<unknown> {
  const room = { module: await import("./index.ts"), isMeant: isThisRoom };
  const module =
    (await runLinked({ path, name: shown, source }, room)) ?? (await runTranslated(path, shown));
  if (module.default !== undefined) return module.default;
  throw new ConfigError("source", "it has no default export", {
    hint: "write `export default defineCell({ … })`",
  });
}

const isThisRoom = (specifier: string, importer: string): boolean =>
  (MODULE_NAMES as readonly string[]).includes(specifier) ||
  (specifier.startsWith(".") && ROOM.includes(resolve(dirname(importer), specifier)));

/** Runs a module by the translator that knows everything, classes and enums included, but takes long to load. */
export async function runTranslated(path: string, shown: string): Promise<Record<string, unknown>> {
  const { createJiti } = await import("jiti");
  const plain = createJiti(path, { fsCache: false });
  const translate = (options: TransformOptions) => {
    const { filename = path } = options;
    const source = redirect(options.source, filename);
    const name = filename === path ? shown : filename;
    noteModule(filename, name);
    const facts = [filename, name, source, JSON.stringify(options.jsx ?? null)];
    const made = () =>
      plain.transform({ ...options, source, babel: { plugins: [instrument(name)] } });
    return { code: translated([...facts, `${options.ts} ${options.async}`], made) };
  };
  listen();
  const room = await import("./index.ts");
  const jiti = createJiti(path, {
    fsCache: false,
    interopDefault: false,
    moduleCache: false,
    virtualModules: Object.fromEntries(MODULE_NAMES.map((name) => [name, room])),
    transform: translate,
  });
  return jiti.import<Record<string, unknown>>(path);
}

/** Makes imports of this room's source imports of the room as it runs: it need not be translated once more. */
function redirect(source: string, filename = ""): string {
  return source.replace(RELATIVE_IMPORT, (all, before: string, quote: string, target: string) => {
    return isThisRoom(target, filename) ? `${before}${quote}${MODULE_NAME}${quote}` : all;
  });
}
