// jailhouse config compile

import { isSource } from "../config/check/files.ts";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { openConfig, STANDARD, writeOutput } from "./open-config.ts";

/** Builds the `.cell` file of a configuration. */
export async function compileConfig(
  io: Io,
  file: string,
  { output }: { readonly output: string },
): Promise<void> {
  if (isSource(output))
    throw new UsageError(`${output} is the name of a source: a built file is a .cell`);
  const { bytes, config } = await openConfig(io, file);
  await writeOutput(io, output, bytes);
  if (output === STANDARD) return;
  const name = config.kind === "cell" ? config.name : config.rootCell.name;
  io.out(`${output}: ${config.kind} "${name}", ${config.architecture}, ${bytes.length} bytes\n`);
}
