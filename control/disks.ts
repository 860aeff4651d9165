// The files that disks are made of. They are only read, while the machine is there; nothing but a file that does not change will do.
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { EINVAL, EIO, EISDIR } from "../abi/errno.ts";
import type { DiskImage } from "../platforms/emulated/machine.ts";
import type { BootFile } from "./api.ts";
import { SystemError, toSystemError } from "./errors.ts";

const SECTOR = 512;
/** Bytes that are read at once for a digest. */
const PIECE = 1 << 20;

/** A disk in use. */
export interface OpenDisk extends DiskImage {
  close(): void;
}

function refuse(errno: number, hint: string): never {
  throw new SystemError(errno, { hint });
}

function checkSize(name: string, size: number): void {
  if (size === 0) refuse(EINVAL, `The disk ${name} is empty.`);
  if (size % SECTOR !== 0)
    refuse(
      EINVAL,
      `The disk ${name} has ${size} bytes: a raw image is a multiple of ${SECTOR}. qemu-img convert -O raw makes one of other formats.`,
    );
}

function checkFile(path: string, stats: Stats): void {
  if (stats.isDirectory())
    refuse(EISDIR, `The disk ${path} is a directory; mke2fs -d makes an image of one.`);
  if (!stats.isFile()) refuse(EINVAL, `The disk ${path} is no file.`);
  checkSize(path, stats.size);
}

/** Opens an image file. Throws SystemError, with the reason, for what is no raw image. */
function openFile(path: string): OpenDisk {
  let file: number;
  try {
    // A pipe without a writer would be waited for.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { errno, message } = toSystemError(cause);
    throw new SystemError(errno, { hint: `The disk ${path}: ${message}.`, cause });
  }
  try {
    const stats = fstatSync(file);
    checkFile(path, stats);
    return { size: stats.size, read: reader(path, file, stats), close: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Reads while the file is what it was at first. Throws EIO. */
function reader(path: string, file: number, first: Stats): DiskImage["read"] {
  return (offset, size) => {
    const bytes = new Uint8Array(size);
    const { mtimeMs, size: now } = fstatSync(file);
    const isSame = mtimeMs === first.mtimeMs && now === first.size;
    if (!isSame || readSync(file, bytes, 0, size, offset) < size)
      refuse(EIO, `The disk ${path} was changed while the machine used it.`);
    return bytes;
  };
}

function openBytes({ name, data }: BootFile): OpenDisk {
  checkSize(name, data.length);
  const read = (offset: number, size: number) => data.slice(offset, offset + size);
  return { size: data.length, read, close() {} };
}

/** Opens one disk: the path of a raw image, or its bytes. Throws SystemError, with the reason. */
export function openDisk(disk: string | BootFile): OpenDisk {
  return typeof disk === "string" ? openFile(disk) : openBytes(disk);
}

/** Opens all, or none. */
export function openDisks(disks: readonly (string | BootFile)[]): OpenDisk[] {
  const open: OpenDisk[] = [];
  try {
    for (const disk of disks) open.push(openDisk(disk));
  } catch (error) {
    for (const disk of open) disk.close();
    throw error;
  }
  return open;
}

/** What a disk's file is called, its size, and the SHA-256 of its contents, in hex: it is read as a whole. Throws as openDisk does. */
export function digestOf(path: string): { name: string; size: number; sha256: string } {
  const image = openFile(path);
  try {
    const hash = createHash("sha256");
    for (let at = 0; at < image.size; at += PIECE)
      hash.update(image.read(at, Math.min(PIECE, image.size - at)));
    return { name: path, size: image.size, sha256: hash.digest("hex") };
  } finally {
    image.close();
  }
}
