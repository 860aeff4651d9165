// Kernels in compressed files (vmlinux.gz, .xz, .zst). What is compressed within a bzImage, its own code unpacks on the machine.
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import { EINVAL } from "../../abi/errno.ts";
import type { BootFile } from "../api.ts";
import { SystemError } from "../errors.ts";

/** What an unpacked kernel may be at most, in bytes: more than a machine has RAM. */
const MOST = 0x100000000;

type XzModule = typeof import("xz-decompress");
type Unpack = (data: Uint8Array) => Promise<Uint8Array>;

/** Formats by their first bytes. */
const FORMATS: readonly (readonly [magic: readonly number[], name: string, unpack: Unpack])[] = [
  [[0x1f, 0x8b, 8], "gzip", async (data) => gunzipSync(data, { maxOutputLength: MOST })],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "xz", unpackXz],
  [[0x28, 0xb5, 0x2f, 0xfd], "zstd", unpackZstd],
];

/** Unpacks xz; the decoder's error is thrown by reading. */
export async function unpackXz(data: Uint8Array): Promise<Uint8Array> {
  // CommonJS, whose names Node does not find.
  const { XzReadableStream } = createRequire(import.meta.url)("xz-decompress") as XzModule;
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = new XzReadableStream(
    new Blob([data as Uint8Array<ArrayBuffer>]).stream(),
  ).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST) throw new Error("it becomes too large");
    pieces.push(value);
  }
  return Buffer.concat(pieces, size);
}

async function unpackZstd(data: Uint8Array): Promise<Uint8Array> {
  const { decompress } = await import("fzstd");
  return decompress(data);
}

const begins = (data: Uint8Array, magic: readonly number[]) =>
  magic.every((byte, index) => data[index] === byte);

/** The file itself, or what it holds where it is compressed. Throws EINVAL for one that is damaged. */
export async function unpackKernel(file: BootFile): Promise<BootFile> {
  const [, format, unpack] = FORMATS.find(([magic]) => begins(file.data, magic)) ?? [];
  if (!unpack) return file;
  try {
    return { name: file.name, data: await unpack(file.data) };
  } catch (cause) {
    const hint = `${file.name} is damaged: as ${format} it cannot be unpacked (${(cause as Error).message}).`;
    throw new SystemError(EINVAL, { hint, cause });
  }
}
