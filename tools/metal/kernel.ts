// The guest's kernel: Debian's own, unpacked and not installed, of the version whose headers build the driver.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { unpackKernel } from "./beds/bochs/vmlinux.ts";
import { headersVersion, MissingPackages } from "./packages.ts";
import { unpackPackages } from "./unpack.ts";

/** Where everything that the metal commands build is kept between runs. */
export const CACHE = join(ROOT, "dist", "metal");

/** A kernel and its modules. */
export interface Kernel {
  /** As `uname -r` says it. */
  readonly version: string;
  /** Absolute path of the bzImage. */
  readonly image: string;
  /** Absolute path of the directory with kernel/, as /lib/modules/VERSION. */
  readonly modules: string;
  /** Absolute path of the directory that modules are built with. */
  readonly headers: string;
  /** What make has to be told for another architecture than this computer's. */
  readonly make?: readonly string[];
}

function kernelBelow(root: string, version: string): Kernel | undefined {
  const image = join(root, "boot", `vmlinuz-${version}`);
  const modules = [join(root, "lib/modules", version), join(root, "usr/lib/modules", version)].find(
    (path) => existsSync(join(path, "kernel")),
  );
  if (!modules || !existsSync(image)) return undefined;
  return { version, image, modules, headers: join("/usr/src", `linux-headers-${version}`) };
}

/**
 * The kernel that fits the installed headers: the system's own, the one in the cache, or, downloaded into the cache, that
 * of Debian's package. Throws MissingPackages when there are no headers or no such package.
 */
export function findKernel(say: (text: string) => void = () => {}): Kernel {
  const version = headersVersion();
  if (!version)
    throw new MissingPackages("Missing Debian package: linux-headers-amd64 (the driver)");
  const cache = join(CACHE, "kernel");
  const found = kernelBelow("/", version) ?? kernelBelow(join(cache, version), version);
  if (found) return found;
  say(`Downloading Debian's kernel ${version} …`);
  try {
    unpackPackages([`linux-image-${version}`], join(cache, version));
  } catch (error) {
    throw new MissingPackages(
      `Missing Debian package: linux-image-${version}; apt-get could not download it ` +
        `(apt-get update may help, or newer linux-headers-amd64):\n${(error as Error).message}`,
    );
  }
  const unpacked = kernelBelow(join(cache, version), version);
  if (!unpacked) throw new Error(`linux-image-${version} holds no kernel where it should be`);
  return unpacked;
}

/**
 * Path of the same kernel's vmlinux, unpacked once, which an emulated machine would take ten seconds for; of the bzImage where it cannot be
 * unpacked. Throws MissingPackages.
 */
export function unpackedKernel(say?: (text: string) => void): string {
  const { image, version } = findKernel(say);
  return unpackedImage(image, version);
}

/** The same of any bzImage, kept by its version. */
export function unpackedImage(image: string, version: string): string {
  const unpacked = join(CACHE, `vmlinux-${version}`);
  if (existsSync(unpacked)) return unpacked;
  try {
    const data = unpackKernel(readFileSync(image));
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(`${unpacked}.${process.pid}`, data);
    renameSync(`${unpacked}.${process.pid}`, unpacked);
    return unpacked;
  } catch {
    return image;
  }
}
