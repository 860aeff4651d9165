// The grammar of `jailhouse config`: what works on configuration files, without a machine.

import type { Command } from "commander";
import type { Io } from "./io.ts";
import { targetOption } from "./target-option.ts";

/** Adds the verbs of `config`. Files may be `.cell`, TypeScript or JSON everywhere. */
export function addConfig(config: Command, io: Io): void {
  config.enablePositionalOptions();
  config
    .command("show <FILE...>")
    .description("show configurations as tables, or a system and its cells as a map")
    .option("--map", "draw who has which CPUs and memory")
    .option("--svg <FILE.svg>", "write the map as a picture")
    .action(async (files, options) =>
      (await import("./config-show.ts")).showConfig(io, files, options),
    );
  config
    .command("decompile <FILE>")
    .description(
      "write the source of a .cell file: TypeScript, or JSON if the output's name ends so",
    )
    .option("-o, --output <FILE.ts>", "where to write it (default: standard output)")
    .action(async (file, options) =>
      (await import("./config-decompile.ts")).decompileConfig(io, file, options),
    );
  config
    .command("import <FILE.c>")
    .description("write the source of a configuration in C, with its comments; .cell builds it")
    .option("-o, --output <FILE.ts>", "where to write it (default: standard output)")
    .option("--cc <COMPILER>", "the C compiler (default: $CC, or cc, gcc, clang)")
    .option("-D, --define <NAME[=VALUE]>", "a macro for the compiler; repeatable", every)
    .option("-I, --include <DIRECTORY>", "where it looks for headers, too; repeatable", every)
    .action(async (file, options) =>
      (await import("./config-import.ts")).importConfig(io, file, options),
    );
  config
    .command("diff <BEFORE> <AFTER>")
    .description("say in words what differs between two configurations")
    .action(async (before, after) =>
      (await import("./config-diff.ts")).diffConfigFiles(io, before, after),
    );
  config
    .command("compile <FILE>")
    .description("build the .cell file of a TypeScript or JSON configuration")
    .requiredOption("-o, --output <FILE.cell>", "where to write it")
    .action(async (file, options) =>
      (await import("./config-compile.ts")).compileConfig(io, file, options),
    );
  addCheck(config, io);
  config
    .command("learn")
    .description("find the smallest configuration under which an image runs, by running it")
    .usage('--system SYSCONFIG -o FILE NAME {IMAGE | -s "STRING"} [-a ADDR] ...')
    .argument("[ARGUMENTS...]", "the cell's name and its images, as for cell load")
    .requiredOption("--system <SYSCONFIG>", "the system that the cell shall run on")
    .requiredOption("-o, --output <FILE>", "where to write it: a .cell, .ts or .json file")
    .option("--cpus <LIST>", "the cell's CPUs", "2")
    .option("--console <PORT>", "the UART that the cell may print on", "0x2f8")
    .option("--seconds <N>", "virtual seconds that it must run undisturbed", "3")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args, options) =>
      (await import("./config-learn.ts")).learnConfig(io, args, options),
    );
  addCreate(config, io);
}

function addCheck(config: Command, io: Io): void {
  config
    .command("check <SYSCONFIG> [CELLCONFIGS...]")
    .description("find what is wrong with a system and the cells that shall run beside each other")
    .option(
      "-r, --root <ROOT>",
      "the machine: / for this one, or what `config collect` wrote of it",
    )
    .addOption(targetOption())
    .option("--cpus <N>", "the machine has this many CPUs (default: unknown)")
    .option("--memory <SIZE>", "its RAM ends there, for example 1G (default: unknown)")
    .option("--notes", "show what is worth knowing, too")
    .option("--all", "show every finding: each pair by itself, and more than 25 of a kind")
    .option("--strict", "end with status 1 when there are warnings, too")
    .option("--json", "print JSON")
    .option("--sarif", "print SARIF 2.1.0, for editors and CI")
    .action(async (system, cells, options) =>
      (await import("./config-check.ts")).checkConfig(io, [system, ...cells], options),
    );
}

/** Collects the values of an option that may be repeated. */
export const every = (value: string, all: readonly string[] = []) => [...all, value];

/** The verbs that look at a machine. */
function addCreate(config: Command, io: Io): void {
  config
    .command("collect <FILE.tar>")
    .description("collect what `config create` reads of this machine; as root")
    .addOption(targetOption())
    .action(async (file, options) =>
      (await import("./config-create.ts")).collectMachine(io, file, options),
    );
  config
    .command("create [FILE]")
    .description(
      "make a system configuration of this machine, or of one that was collected: FILE.ts, .json, .cell, or C by any other name",
    )
    .option("-r, --root <ROOT>", "a directory or tar file with what was collected", "/")
    .addOption(targetOption())
    .option("--mem-inmates <SIZE>", "memory for cells (default: 76M, or what memmap= leaves)")
    .option("--mem-hv <SIZE>", "memory for the hypervisor (default: 6M)")
    .option("-c, --console <CONSOLE>", "the hypervisor's console: ttyS0 … or none")
    .option("-g, --generate-collector", "write a script that collects, for machines without Node")
    .option("-t, --template-dir <DIR>", "of the original's, without effect: there are no templates")
    .option("--force", "overwrite a file that holds something else")
    .action(async (file, options) =>
      (await import("./config-create.ts")).createSystem(io, file, options),
    );
  config
    .command("create-cell <SYSCONFIG>")
    .description("propose a cell: CPUs, memory and devices of a system's root cell")
    .option("--name <NAME>", "the cell's name", "my-cell")
    .option("--cpus <LIST>", "its CPUs (default: the last one that is free)")
    .option("--memory <SIZE>", "its RAM", "1M")
    .option(
      "--device <NAME>",
      "COM1 …, a name in the source, or a PCI device: 00:1b.0, 8086:100e, ethernet; repeatable",
      every,
    )
    .option(
      "-r, --root <ROOT>",
      "the machine: / for this one, or what `config collect` wrote of it",
    )
    .addOption(targetOption())
    .option("--allow-dma", "accept devices that can do DMA although no IOMMU guards them")
    .option("--beside <CELLCONFIG>", "a cell that exists too; repeatable", every)
    .option("-o, --output <FILE>", "where to write it: a .cell, .ts or .json file")
    .action(async (file, options) =>
      (await import("./config-create-cell.ts")).createCellConfig(io, file, options),
    );
}
