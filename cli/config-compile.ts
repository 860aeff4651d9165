// jailhouse config compile

import type { Io } from "./io.ts";
import { openConfig, writeOutput } from "./open-config.ts";

/** Builds the `.cell` file of a configuration. */
export async function compileConfig(
  io: Io,
  file: string,
  { output }: { readonly output: string },
): Promise<void> {
  const { bytes, config } = await openConfig(io, file);
  await writeOutput(io, output, bytes);
  const name = config.kind === "cell" ? config.name : config.rootCell.name;
  io.out(`${output}: ${config.kind} "${name}", ${config.architecture}, ${bytes.length} bytes\n`);
}
