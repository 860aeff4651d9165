// The hypervisor's images as guests load them: each is built when one of the things that it is made of has changed.

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
import { join, parse } from "node:path";
import { CORE } from "../core.ts";
import { ROOT } from "../root.ts";
import { buildImage, FIRMWARE } from "./image.ts";
import { CACHE } from "./kernel.ts";

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
 * The paths of all images, by the names that they have in /lib/firmware. Needs the modules in dist/ and the packages that build
 * images.
 * @throws InmateError when a program fails.
 */
export function firmware(say: (text: string) => void = () => {}): ReadonlyMap<string, string> {
  return new Map(FIRMWARE.map((image) => [image.name, built(image, say)]));
}

function built(
  { name, target, ...image }: (typeof FIRMWARE)[number],
  say: (text: string) => void,
): string {
  const platform = join(ROOT, "dist", image.platform);
  const hash = createHash("sha256");
  for (const path of [CORE, platform, ...SOURCES.flatMap(files)]) {
    hash.update(`${path}\0`).update(readFileSync(path));
  }
  const digest = hash.digest("hex").slice(0, 16);
  const product = join(CACHE, `${parse(name).name}-${digest}.bin`);
  if (existsSync(product)) return product;
  say(`Building the hypervisor's image, ${name} …`);
  const { bytes } = buildImage({ root: ROOT, core: CORE, platform, target });
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(`${product}.${process.pid}`, bytes);
  renameSync(`${product}.${process.pid}`, product);
  return product;
}
