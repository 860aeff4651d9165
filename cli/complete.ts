// What can come next on a command line, for the shells (completion-scripts.ts): read from the grammar itself.

import { readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Argument, Command, Option } from "commander";
import { listMachines } from "../control/registry.ts";
import { FILES, SHELLS, WORDS } from "./completion-scripts.ts";
import { type CommonOptions, withMachineIfAny } from "./context.ts";
import type { Io } from "./io.ts";

/** What may be put in a place: words, each with what it means, or files with one of these ends. */
type Offer =
  | {
      readonly kind: "words";
      readonly words: readonly (readonly [word: string, meaning?: string])[];
    }
  | { readonly kind: "files"; readonly ends: readonly string[] };

/** Where the cursor is: in which verb, after how many arguments, or behind which option. */
interface Position {
  readonly command: Command;
  readonly given: number;
  readonly option: Option | undefined;
  readonly options: CommonOptions;
}

const CONFIGURATIONS = [".cell", ".ts", ".json"];
const ANY_FILE: Offer = { kind: "files", ends: [""] };
/** Values of options that have few. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  "--on-reset": ["boot", "end"],
  "--pace": ["paced", "free"],
};
/** Verbs whose arguments commander does not read: a cell or a name, then images. */
const WITH_IMAGES = ["load", "learn"];
const ROOT_CELL = 0;

const words = (list: readonly string[]): Offer => ({
  kind: "words",
  words: list.map((one) => [one]),
});

/** Prints what can stand in the place of the last word. */
export async function complete(io: Io, root: Command, line: readonly string[]): Promise<void> {
  const current = line.at(-1) ?? "";
  const position = locate(root, line.slice(0, -1));
  const offer = await offerAt(io, position, current);
  if (offer.kind === "files") {
    io.out([FILES, ...filesLike(io, current, offer.ends), ""].join("\n"));
    return;
  }
  const fitting = offer.words.filter(([word]) => word.startsWith(current));
  const lines = fitting.map((one) => one.filter((part) => part).join("\t"));
  io.out([WORDS, ...lines, ""].join("\n"));
}

function locate(root: Command, before: readonly string[]): Position {
  let command = root;
  let given = 0;
  let option: Option | undefined;
  const options: { machine?: string; target?: string } = {};
  for (const word of before) {
    if (option !== undefined) {
      if (option.long === "--machine") options.machine = word;
      if (option.long === "--target") options.target = word;
      option = undefined;
    } else if (word.startsWith("-")) {
      const found = command.options.find(({ long, short }) => word === long || word === short);
      option = found?.required || found?.optional ? found : undefined;
    } else {
      const child = command.commands.find((one) => [one.name(), ...one.aliases()].includes(word));
      if (child === undefined) given++;
      else [command, given] = [child, 0];
    }
  }
  return { command, given, option, options };
}

async function offerAt(io: Io, position: Position, current: string): Promise<Offer> {
  const { command, given, option } = position;
  if (option !== undefined) return optionValue(io, position, option, current);
  if (current.startsWith("-")) return optionsOf(command);
  if (command.commands.length > 0) return verbsOf(command);
  const argument = command.registeredArguments[given] ?? command.registeredArguments.at(-1);
  const isPast = given >= command.registeredArguments.length && !argument?.variadic;
  if (argument === undefined || isPast) return optionsOf(command);
  return argumentOf(io, position, argument);
}

function verbsOf(command: Command): Offer {
  const visible = command.createHelp().visibleCommands(command);
  return {
    kind: "words",
    words: visible.flatMap((one) =>
      [one.name(), ...one.aliases()].map((name) => [name, one.description()] as const),
    ),
  };
}

function optionsOf(command: Command): Offer {
  const visible = command.createHelp().visibleOptions(command);
  return {
    kind: "words",
    words: visible.map((one) => [one.long ?? one.short ?? "", one.description] as const),
  };
}

/** What an option's value can be, by the option or by the name of the value. */
async function optionValue(
  io: Io,
  position: Position,
  option: Option,
  current: string,
): Promise<Offer> {
  const { long = "", flags } = option;
  if (VALUES[long]) return words(VALUES[long]);
  if (long === "--machine") return machines(io);
  if (long === "--cpu") return processors(current);
  if (long === "--name" && position.command.parent?.name() === "cell") return cells(io, position);
  return ofName(/<([^>]*)>/.exec(flags)?.[1] ?? "") ?? words([]);
}

async function argumentOf(io: Io, position: Position, argument: Argument): Promise<Offer> {
  const { command, given } = position;
  const name = argument.name();
  if (WITH_IMAGES.includes(command.name())) {
    if (given > 0) return ANY_FILE;
    return command.name() === "load" ? cells(io, position) : words([]);
  }
  if (name === "CELL") return cells(io, position);
  if (name === "NAME") return machines(io);
  if (name === "LINE") return words(["0", "1", "2"]);
  if (name === "SHELL") return words(SHELLS);
  return ofName(name, command.parent?.name() === "config") ?? words([]);
}

/** A model, and behind it the features that can be switched. */
async function processors(current: string): Promise<Offer> {
  const { CPU_FEATURES, CPU_MODELS } = await import("../control/cpu-option.ts");
  const end = current.lastIndexOf(",");
  if (end < 0) return words(CPU_MODELS);
  const before = current.slice(0, end + 1);
  return words(CPU_FEATURES.flatMap((name) => [`${before}${name}=off`, `${before}${name}=on`]));
}

/** Files, when the grammar's name for something says that it is one. */
function ofName(name: string, isConfiguration = false): Offer | undefined {
  if (/CONFIGS?$/.test(name)) return { kind: "files", ends: CONFIGURATIONS };
  const end = /^FILE(\.\w+)$/.exec(name)?.[1];
  if (end !== undefined) return { kind: "files", ends: [end] };
  if (isConfiguration && ["FILE", "BEFORE", "AFTER"].includes(name))
    return { kind: "files", ends: CONFIGURATIONS };
  return ["FILE", "ROOT", "DIRECTORY", "LOG"].includes(name) ? ANY_FILE : undefined;
}

/** Ids and names of the cells that there are; the root cell where only its counters are wanted. */
async function cells(io: Io, { command, options }: Position): Promise<Offer> {
  const withRoot = command.name() === "stats" || command.name() === "explain";
  const list = await withMachineIfAny(io, options, (session) => session.cells()).catch(() => []);
  const shown = (list ?? []).filter(({ id }) => withRoot || id !== ROOT_CELL);
  return {
    kind: "words",
    words: shown.flatMap(({ id, name }) => [[`${id}`, name] as const, [name] as const]),
  };
}

function machines(io: Io): Offer {
  return words(listMachines(io.env).map(({ name }) => name));
}

/** Files and directories whose path begins like this; directories have a slash at the end. */
function filesLike(io: Io, current: string, ends: readonly string[]): string[] {
  const cut = current.lastIndexOf("/") + 1;
  const [directory, start] = [current.slice(0, cut), current.slice(cut)];
  const place = resolve(io.cwd, directory.replace(/^~(?=\/)/, io.env.HOME || homedir()));
  try {
    return readdirSync(place)
      .filter((name) => name.startsWith(start) && (start !== "" || !name.startsWith(".")))
      .flatMap((name) => {
        const isDirectory = statSync(join(place, name), { throwIfNoEntry: false })?.isDirectory();
        if (isDirectory) return [`${directory}${name}/`];
        return ends.some((end) => name.endsWith(end)) ? [`${directory}${name}`] : [];
      })
      .sort();
  } catch {
    return [];
  }
}
