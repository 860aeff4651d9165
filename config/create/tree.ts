// What was collected of a machine: files by path, from a directory (the live machine's root is one) or from a tar file.
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export interface Tree {
  /** The content of a file, or undefined; `path` starts with a slash. */
  read(path: string): Uint8Array | undefined;
  /** Names in a directory, sorted; none when it does not exist. */
  list(path: string): string[];
}

/** A directory, "/" for this machine. */
export function directoryTree(root: string): Tree {
  const attempt = <Type>(action: () => Type): Type | undefined => {
    try {
      return action();
    } catch {
      return undefined;
    }
  };
  return {
    read: (path) => attempt(() => readFileSync(join(root, path))),
    list: (path) => attempt(() => readdirSync(join(root, path)))?.sort() ?? [],
  };
}

/** More than all that is collected of any machine, in bytes, packed or not. */
const ARCHIVE_MAX = 2 ** 26;
const CHUNK = 2 ** 16;
const BLOCK = 512;
const NAME_SIZE = 100;
const SIZE_AT = 124;
const SIZE_SIZE = 12;
const TYPE_AT = 156;
const PREFIX_AT = 345;
const PREFIX_SIZE = 155;
const MAGIC_AT = 257;
const MAGIC = "ustar";
const GZIP = [0x1f, 0x8b];

const textOf = (bytes: Uint8Array, at: number, size: number): string =>
  Buffer.from(bytes.subarray(at, at + size))
    .toString("latin1")
    .replace(/\0.*$/s, "");

function unpacked(archive: Uint8Array): Uint8Array {
  if (!GZIP.every((byte, index) => archive[index] === byte)) return archive;
  try {
    return gunzipSync(archive, { maxOutputLength: ARCHIVE_MAX });
  } catch (error) {
    throw new Error(`it is no tar file: ${(error as Error).message}`);
  }
}

/** Files by their paths. */
export function fileTree(files: ReadonlyMap<string, Uint8Array>): Tree {
  return {
    read: (path) => files.get(path),
    list(path) {
      const start = path.endsWith("/") ? path : `${path}/`;
      const names = [...files.keys()]
        .filter((file) => file.startsWith(start))
        .map((file) => file.slice(start.length).split("/")[0] as string);
      return [...new Set(names)].sort();
    },
  };
}

/** A tar file in the ustar format, perhaps compressed (POSIX.1, pax). Throws an Error for what is none. */
export function tarTree(archive: Uint8Array): Tree {
  const bytes = unpacked(archive);
  if (textOf(bytes, MAGIC_AT, MAGIC.length) !== MAGIC) throw new Error("it is no tar file");
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const prefix = textOf(bytes, at + PREFIX_AT, PREFIX_SIZE);
    const name = `${prefix && `${prefix}/`}${textOf(bytes, at, NAME_SIZE)}`;
    const size = Number.parseInt(textOf(bytes, at + SIZE_AT, SIZE_SIZE).trim() || "0", 8);
    const isFile = ["", "0"].includes(textOf(bytes, at + TYPE_AT, 1));
    if (isFile)
      files.set(`/${name.replace(/^\.?\//, "")}`, bytes.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return fileTree(files);
}

/** Reads a file, but not one without an end. */
function readArchive(path: string): Uint8Array {
  const chunks: Buffer[] = [];
  const file = openSync(path, "r");
  try {
    for (let size = 0; size <= ARCHIVE_MAX; ) {
      const chunk = Buffer.alloc(CHUNK);
      const length = readSync(file, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
      size += length;
    }
  } finally {
    closeSync(file);
  }
  throw new Error(`it has more than ${ARCHIVE_MAX >> 20} MiB`);
}

/** The tree at a path: a directory or a tar file. Throws what the file system throws. */
export function openTree(path: string): Tree {
  return statSync(path).isDirectory() ? directoryTree(path) : tarTree(readArchive(path));
}

/** The lines of a text file; none when it is absent. */
export function linesOf(tree: Tree, path: string): string[] {
  const bytes = tree.read(path);
  return bytes
    ? Buffer.from(bytes)
        .toString("latin1")
        .split("\n")
        .filter((line) => line !== "")
    : [];
}

/** The first line of a text file without blanks around it; empty when it is absent. */
export const firstLine = (tree: Tree, path: string): string => linesOf(tree, path)[0]?.trim() ?? "";

/** Whether cells had parts of the machine when it was looked at. */
export const isEnabled = (tree: Tree): boolean =>
  firstLine(tree, "/sys/devices/jailhouse/enabled") === "1";
