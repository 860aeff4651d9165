// The WebAssembly modules of a machine, compiled once per process. In a browser, pass them to `startSession` instead.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../config/shipped.ts";
import type { Modules } from "../platforms/emulated/machine.ts";

let loaded: Modules | undefined;

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
