// A machine's options in the first line of a record. A file that was read from somewhere stands there by its place, its size and its
// hash, any other one with its contents.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { EINVAL, ENOENT } from "../../abi/errno.ts";
import type { BootFile, Kernel, MachineOptions } from "../api.ts";
import { digestOf } from "../disks.ts";
import { SystemError, toSystemError } from "../errors.ts";
import { decodeBytes, encodeBytes, Fields } from "../protocol.ts";

/** A file in a record; it has a path or data. */
interface RecordedFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
  readonly path?: string;
  /** Compressed (gzip), in base64. */
  readonly data?: string;
}

interface RecordedKernel extends Omit<Kernel, "image" | "modules"> {
  readonly image: RecordedFile;
  readonly modules?: readonly RecordedFile[];
}

/** Options as they stand in a record. */
export interface RecordedOptions extends Omit<MachineOptions, "kernel" | "disks"> {
  readonly kernel?: RecordedKernel;
  readonly disks?: readonly RecordedFile[];
}

/** Where a record's files are now, instead of where they were. */
export interface Places {
  readonly kernel?: string | undefined;
  /** In their order. */
  readonly modules?: readonly string[];
  readonly disks?: readonly string[];
}

/** Bytes: more than a machine has RAM. */
const SIZE_MAX = 2 ** 32;
const FILES_MAX = 1024;
const TEXT_MAX = 1 << 20;
/** What names another place of a disk. */
const DISK = "--disk";
const SHA256 = /^[0-9a-f]{64}$/;

/** What is not a file, by its type. */
const PLAIN: Readonly<Record<Exclude<keyof MachineOptions, "kernel" | "disks">, string>> = {
  name: "string",
  cpus: "number",
  memory: "number",
  cpu: "string",
  exitPort: "number",
  onReset: "string",
  virtioConsole: "boolean",
  fwCfg: "boolean",
  seed: "number",
  serialSpeed: "string",
  pace: "string",
};

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

const nameFile = ({ name, data }: BootFile): RecordedFile => ({
  ...{ name, size: data.length, sha256: sha256(data) },
});

function encodeFile(file: BootFile): RecordedFile {
  const { data, path } = file;
  const own = nameFile(file);
  return path === undefined
    ? { ...own, data: encodeBytes(gzipSync(data, { level: 1 })) }
    : { ...own, path };
}

/** A disk's image by its hash, and by its path where it has one: it may be larger than what can be in memory. */
function encodeDisk(disk: string | BootFile): RecordedFile {
  if (typeof disk !== "string") return encodeFile(disk);
  return { ...nameDisk(disk), path: disk };
}

function nameDisk(disk: string | BootFile): RecordedFile {
  const { name, size, sha256 } = typeof disk === "string" ? digestOf(disk) : nameFile(disk);
  return { name, size, sha256 };
}

function withFiles(
  { kernel, disks, ...options }: MachineOptions,
  encode: (file: BootFile) => RecordedFile,
  encodeOne: (disk: string | BootFile) => RecordedFile,
): RecordedOptions {
  const { image, modules = [] } = kernel ?? {};
  return {
    ...options,
    ...(kernel && {
      kernel: { ...kernel, image: encode(image!), modules: modules.map(encode) },
    }),
    ...(disks && { disks: disks.map(encodeOne) }),
  };
}

export const encodeOptions = (options: MachineOptions): RecordedOptions =>
  withFiles(options, encodeFile, encodeDisk);

/** What the options come to: a hash, in hex, of all of them, the files' contents among them. */
export const hashOptions = (options: MachineOptions): string =>
  sha256(Buffer.from(JSON.stringify(withFiles(options, nameFile, nameDisk))));

function refuse(hint: string, cause?: unknown): never {
  throw new SystemError(EINVAL, { hint, cause });
}

/** Throws EINVAL and ENOENT, with the file's name, where it is not the one that was recorded. */
function decodeFile(recorded: unknown, option: string, place: string | undefined): BootFile {
  const fields = new Fields(recorded);
  const name = fields.text("name", TEXT_MAX);
  const size = fields.integer("size", 0, SIZE_MAX);
  const hash = fields.text("sha256");
  if (!SHA256.test(hash)) refuse(`The record's hash of ${name} is none.`);
  const isInside = place === undefined && (recorded as RecordedFile).data !== undefined;
  const path = isInside ? undefined : (place ?? fields.text("path"));
  const data = path === undefined ? unpack(fields, name, size) : read(path, name, size, option);
  if (data.length === size && sha256(data) === hash)
    return { name, data, ...(path !== undefined && { path }) };
  if (path === undefined) refuse(`The record's copy of ${name} is damaged.`);
  return refuse(
    `${path} is not the file that was recorded as ${name}: that one had ${size} bytes and the SHA-256 ${hash}. ${option} FILE names another place.`,
  );
}

function unpack(fields: Fields, name: string, size: number): Uint8Array {
  try {
    return gunzipSync(decodeBytes(fields.text("data", SIZE_MAX)), { maxOutputLength: size || 1 });
  } catch (cause) {
    return refuse(`The record's copy of ${name} is damaged.`, cause);
  }
}

/** Only what is a regular file, and of that size: a record may name anything. */
function read(path: string, name: string, size: number, option: string): Uint8Array {
  try {
    const stat = statSync(path);
    return stat.isFile() && stat.size === size ? readFileSync(path) : new Uint8Array(0);
  } catch (cause) {
    const hint = `${path}, which was recorded as ${name}, cannot be read: ${toSystemError(cause).message}. ${option} FILE names another place.`;
    throw new SystemError(ENOENT, { hint, cause });
  }
}

/** Whether the option is one, and of its type. */
function isPlain(name: string, value: unknown): boolean {
  return Object.hasOwn(PLAIN, name) && typeof value === PLAIN[name as keyof typeof PLAIN];
}

function decodeKernel(recorded: unknown, places: Places): Kernel {
  const { image, modules = [], commandLine } = new Object(recorded) as RecordedKernel;
  if (!Array.isArray(modules) || modules.length > FILES_MAX)
    refuse("The record's kernel has modules that are none.");
  if (commandLine !== undefined && typeof commandLine !== "string")
    refuse("The record's kernel has a command line that is none.");
  return {
    image: decodeFile(image, "--kernel", places.kernel),
    modules: modules.map((module, at) => decodeFile(module, "--initrd", places.modules?.[at])),
    ...(commandLine !== undefined && { commandLine }),
  };
}

/** A disk's path, or its image where the record has it. Throws as decodeFile does. */
function decodeDisk(recorded: unknown, place: string | undefined): string | BootFile {
  const fields = new Fields(recorded);
  if (place === undefined && (recorded as RecordedFile).data !== undefined)
    return decodeFile(recorded, DISK, undefined);
  const name = fields.text("name", TEXT_MAX);
  const path = place ?? fields.text("path");
  const { size, sha256 } = digestOf(path);
  if (
    size === fields.integer("size", 0, Number.MAX_SAFE_INTEGER) &&
    sha256 === fields.text("sha256")
  )
    return path;
  return refuse(
    `${path} is not the file that was recorded as ${name}: that one had ${fields.integer("size", 0, Number.MAX_SAFE_INTEGER)} bytes and the SHA-256 ${fields.text("sha256")}. ${DISK} FILE names another place.`,
  );
}

function decodeDisks(disks: unknown, places: Places): (string | BootFile)[] {
  if (!Array.isArray(disks) || disks.length > FILES_MAX)
    refuse("The record has disks that are none.");
  return disks.map((disk, at) => decodeDisk(disk, places.disks?.[at]));
}

/** The options, with the files read. Throws EINVAL for what are none, EINVAL and ENOENT for files that are not those recorded. */
export function decodeOptions(recorded: unknown, places: Places = {}): MachineOptions {
  const { kernel, disks, ...options } = new Object(recorded) as RecordedOptions;
  for (const [name, value] of Object.entries(options))
    if (!isPlain(name, value)) refuse(`The record has an unknown option "${name.slice(0, 80)}".`);
  if (kernel === undefined && (places.kernel ?? places.modules))
    refuse("The record has no kernel.");
  if (disks === undefined && places.disks) refuse("The record has no disks.");
  return {
    ...options,
    ...(kernel !== undefined && { kernel: decodeKernel(kernel, places) }),
    ...(disks !== undefined && { disks: decodeDisks(disks, places) }),
  };
}
