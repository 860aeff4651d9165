// Debian 12's kernels by short names: stable's and its backports', real-time ones too. Unpacked into the cache and not installed.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CACHE, findKernel } from "./kernel.ts";
import { MissingPackages } from "./packages.ts";
import { unpackPackages } from "./unpack.ts";

/** Where backports come from, in a sources.list. */
export const BACKPORTS =
  "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-backports main\n";

/** A kernel by what it is called here. */
export interface Release {
  readonly name: string;
  /** The end of the names of its packages: linux-image-… names the newest one. */
  readonly flavour: "amd64" | "rt-amd64";
  readonly isBackport: boolean;
}

/** The kernel that fits the installed headers (kernel.ts). */
export const STABLE = "6.1";

/** All others. */
export const RELEASES: readonly Release[] = [
  { name: "6.1-rt", flavour: "rt-amd64", isBackport: false },
  { name: "6.12", flavour: "amd64", isBackport: true },
  { name: "6.12-rt", flavour: "rt-amd64", isBackport: true },
];

const IMAGE = /^vmlinuz-/;

function imageBelow(root: string): string | undefined {
  const boot = join(root, "boot");
  const name = existsSync(boot) ? readdirSync(boot).find((file) => IMAGE.test(file)) : undefined;
  return name && join(boot, name);
}

/**
 * Path of a release's bzImage: from the cache, or downloaded into it. Throws MissingPackages for a name that is none, and with apt-get's
 * reason when it cannot be had.
 */
export function findRelease(name: string, say: (text: string) => void = () => {}): string {
  if (name === STABLE) return findKernel(say).image;
  const release = RELEASES.find((one) => one.name === name);
  if (!release) {
    const names = [STABLE, ...RELEASES.map((one) => one.name)].join(", ");
    throw new MissingPackages(`There is no release ${name}: ${names}, or --kernel FILE.`);
  }
  const root = join(CACHE, `image-${name}`);
  const found = imageBelow(root);
  if (found) return found;
  const { flavour, isBackport } = release;
  const newest = `linux-image-${flavour}`;
  const where = isBackport ? "bookworm-backports" : "the system's package sources";
  say(`Downloading Debian's ${newest} from ${where} …`);
  const imageOf = (depends: (name: string) => string[]) => {
    const image = depends(newest).find((one) => /^linux-image-\d/.test(one));
    if (!image) throw new Error(`${newest} depends on no image`);
    return [image];
  };
  try {
    unpackPackages(imageOf, root, isBackport ? { line: BACKPORTS } : undefined);
  } catch (error) {
    throw new MissingPackages(`${newest} cannot be had: ${(error as Error).message}`);
  }
  return imageBelow(root)!;
}
