// Builds what is missing or stale in dist/: the WebAssembly modules (asc) and the JavaScript of all rooms (tsc).
// Plain JavaScript, because it runs before anything is built.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { quietly, step } from "./progress.mjs";
import { packTexts } from "./texts.mjs";

/** The clone's root directory. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The WebAssembly modules. `--memoryBase` is where a module's own data starts in the memory that it imports: below it
 * nothing is placed, so that address 0 is never data. `packsTexts`: its texts are stored by texts.mjs. `architecture`: for
 * which one, and for which vendor of its processors, asc.mjs chooses the files.
 */
export const MODULES = [
  {
    name: "hypervisor",
    entry: "hypervisor/index.ts",
    sources: ["abi", "hypervisor"],
    options: ["--memoryBase", "4096", "-Osize", "--converge"],
    packsTexts: true,
  },
  {
    name: "hypervisor-arm64",
    entry: "hypervisor/arm64/index.ts",
    architecture: "arm64",
    sources: ["abi", "hypervisor"],
    options: ["--memoryBase", "4096", "-Osize", "--converge"],
    packsTexts: true,
  },
  {
    name: "cpu",
    entry: "machine/cpu/index.ts",
    sources: ["abi", "machine/cpu"],
    options: [
      "--memoryBase",
      "4096",
      "-O3",
      "--converge",
      "--enable",
      "simd",
      "--disableWarning",
      "112",
    ],
  },
  {
    name: "conformance",
    entry: "platforms/conformance/index.ts",
    sources: ["abi", "hypervisor", "platforms/conformance"],
    options: ["--memoryBase", "4096", "-Osize"],
  },
  {
    name: "metal-amd",
    entry: "platforms/metal/x86/index.ts",
    architecture: "x86/amd",
    sources: ["abi", "hypervisor", "platforms/metal"],
    options: ["--memoryBase", "4096", "-Osize", "--converge"],
  },
  {
    name: "metal-intel",
    entry: "platforms/metal/x86/index.ts",
    architecture: "x86/intel",
    sources: ["abi", "hypervisor", "platforms/metal"],
    options: ["--memoryBase", "4096", "-Osize", "--converge"],
  },
  {
    name: "metal-arm64",
    entry: "platforms/metal/arm64/index.ts",
    architecture: "arm64",
    sources: ["abi", "hypervisor", "platforms/metal"],
    options: ["--memoryBase", "4096", "-Osize", "--converge"],
  },
];

/** What every module is compiled with: no runtime, no abort, memory and its size from outside. */
export const COMMON_OPTIONS = [
  ...["--runtime", "stub", "--use", "abort=", "--noAssert"],
  ...["--importMemory", "--noExportMemory", "--zeroFilledMemory"],
];

/** Node's arguments that compile a module from the root, but for where to. */
export function compileArgs({ architecture, entry, options }) {
  const compiler = architecture
    ? [join(ROOT, "tools/asc.mjs"), architecture]
    : [join(ROOT, "node_modules/assemblyscript/bin/asc.js")];
  return [...compiler, entry, ...COMMON_OPTIONS, ...options];
}

/** The TypeScript rooms, for staleness; tsconfig.json decides what is compiled. */
const TYPESCRIPT = [
  "abi",
  "bench",
  "cli",
  "config",
  "configs",
  "control",
  "machine",
  "platforms",
  "test",
  "tools",
];

function filesBelow(directory, suffix) {
  const top = join(ROOT, directory);
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true })
    .map((path) => join(directory, path))
    .filter((path) => path.endsWith(suffix));
}

/** A digest of all files with this suffix below the directories, names and contents. */
function digest(directories, suffix, extra) {
  const hash = createHash("sha256").update(JSON.stringify(extra));
  const paths = directories.flatMap((directory) => filesBelow(directory, suffix)).sort();
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(join(ROOT, path)));
  return hash.digest("hex");
}

/**
 * What has to be built to have one product: undefined if the stamp of its last success equals `value`.
 * `make` builds it.
 */
function unlessFresh(name, value, product, make) {
  const stamp = join(ROOT, "dist", `.${name}.stamp`);
  if (existsSync(product) && existsSync(stamp) && readFileSync(stamp, "utf8") === value) return [];
  const action = async () => {
    await make();
    writeFileSync(stamp, value);
  };
  return [{ name, action }];
}

const runNode = (args) => quietly(process.execPath, args, { cwd: ROOT });

/** The WebAssembly modules that are stale; `only` names one. */
function staleModules(only) {
  return MODULES.flatMap((module) => {
    if (only && module.name !== only) return [];
    if (!existsSync(join(ROOT, module.entry))) return [];
    const product = join(ROOT, "dist", `${module.name}.wasm`);
    const used = [module.packsTexts && "tools/texts.mjs", module.architecture && "tools/asc.mjs"];
    const helpers = used.filter(Boolean).map((path) => readFileSync(join(ROOT, path), "utf8"));
    const value = digest(module.sources, ".ts", [module, COMMON_OPTIONS, ...helpers]);
    return unlessFresh(module.name, value, product, async () => {
      await runNode([...compileArgs(module), "-o", product]);
      if (module.packsTexts) writeFileSync(product, packTexts(readFileSync(product)));
    });
  });
}

/** The TypeScript rooms, compiled to dist/, if they are stale. */
function staleTypeScript() {
  const value = digest(TYPESCRIPT, ".ts", readFileSync(join(ROOT, "tsconfig.json"), "utf8"));
  const tsc = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json"];
  const product = join(ROOT, "dist", ".tsbuildinfo");
  return unlessFresh("typescript", value, product, () => runNode(tsc));
}

/** Builds one after the other. Rejects at the first that fails, after it was shown why. */
async function buildAll(stale, { quiet }) {
  for (const [index, { name, action }] of stale.entries())
    await step(`building ${name} (${index + 1} of ${stale.length})`, action, { quiet });
}

/** Compiles the WebAssembly modules that are stale; `only` names one. */
export async function buildModules({ quiet = false, only } = {}) {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  await buildAll(staleModules(only), { quiet });
}

/** Builds everything that `npm run demo` and the command need. */
export async function build({ quiet = false } = {}) {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  await buildAll([...staleModules(), ...staleTypeScript()], { quiet });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await buildModules({ only: process.argv[2] });
