// QEMU 10 from Debian's backports: unpacked into the cache and not installed, beside the QEMU of Debian 12. The system's package
// sources stay as they are.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "../kernel.ts";
import { MissingPackages } from "../packages.ts";
import { unpackPackages } from "../unpack.ts";

const SUITE = "bookworm-backports";
const SOURCE = `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian ${SUITE} main\n`;
/** The program; its option ROMs; the firmware. What else it needs is that of the installed QEMU. */
const NAMES = ["qemu-system-x86", "qemu-system-data", "seabios"];
const PROGRAM = "usr/bin/qemu-system-x86_64";
/** Where it looks for files: its own, and the network card's option ROM. */
const FILES = ["usr/share/qemu", "usr/share/seabios"];
const INSTALLED_FILES = "/usr/share/qemu";

/** The unpacked program and the arguments by which it finds its files. Throws MissingPackages. */
export function findQemu10(say: (text: string) => void = () => {}): readonly string[] {
  const root = join(CACHE, "qemu10");
  if (!existsSync(join(root, PROGRAM))) {
    say(`Downloading QEMU 10 from ${SUITE} …`);
    try {
      unpackPackages(
        NAMES.map((name) => `${name}/${SUITE}`),
        root,
        { line: SOURCE },
      );
    } catch (error) {
      throw new MissingPackages(
        `QEMU 10 could not be had from Debian's ${SUITE}, which is for Debian 12:\n${(error as Error).message}`,
      );
    }
  }
  const files = [...FILES.map((path) => join(root, path)), INSTALLED_FILES];
  return [join(root, PROGRAM), ...files.flatMap((path) => ["-L", path])];
}
