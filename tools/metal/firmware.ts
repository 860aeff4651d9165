// The hypervisor's image as guests load it: built when one of the things that it is made of has changed.

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { CORE } from "../core.ts";
import { ROOT } from "../root.ts";
import { buildImage } from "./image.ts";
import { CACHE } from "./kernel.ts";

/** The platform's module. */
const PLATFORM = join(ROOT, "dist", "metal-amd.wasm");
/** What else is in an image, or decides how it is made. */
const SOURCES = ["abi", "platforms/metal", "tools/metal/image.ts", "tools/metal/translate.ts"];

function files(path: string): string[] {
  const whole = join(ROOT, path);
  if (statSync(whole).isFile()) return [whole];
  const names = readdirSync(whole, { recursive: true }) as string[];
  return names
    .sort()
    .map((name) => join(whole, name))
    .filter((name) => statSync(name).isFile());
}

/**
 * The image's path. Needs the modules in dist/ and the packages that build images.
 * @throws InmateError when a program fails.
 */
export function firmware(say: (text: string) => void = () => {}): string {
  const hash = createHash("sha256");
  for (const path of [CORE, PLATFORM, ...SOURCES.flatMap(files)]) {
    hash.update(`${path}\0`).update(readFileSync(path));
  }
  const product = join(CACHE, `jailhouse-amd-${hash.digest("hex").slice(0, 16)}.bin`);
  if (existsSync(product)) return product;
  say("Building the hypervisor's image …");
  const { bytes } = buildImage({ root: ROOT, core: CORE, platform: PLATFORM });
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(`${product}.${process.pid}`, bytes);
  renameSync(`${product}.${process.pid}`, product);
  return product;
}
