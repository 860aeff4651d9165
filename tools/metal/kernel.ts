// The guest's kernel: Debian's own, unpacked and not installed, of the version whose headers build the driver.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { headersVersion, MissingPackages } from "./packages.ts";

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
}

function kernelBelow(root: string, version: string): Kernel | undefined {
  const image = join(root, "boot", `vmlinuz-${version}`);
  const modules = [join(root, "lib/modules", version), join(root, "usr/lib/modules", version)].find(
    (path) => existsSync(join(path, "kernel")),
  );
  if (!modules || !existsSync(image)) return undefined;
  return { version, image, modules, headers: join("/usr/src", `linux-headers-${version}`) };
}

/** Downloads the kernel's package and unpacks it. */
function unpack(version: string, target: string): void {
  const temporary = `${target}.${process.pid}`;
  mkdirSync(temporary, { recursive: true });
  try {
    const name = `linux-image-${version}`;
    execFileSync("apt-get", ["download", "-qq", name], {
      cwd: temporary,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const file = readdirSync(temporary).find((entry) => entry.endsWith(".deb"));
    if (!file) throw new Error(`apt-get downloaded no ${name}`);
    execFileSync("dpkg", ["-x", file, "root"], { cwd: temporary });
    mkdirSync(target, { recursive: true });
    renameSync(join(temporary, "root"), join(target, version));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
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
    unpack(version, cache);
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
