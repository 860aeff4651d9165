// A machine's options in the first line of a record: as they were given, files in base64.
import { EINVAL } from "../abi/errno.ts";
import type { BootFile, Kernel, MachineOptions } from "./api.ts";
import { SystemError } from "./errors.ts";
import { decodeBytes, encodeBytes } from "./protocol.ts";

interface RecordedFile {
  readonly name: string;
  readonly data: string;
}

interface RecordedKernel extends Omit<Kernel, "image" | "modules"> {
  readonly image: RecordedFile;
  readonly modules?: readonly RecordedFile[];
}

/** Options as they stand in a record. */
export interface RecordedOptions extends Omit<MachineOptions, "kernel"> {
  readonly kernel?: RecordedKernel;
}

const encodeFile = ({ name, data }: BootFile): RecordedFile => ({ name, data: encodeBytes(data) });

export function encodeOptions({ kernel, ...options }: MachineOptions): RecordedOptions {
  if (!kernel) return options;
  const { image, modules = [] } = kernel;
  const files = { image: encodeFile(image), modules: modules.map(encodeFile) };
  return { ...options, kernel: { ...kernel, ...files } };
}

function decodeFile(file: RecordedFile): BootFile {
  if (typeof file?.name !== "string" || typeof file.data !== "string")
    throw new SystemError(EINVAL, { hint: "The record's options have a file without contents." });
  return { name: file.name, data: decodeBytes(file.data) };
}

/** Throws EINVAL for a kernel that is none. */
export function decodeOptions(recorded: unknown): MachineOptions {
  const { kernel, ...options } = (recorded ?? {}) as RecordedOptions;
  if (!kernel) return options;
  const modules = Array.isArray(kernel.modules) ? kernel.modules : [];
  const files = { image: decodeFile(kernel.image), modules: modules.map(decodeFile) };
  return { ...options, kernel: { ...kernel, ...files } };
}
