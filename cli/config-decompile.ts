// jailhouse config decompile

import { basename, extname } from "node:path";
import { decompileToJson, decompileToSource } from "../config/decompile/source.ts";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { openConfig, writeOutput } from "./open-config.ts";

/** Writes a source that compiles to a configuration's bytes: TypeScript, or JSON by the output's name. */
export async function decompileConfig(
  io: Io,
  file: string,
  { output }: { readonly output?: string },
): Promise<void> {
  const kind = extname(output ?? "").toLowerCase();
  if (kind === ".cell")
    throw new UsageError(`${output} is the name of a built file: a source is .ts or .json`);
  const { config } = await openConfig(io, file);
  const headline = `Decompiled from ${basename(file)}: it compiles to the same bytes.`;
  const text = kind === ".json" ? decompileToJson(config) : decompileToSource(config, headline);
  if (output === undefined) io.out(text);
  else await writeOutput(io, output, text);
}
