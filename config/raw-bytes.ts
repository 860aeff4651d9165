// Bytes of a built file that no key of a definition stands for: written by their offset, so that every file has a source.
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { ConfigError } from "./errors.ts";
import { deriveAll } from "./origin.ts";
import * as parse from "./parse.ts";
import type { Config } from "./types.ts";

/** Bytes that are put over those that the other keys give. */
export interface RawBytes {
  /** From the start of the file, in bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const u32 = parse.integer(4);

/** `{ "0x28": "ff 00" }`: hexadecimal bytes by their offset. */
export const parseBytes: parse.Parser<readonly RawBytes[]> = (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ConfigError("value", `${path} is not an object of offsets and hexadecimal bytes`);
  return Object.entries(value).map(([offset, text]) => {
    const place = `${path}["${offset}"]`;
    if (typeof text !== "string" || !/^\s*([0-9a-f]{2}\s*)*$/i.test(text))
      throw new ConfigError("value", `${place} is not a text of hexadecimal bytes`);
    return { offset: u32(offset, place), bytes: Buffer.from(text.replace(/\s/g, ""), "hex") };
  });
};

/** The configuration with these bytes in its file. Throws ConfigError when they do not leave a configuration. */
export function applyBytes<Kind extends Config>(config: Kind, patches: readonly RawBytes[]): Kind {
  if (patches.length === 0) return config;
  const file = encode(config);
  for (const { offset, bytes } of patches) {
    if (offset + bytes.length > file.length)
      throw new ConfigError(
        "value",
        `bytes["0x${offset.toString(16)}"] is behind the end of the file`,
        {
          hint: `the file has ${file.length} bytes`,
        },
      );
    file.set(bytes, offset);
  }
  const patched = decode(file);
  if (patched.kind !== config.kind)
    throw new ConfigError("value", "bytes make another kind of file of it");
  deriveAll(config, patched);
  return patched as Kind;
}
