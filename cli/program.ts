// The command line's grammar. A verb's code is loaded when it is called.

import { Command, Option } from "commander";
import { NO_COLOUR } from "./colour.ts";
import { addConfig, every } from "./config-program.ts";
import { CommandFailure } from "./failure.ts";
import { addInmate } from "./inmate-program.ts";
import type { Io } from "./io.ts";
import { targetOption } from "./target-option.ts";
import { versionText } from "./version.ts";

const CELL_NAME = "the cell's name, even if it looks like an id";

/** A verb of its parent, with the options that every verb has. */
function verb(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option("-m, --machine <NAME>", "the machine that is meant (default: $JAILHOUSE_MACHINE)")
    .addOption(targetOption());
}

/** `--target` before the verb is that of the verb. */
function passTarget(root: Command): void {
  root.hook("preAction", (_, action) => {
    const { target } = root.opts();
    if (target !== undefined && action.opts().target === undefined)
      action.setOptionValue("target", target);
  });
}

function withJson(command: Command): Command {
  return command.option("--json", "print JSON instead of a table");
}

/** The whole grammar; verbs run with this surroundings. */
export function program(io: Io): Command {
  const root = new Command("jailhouse")
    .description("Splits a machine into isolated cells.")
    .version(versionText(), "--version", "show the version")
    .addOption(targetOption())
    .enablePositionalOptions()
    .helpCommand(false);
  passTarget(root);
  addSystem(root, io);
  addCell(root.command("cell").description("work with cells").helpCommand(false), io);
  root
    .command("hardware")
    .description("look at this machine")
    .helpCommand(false)
    .command("check")
    .description("find what the hypervisor needs of a Linux machine; best as root")
    .option("--root <DIRECTORY>", "where its /proc, /sys and /dev are", "/")
    .addOption(targetOption())
    .action(async (options) => (await import("./hardware-check.ts")).checkHardware(io, options));
  const config = root.command("config").description("work with configurations").helpCommand(false);
  addConfig(config, io);
  addInmate(root.command("inmate").description("write programs for cells").helpCommand(false), io);
  addMachine(root.command("machine").description("work with machines").helpCommand(false), io);
  addAids(root, io);
  addNoColour(root);
  return root;
}

/** The option is of every command, so that it may stand anywhere; only the first one's help has it. */
function addNoColour(command: Command, isRoot = true): void {
  const option = new Option(NO_COLOUR, "print without colours, also where there is a terminal");
  command.addOption(isRoot ? option : option.hideHelp());
  for (const child of command.commands) addNoColour(child, false);
}

/** What is about the command itself. */
function addAids(root: Command, io: Io): void {
  root
    .command("demo")
    .description("play and check a whole session on an emulated machine of its own")
    .option("--paced", "in real time")
    .option("--record <FILE>", "write what is shown as JSON lines of [seconds, text]")
    .option("--artifacts <DIR>", "on a Debian Linux, which is started with what is in there")
    .action(async (options) => (await import("./demo.ts")).playDemo(options));
  root
    .command("completion <SHELL>")
    .description("print what makes bash, zsh or fish complete this command")
    .option("--install", "make the shell read it from now on")
    .action(async (shell, options) =>
      (await import("./completion.ts")).completion(io, shell, options),
    );
  root
    .command("__complete [WORDS...]", { hidden: true })
    .description("what can stand in the place of the last word, for shells")
    .allowUnknownOption()
    .helpOption(false)
    .passThroughOptions()
    .action(async (line) => (await import("./complete.ts")).complete(io, root, line));
}

function addSystem(root: Command, io: Io): void {
  verb(root, "enable <SYSCONFIG>", "take over the machine; starts an emulated one if none runs")
    .option("--yes", "take the risk that there is on a physical machine")
    .option(
      "--try <SECONDS>",
      "hand a computer back by itself then, unless `jailhouse confirm` comes",
    )
    .option("--learn", "allow and record what the root cell's configuration forgot")
    .action(async (file, options) => (await import("./enable.ts")).enable(io, file, options));
  verb(root, "confirm", "keep the computer that `enable --try` took over").action(async (options) =>
    (await import("./confirm.ts")).confirm(io, options),
  );
  verb(root, "disable", "hand the machine back").action(async (options) =>
    (await import("./disable.ts")).disable(io, options),
  );
  withJson(verb(root, "explain [CELL]", "say what cells were denied, why, and what would allow it"))
    .option("--name <NAME>", CELL_NAME)
    .option("--fix", "print only the lines that configurations lack")
    .option(
      "-o, --output <FILE>",
      "write the configuration (the system's by default) with them, as .cell, .ts or .json",
    )
    .option("-r, --root <ROOT>", "what `config collect` saved of the machine, for its PCI devices")
    .option("--console <LOG>", "explain what the hypervisor said on its serial line, without it")
    .option("--trust-log", "with --console: write configurations from what the log says")
    .option("--system <SYSCONFIG>", "with --console: the system that was enabled")
    .option("--cell <CELLCONFIG>", "with --console: a cell that there was; repeatable", every)
    .action(async (ref, options) =>
      (await import("./explain.ts")).explainDenials(io, ref, options),
    );
  verb(root, "console", "show the hypervisor's console")
    .option("-f, --follow", "go on with what comes")
    .action(async (options) => (await import("./console.ts")).showConsole(io, options));
  verb(
    root,
    "serial [LINE]",
    "show serial line 0 (COM1, the default), 1 (COM2) or 2 (the virtio console)",
  )
    .option("-f, --follow", "go on with what comes")
    .option("--send <TEXT>", "send this text to the machine")
    .action(async (line, options) => (await import("./serial.ts")).serial(io, line, options));
}

function addCell(cell: Command, io: Io): void {
  cell.enablePositionalOptions();
  verb(cell, "create <CELLCONFIG>", "create a cell from a .cell, .ts or .json configuration")
    .option("--allow-dma", "accept devices that can do DMA although no IOMMU guards them")
    .action(async (file, options) =>
      (await import("./cell-create.ts")).createCell(io, file, options),
    );
  withJson(verb(cell, "list", "list all cells")).action(async (options) =>
    (await import("./cell-list.ts")).listCells(io, options),
  );
  verb(cell, "load", "load images into a cell, each at its address (default 0)")
    .usage(
      '{ID | [--name] NAME} {IMAGE | {-s | --string} "STRING"} [-a | --address ADDR] ... [-m NAME]',
    )
    .argument("[ARGUMENTS...]", "the cell and its images, in this order")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args, options) => (await import("./cell-load.ts")).loadCell(io, args, options));
  verb(cell, "start [CELL]", "start a cell")
    .option("--name <NAME>", CELL_NAME)
    .action(async (ref, options) => (await import("./cell-start.ts")).startCell(io, ref, options));
  verb(cell, "shutdown [CELL]", "stop a cell and leave it loadable")
    .option("--name <NAME>", CELL_NAME)
    .action(async (ref, options) =>
      (await import("./cell-shutdown.ts")).shutdownCell(io, ref, options),
    );
  verb(cell, "destroy [CELL]", "destroy a cell")
    .option("--name <NAME>", CELL_NAME)
    .option("--force", "whatever the cell answers")
    .action(async (ref, options) =>
      (await import("./cell-destroy.ts")).destroyCell(io, ref, options),
    );
  verb(cell, "linux [ARGUMENTS...]", "boot Linux in a cell: not supported yet")
    .allowUnknownOption()
    .passThroughOptions()
    .action(() => {
      throw new CommandFailure(
        "cell linux: not supported yet",
        "Linux runs in the root cell only; a cell can have bare-metal programs (docs/inmates.md).",
      );
    });
  withJson(verb(cell, "stats [CELL]", "watch a cell's VM exit counters"))
    .alias("stat")
    .option("--name <NAME>", CELL_NAME)
    .option("-n, --count <N>", "print this often, a second apart, instead of a live screen")
    .action(async (ref, options) => (await import("./cell-stats.ts")).cellStats(io, ref, options));
}

function addMachine(machine: Command, io: Io): void {
  verb(machine, "start [NAME]", "start a machine")
    .option("--cpus <N>", "number of CPUs (default: 4)")
    .option("--memory <SIZE>", "RAM, for example 512M or 1G (default: 1G)")
    .option(
      "--cpu <MODEL>",
      "amd or intel (default: amd), and then ,FEATURE=off or =on, repeatable",
    )
    .option(
      "--kernel <FILE>",
      "run this kernel (Linux or multiboot), instead of a system to be split",
    )
    .option("--initrd <FILE>", "an initrd or a module for the kernel; repeatable", every)
    .option("--append <TEXT>", "the kernel's command line; of multiboot, behind its name")
    .option(
      "--disk <FILE>",
      "a disk with this raw image, which is only read; repeatable, at most 8",
      every,
    )
    .option(
      "--exit-port <PORT>",
      "a write of V there ends the machine, and the command with status (V << 1) | 1",
    )
    .option("--virtio-console", "have a virtio console (hvc0 of Linux), as serial line 2")
    .option(
      "--on-reset <ACTION>",
      "boot: a reset boots the kernel anew; end: it ends the machine (default with an exit port)",
    )
    .option("--fw-cfg", "have QEMU's firmware configuration at ports 0x510 and 0x511")
    .option(
      "--serial-speed <SPEED>",
      "line: serial ports send by their divisor; instant: at once (default with a kernel)",
    )
    .option(
      "--seed <N>",
      "random numbers, date and timers' state at the start are made from it (default: 0)",
    )
    .option("--pace <PACE>", "paced: by the wall clock; free: as fast as possible while waited for")
    .option("--serial <LINE=TARGET>", "0, 1 or 2 = stdio, file:PATH or null; repeatable", every)
    .option("--record <FILE>", "keep the record of all inputs there, for `machine replay`")
    .action(async (name, options) =>
      (await import("./machine-start.ts")).startMachine(io, name, options),
    );
  verb(machine, "stop [NAME]", "stop a machine")
    .option("--all", "stop all of this user's machines")
    .action(async (name, options) =>
      (await import("./machine-stop.ts")).stopMachine(io, name, options),
    );
  withJson(verb(machine, "list", "list this user's machines")).action(async (options) =>
    (await import("./machine-list.ts")).listMachinesOf(io, options),
  );
  withJson(verb(machine, "status [NAME]", "show one machine")).action(async (name, options) =>
    (await import("./machine-status.ts")).machineStatus(io, name, options),
  );
  verb(machine, "record <FILE>", "save the record of all inputs, for a report of a fault").action(
    async (file, options) => (await import("./machine-record.ts")).saveRecord(io, file, options),
  );
  machine
    .command("replay <FILE>")
    .description("play a record again, and say where the machine does otherwise than it did")
    .option("--kernel <FILE>", "where the recorded kernel is now")
    .option("--initrd <FILE>", "where a recorded initrd or module is now; repeatable", every)
    .option("--disk <FILE>", "where a recorded disk's image is now; repeatable", every)
    .option("--unfinished", "play what there is of a record whose machine was not stopped")
    .option("--console", "show what COM1 says meanwhile")
    .action(async (file, options) =>
      (await import("./machine-replay.ts")).replayRecord(io, file, options),
    );
}
