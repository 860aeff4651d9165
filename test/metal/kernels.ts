// Debian 12's other kernels: those of its backports, and the real-time ones. Unpacked into the cache with their headers and not
// installed.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE, type Kernel } from "../../tools/metal/kernel.ts";
import { BACKPORTS, type Release } from "../../tools/metal/releases.ts";
import { unpackPackages } from "../../tools/metal/unpack.ts";

const HEADERS = /^linux-headers-(\d.*-amd64)$/;

/** The kernel, its headers, and the programs that build modules with them. */
function packagesOf(newest: string, depends: (name: string) => string[]): string[] {
  const headers = depends(newest).find((name) => HEADERS.test(name));
  if (!headers) throw new Error(`${newest} depends on no headers`);
  const others = depends(headers).filter((name) => /^linux-(headers|kbuild)-/.test(name));
  return [headers, headers.replace("headers", "image"), ...others];
}

/** Unpacked headers name each other by absolute paths. */
function settle(root: string, version: string): void {
  const makefile = join(root, "usr/src", `linux-headers-${version}`, "Makefile");
  const text = readFileSync(makefile, "utf8");
  const sources = join(root, "usr/src");
  writeFileSync(makefile, text.replace(/^include .*\/usr\/src\//, `include ${sources}/`));
}

/** The kernel, from the cache or downloaded into it. Throws what apt-get complained about. */
export function findOtherKernel({ name, flavour, isBackport }: Release): Kernel {
  const newest = `linux-headers-${flavour}`;
  const root = join(CACHE, `kernel-${name}`);
  const source = isBackport ? { line: BACKPORTS } : undefined;
  if (!existsSync(root)) unpackPackages((depends) => packagesOf(newest, depends), root, source);
  const names = readdirSync(join(root, "usr/src"));
  const version = names.map((each) => HEADERS.exec(each)?.[1]).find((found) => found);
  if (!version) throw new Error(`${root} holds no headers`);
  settle(root, version);
  const modules = ["lib/modules", "usr/lib/modules"].map((path) => join(root, path, version));
  return {
    version,
    image: join(root, "boot", `vmlinuz-${version}`),
    modules: modules.find((path) => existsSync(join(path, "kernel")))!,
    headers: join(root, "usr/src", `linux-headers-${version}`),
  };
}
