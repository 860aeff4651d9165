// The guest's disk: a file system with room to write and, unless the command runs outside, Node and the libraries it was
// linked with.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { CACHE } from "./kernel.ts";
import { busybox, findProgram } from "./packages.ts";

/** A disk image and what the guest must find where. */
export interface Disk {
  /** Absolute path of the raw image; it is never written to. */
  readonly image: string;
  /** Modules of its file system. */
  readonly modules: readonly string[];
  /** Absolute paths in the guest that must lead to the same path below the disk's mount point. */
  readonly paths: readonly string[];
}

/** Bytes for the guest's own files, and for the file system. */
const ROOM = 192 << 20;
const MIB = 1 << 20;
/** A line of ldd: `NAME => PATH (ADDRESS)` or `PATH (ADDRESS)`. */
const LIBRARY = /^\s*(?:\S+ => )?(\/\S+) \(0x/;

/** The shared libraries of a program, its loader included. Throws when ldd cannot tell. */
function libraries(program: string): string[] {
  const text = execFileSync("ldd", [program], { encoding: "utf8" });
  return text
    .split("\n")
    .map((line) => LIBRARY.exec(line)?.[1])
    .filter((path) => path !== undefined);
}

const NODE_MODULES = ["crc32c_generic", "ext4"];
/** A tenth of ext4's code: a slow emulator takes long enough to insert that. */
const EMPTY_MODULES = ["vfat", "nls_cp437", "nls_ascii"];
const EMPTY_SIZE = 32 << 20;

/** With the digest of what is in it in its name; made unless it is there. */
function cached(identity: unknown, say: (text: string) => void, make: (path: string) => void) {
  const digest = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
  const image = join(CACHE, `disk-${digest.slice(0, 16)}.img`);
  if (!existsSync(image)) {
    say("Making the guest's disk …");
    mkdirSync(CACHE, { recursive: true });
    make(image);
  }
  return image;
}

function buildEmpty(image: string): void {
  const staging = `${image}.${process.pid}`;
  try {
    writeFileSync(staging, "");
    truncateSync(staging, EMPTY_SIZE);
    execFileSync(busybox(), ["mkdosfs", staging], { stdio: "pipe" });
    renameSync(staging, image);
  } finally {
    rmSync(staging, { force: true });
  }
}

function build(image: string, files: readonly string[]): void {
  const staging = `${image}.${process.pid}`;
  try {
    mkdirSync(staging, { recursive: true });
    for (const path of files) {
      mkdirSync(dirname(join(staging, path)), { recursive: true });
      copyFileSync(realpathSync(path), join(staging, path));
    }
    const size = files.reduce((sum, path) => sum + statSync(path).size, ROOM);
    const mkfs = findProgram("mkfs.ext4") ?? "mkfs.ext4";
    const blocks = `${Math.ceil(size / MIB)}M`;
    execFileSync(mkfs, ["-q", "-F", "-L", "jailhouse", "-d", staging, `${staging}.img`, blocks]);
    renameSync(`${staging}.img`, image);
  } finally {
    rmSync(staging, { recursive: true, force: true });
    rmSync(`${staging}.img`, { force: true });
  }
}

/** The disk with the Node that runs this. Built once for each Node; the image is kept in the cache. */
export function nodeDisk(say: (text: string) => void = () => {}): Disk {
  const paths = [process.execPath, ...libraries(process.execPath)];
  const identity = paths.map((path) => {
    const { size, mtimeMs } = statSync(path);
    return [path, size, mtimeMs];
  });
  const image = cached([identity, ROOM], say, (path) => build(path, paths));
  return { image, modules: NODE_MODULES, paths };
}

/** A disk with nothing on it. */
export function emptyDisk(say: (text: string) => void = () => {}): Disk {
  return { image: cached(EMPTY_SIZE, say, buildEmpty), modules: EMPTY_MODULES, paths: [] };
}
