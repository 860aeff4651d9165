// Builds what is missing or stale in dist/: the WebAssembly modules (asc) and the JavaScript of all rooms (tsc).
// Plain JavaScript, because it runs before anything is built.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
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

/** Runs `action` unless the stamp of its last success equals `value`. Returns whether it ran. */
function whenStale(name, value, product, action) {
  const stamp = join(ROOT, "dist", `.${name}.stamp`);
  if (existsSync(product) && existsSync(stamp) && readFileSync(stamp, "utf8") === value)
    return false;
  action();
  writeFileSync(stamp, value);
  return true;
}

function runNode(args) {
  execFileSync(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", 2, 2],
  });
}

/** Compiles the WebAssembly modules that are stale; `only` names one. */
export function buildModules({ quiet = false, only } = {}) {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  for (const module of MODULES) {
    if (only && module.name !== only) continue;
    if (!existsSync(join(ROOT, module.entry))) continue;
    const product = join(ROOT, "dist", `${module.name}.wasm`);
    const used = [module.packsTexts && "tools/texts.mjs", module.architecture && "tools/asc.mjs"];
    const helpers = used.filter(Boolean).map((path) => readFileSync(join(ROOT, path), "utf8"));
    const value = digest(module.sources, ".ts", [module, COMMON_OPTIONS, ...helpers]);
    whenStale(module.name, value, product, () => {
      if (!quiet) console.error(`Compiling ${module.entry} to dist/${module.name}.wasm …`);
      const asc = module.architecture
        ? [join(ROOT, "tools/asc.mjs"), module.architecture]
        : [join(ROOT, "node_modules/assemblyscript/bin/asc.js")];
      runNode([...asc, module.entry, ...COMMON_OPTIONS, ...module.options, "-o", product]);
      if (module.packsTexts) writeFileSync(product, packTexts(readFileSync(product)));
    });
  }
}

/** Compiles the TypeScript rooms to dist/ if they are stale. */
export function buildTypeScript({ quiet = false } = {}) {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const value = digest(TYPESCRIPT, ".ts", readFileSync(join(ROOT, "tsconfig.json"), "utf8"));
  whenStale("typescript", value, join(ROOT, "dist", ".tsbuildinfo"), () => {
    if (!quiet) console.error("Compiling TypeScript to dist/ …");
    runNode([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json"]);
  });
}

/** Builds everything that `npm run demo` and the command need. */
export function build(options) {
  buildModules(options);
  buildTypeScript(options);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildModules({ only: process.argv[2] });
