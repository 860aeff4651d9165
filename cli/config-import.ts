// jailhouse config import FILE.c: a configuration in the original's C, through the user's compiler.

import { basename, extname } from "node:path";
import { decompileToJson, decompileToSource } from "../config/decompile/source.ts";
import { isConfigError } from "../config/errors.ts";
import { type Imported, importC } from "../config/import/index.ts";
import { CommandFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { writeOutput } from "./open-config.ts";

export interface ImportOptions {
  readonly output?: string;
  readonly cc?: string;
  readonly define?: readonly string[];
  readonly include?: readonly string[];
}

function read(io: Io, file: string, { cc, define, include }: ImportOptions): Imported {
  const options = {
    compiler: cc ?? io.env.CC,
    ...(define ? { defines: define } : {}),
    ...(include ? { includes: include } : {}),
  };
  try {
    return importC(file, options, io.cwd);
  } catch (error) {
    if (!isConfigError(error)) throw error;
    const { message, hint } = error;
    throw new CommandFailure(
      message.startsWith("opening ") ? message : `${file}: ${message}`,
      hint,
    );
  }
}

/** What is written, by the output's name: TypeScript with the comments, JSON, or the built file. */
function outputOf(file: string, kind: string, { config, bytes, remarks }: Imported) {
  if (kind === ".cell") return bytes;
  if (kind === ".json") return decompileToJson(config);
  const headline = `Imported from ${basename(file)}: it compiles to the same bytes.`;
  return decompileToSource(config, headline, remarks);
}

/** Writes what a configuration in C says. */
export async function importConfig(io: Io, file: string, options: ImportOptions): Promise<void> {
  const imported = read(io, file, options);
  const { output } = options;
  const content = outputOf(file, extname(output ?? "").toLowerCase(), imported);
  if (output === undefined) io.out(content);
  else await writeOutput(io, output, content);
  const { trailing } = imported;
  if (trailing > 0)
    io.err(
      `${file}: ${trailing} bytes behind the last entry that is counted are left out: nobody looks at them.\n`,
    );
}
