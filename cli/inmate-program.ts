// The grammar of `jailhouse inmate`: programs for cells.

import type { Command } from "commander";
import type { Io } from "./io.ts";

/** Adds the verbs of `inmate`. */
export function addInmate(inmate: Command, io: Io): void {
  inmate.enablePositionalOptions();
  inmate
    .command("new <NAME>")
    .description("write a project: a program for a cell, its build, and the cell's configuration")
    .option("--c", "in C, for gcc or clang, with make or CMake")
    .option("--bits <BITS>", "64 or 32", "64")
    .option("--reset-address <ADDRESS>", "where the cell starts: 0xffff0 or 0", "0xffff0")
    .action(async (name, options) =>
      (await import("./inmate-new.ts")).newInmate(io, name, options),
    );
  inmate
    .command("sdk")
    .description("print where the SDK for C is")
    .action(async () => (await import("./inmate-new.ts")).showSdk(io));
  inmate
    .command("build <FILE.ts>")
    .description("build the image of an inmate that is TypeScript")
    .option("-o, --output <FILE.bin>", "where to write it (default: beside the source)")
    .option("--32", "an inmate for 32-bit protected mode instead of 64-bit long mode")
    .option("--watch", "build again whenever a file beside the source changes; Ctrl-C ends")
    .action(async (file, options) =>
      (await import("./inmate-build.ts")).buildInmateFile(io, file, options),
    );
}
