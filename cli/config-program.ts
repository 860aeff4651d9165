// The grammar of `jailhouse config`: what works on configuration files, without a machine.

import type { Command } from "commander";
import type { Io } from "./io.ts";

/** Adds the verbs of `config`. Files may be `.cell`, TypeScript or JSON everywhere. */
export function addConfig(config: Command, io: Io): void {
  config
    .command("compile <FILE>")
    .description("build the .cell file of a TypeScript or JSON configuration")
    .requiredOption("-o, --output <FILE.cell>", "where to write it")
    .action(async (file, options) =>
      (await import("./config-compile.ts")).compileConfig(io, file, options),
    );
}
