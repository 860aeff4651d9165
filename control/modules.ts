// The WebAssembly modules of a machine, compiled once per process. In a browser, pass them to `startSession` instead.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Modules } from "../platforms/emulated/machine.ts";

let loaded: Modules | undefined;

/** The clone's root: the nearest directory above that has a package.json, from the sources as from dist/. */
function root(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "package.json"))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error("package.json was not found above control/");
    directory = parent;
  }
  return directory;
}

/** Where the built module is. */
export function modulePath(name: keyof Modules): string {
  return join(root(), "dist", `${name}.wasm`);
}

function compile(name: keyof Modules): WebAssembly.Module {
  const path = modulePath(name);
  if (!existsSync(path)) throw new Error(`${path} is missing; run npm run build`);
  return new WebAssembly.Module(readFileSync(path));
}

/** The built modules of dist/. Throws when they are not built. */
export function loadModules(): Modules {
  loaded ??= { cpu: compile("cpu"), hypervisor: compile("hypervisor") };
  return loaded;
}
