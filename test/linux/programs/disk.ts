// A disk with Debian's programs: unpacked packages, the Node that runs this, our command, and a file to be read. Kept in the cache.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CACHE } from "../../../tools/metal/kernel.ts";
import { busybox } from "../../../tools/metal/packages.ts";
import { unpackPackages } from "../../../tools/metal/unpack.ts";
import { ROOT } from "../../../tools/root.ts";
import { MATERIAL } from "./material.ts";

const PACKAGES = [
  ...["libc6", "libc6-dev", "linux-libc-dev", "tcc", "openssl", "libssl3"],
  ...["libstdc++6", "libgcc-s1", "zlib1g"],
];
/** Of our package: what its command loads. */
const COMMAND = ["package.json", "bin", "dist/cli", "dist/control", "dist/config", "dist/abi"];
const DEPENDENCIES = ["commander", "vscode-jsonrpc", "jiti"];
const SIZE = "448M";

function fill(directory: string): void {
  const copy = (from: string, to: string) => {
    mkdirSync(dirname(join(directory, to)), { recursive: true });
    copyFileSync(from, join(directory, to));
  };
  copy(busybox(), "bin/busybox");
  copy(process.execPath, "usr/bin/node");
  for (const name of COMMAND)
    cpSync(join(ROOT, name), join(directory, "opt/jailhouse", name), { recursive: true });
  for (const name of DEPENDENCIES) {
    const path = join("node_modules", name);
    cpSync(join(ROOT, path), join(directory, "opt/jailhouse", path), { recursive: true });
  }
  for (const name of ["proc", "sys", "dev", "tmp", "root"])
    mkdirSync(join(directory, name), { recursive: true });
  for (const [name, data] of MATERIAL) {
    mkdirSync(dirname(join(directory, "root", name)), { recursive: true });
    writeFileSync(join(directory, "root", name), data);
  }
}

/** What the image is made of, as far as it changes: a new one is made for another. */
function identity(): string {
  const hash = createHash("sha256").update(JSON.stringify([PACKAGES, SIZE, process.version]));
  hash.update(readFileSync(join(ROOT, "dist/cli/main.js")));
  for (const [name, data] of MATERIAL) hash.update(name).update(data);
  return hash.digest("hex").slice(0, 16);
}

/** Path of the image: an ext4 file system. Throws what apt-get, dpkg or mke2fs complained about. */
export function programsDisk(): string {
  const image = join(CACHE, `programs-${identity()}.img`);
  if (existsSync(image)) return image;
  const root = join(CACHE, "programs");
  if (!existsSync(root)) unpackPackages(PACKAGES, root);
  const staging = mkdtempSync(join(tmpdir(), "programs-"));
  try {
    cpSync(root, staging, { recursive: true, verbatimSymlinks: true });
    fill(staging);
    const half = `${image}.${process.pid}`;
    execFileSync("mke2fs", ["-q", "-F", "-t", "ext4", "-d", staging, half, SIZE]);
    renameSync(half, image);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return image;
}
