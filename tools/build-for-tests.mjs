// Vitest's global set-up: the tests run on the TypeScript sources, but need the WebAssembly modules.
import { buildModules } from "./build.mjs";

export default async function setup() {
  await buildModules({ quiet: true });
}
