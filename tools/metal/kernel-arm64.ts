// Debian's kernel for Arm64 and a busybox, unpacked and not installed; the programs that build modules with its headers are those
// of the kernel headers that are installed here, so both have to be of the same Debian.

import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE, type Kernel } from "./kernel.ts";
import { ARM64_COMPILER_PREFIX, MissingPackages } from "./packages.ts";
import { type Source, unpackPackages } from "./unpack.ts";

const ARCHITECTURE = "arm64";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const RELEASE = "/etc/os-release";
const HEADERS = /^linux-headers-(\d.*-arm64)/;
/** Where the headers look for programs, and where they are. */
const KBUILD = /^linux-kbuild-/;
const LIBRARIES = "usr/lib";

/** What a guest on Arm64 is made of. */
export interface Arm64Parts {
  readonly kernel: Kernel;
  /** Absolute path of the program. */
  readonly busybox: string;
}

function source(): Source {
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync(RELEASE, "utf8"))?.[1];
  const options = `arch=${ARCHITECTURE} signed-by=${KEYRING}`;
  return {
    line: `deb [${options}] http://deb.debian.org/debian ${suite} main\n`,
    architecture: ARCHITECTURE,
  };
}

/** The newest kernel with its headers, and busybox. */
function packages(depends: (name: string) => string[]): string[] {
  const [headers = ""] = depends(`linux-headers-arm64:${ARCHITECTURE}`);
  const version = HEADERS.exec(headers)?.[1];
  if (!version) throw new Error(`linux-headers-arm64 depends on "${headers}"`);
  const common = version.replace(/-arm64$/, "-common");
  const foreign = [`linux-image-${version}`, `linux-headers-${version}`, "busybox-static"];
  return [...foreign.map((name) => `${name}:${ARCHITECTURE}`), `linux-headers-${common}`];
}

/** Makes unpacked headers usable where they are: they name each other by absolute paths, and programs that would be installed. */
function settle(root: string, version: string): void {
  const makefile = join(root, "usr/src", `linux-headers-${version}`, "Makefile");
  const text = readFileSync(makefile, "utf8");
  const sources = join(root, "usr/src");
  writeFileSync(makefile, text.replace(/^include .*\/usr\/src\//, `include ${sources}/`));
  for (const name of readdirSync(join("/", LIBRARIES)).filter((entry) => KBUILD.test(entry))) {
    const link = join(root, LIBRARIES, name);
    rmSync(link, { recursive: true, force: true });
    symlinkSync(join("/", LIBRARIES, name), link);
  }
}

function versionIn(root: string): string {
  const names = readdirSync(join(root, "usr/src"));
  const version = names.map((name) => HEADERS.exec(name)?.[1]).find((found) => found);
  if (!version) throw new Error("Debian's packages hold no kernel headers where they should be");
  return version;
}

/** The parts, from the cache or downloaded into it. Throws MissingPackages when they cannot be had. */
export function findArm64Parts(say: (text: string) => void = () => {}): Arm64Parts {
  const root = join(CACHE, "kernel-arm64");
  if (!existsSync(root)) {
    say("Downloading Debian's kernel for Arm64 …");
    try {
      unpackPackages(packages, root, source());
    } catch (error) {
      throw new MissingPackages(
        `Debian's kernel for Arm64 could not be had:\n${(error as Error).message}`,
      );
    }
  }
  const version = versionIn(root);
  settle(root, version);
  const kernel = {
    version,
    image: join(root, "boot", `vmlinuz-${version}`),
    modules: join(root, "lib/modules", version),
    headers: join(root, "usr/src", `linux-headers-${version}`),
    make: [`ARCH=${ARCHITECTURE}`, `CROSS_COMPILE=${ARM64_COMPILER_PREFIX}`],
  };
  return { kernel, busybox: join(root, "bin/busybox") };
}
