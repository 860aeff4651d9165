// Makes man/*.1 from the command's grammar: jailhouse(1), and a page for each group of verbs. `--check` compares instead of
// writing.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { processIo } from "../cli/io.ts";
import { program } from "../cli/program.ts";
import { ROOT } from "./root.ts";

const DIRECTORY = join(ROOT, "man");
const SECTION = 1;

/** What the command reads of its environment. */
const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ["JAILHOUSE_MACHINE", "the emulated machine that is meant, or /dev/jailhouse for this computer"],
  ["JAILHOUSE_TARGET", "the other computer that is meant, as --target"],
  ["JAILHOUSE_RUNTIME_DIR", "where the sockets of machines are (default: below XDG_RUNTIME_DIR)"],
  ["JAILHOUSE_CACHE_DIR", "where translated configurations are kept; empty: nowhere"],
  ["NO_COLOR", "not empty: print without colours, as --no-color"],
  ["FORCE_COLOR", "print with colours, also into files and pipes; 0: without"],
];
const EXIT_STATUS: readonly (readonly [status: string, meaning: string])[] = [
  ["0", "The verb did what it should."],
  [
    "1",
    "It did not, and a line says why; or `config check` and `config diff` have found something.",
  ],
  ["2", "`config check` and `config diff` cannot tell."],
];

/** Text as troff takes it: hyphens are minus signs, and nothing at a line's start is a request. */
function text(plain: string): string {
  const escaped = plain
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("`", "")
    .replaceAll('"', "\\(dq")
    .replaceAll("…", "...");
  return escaped.replace(/^([.'])/gm, "\\&$1");
}

const heading = (title: string) => `.SH ${title}`;
const tagged = (tag: string, meaning: string) => [".TP", `.B ${text(tag)}`, sentence(meaning)];

/** The grammar's phrases begin small and end without a period. */
function sentence(phrase: string): string {
  const first = phrase.charAt(0).toUpperCase() + phrase.slice(1);
  return text(/[.)]$/.test(first) && !first.endsWith(")") ? first : `${first}.`);
}

const visible = (command: Command) => command.createHelp().visibleCommands(command);
const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

function header(name: string, what: string): string[] {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return [
    '.\\" Made from the grammar by `npm run man`.',
    `.TH ${name.toUpperCase()} ${SECTION} "" "jailhouse\\-ts ${version}" "Jailhouse in TypeScript"`,
    heading("NAME"),
    `${text(name)} \\- ${text(what)}`,
  ];
}

/** A verb: how it is called, what it does, its options. */
function verb(command: Command): string[] {
  const aliases = command.aliases().map((name) => `Also ${name}.`);
  const options = command.createHelp().visibleOptions(command);
  return [
    `.SS "${text(`${pathOf(command)} ${command.usage()}`)}"`,
    [sentence(command.description()), ...aliases.map(text)].join("\n"),
    ...options
      .filter(({ long }) => long !== "--help")
      .flatMap(({ flags, description, defaultValue }) => [
        ...tagged(flags, withDefault(description, defaultValue)),
      ]),
  ];
}

const withDefault = (description: string, value: unknown) =>
  value === undefined || /default/.test(description)
    ? description
    : `${description} (default: ${value})`;

const references = (names: readonly string[]) =>
  names.map((name) => `.BR ${text(name)} (${SECTION})`).join(" ,\n");

/** Groups are verbs that have verbs. */
const isGroup = (command: Command) => visible(command).length > 0;
const pageName = (group: Command) => `jailhouse-${group.name()}`;

function groupPage(group: Command): string {
  const lines = [
    ...header(pageName(group), group.description()),
    heading("SYNOPSIS"),
    `.B ${text(pathOf(group))}`,
    ".I VERB",
    "[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]",
    heading("VERBS"),
    ...visible(group).flatMap(verb),
    heading("SEE ALSO"),
    references(["jailhouse"]),
  ];
  return `${lines.join("\n")}\n`;
}

function mainPage(root: Command): string {
  const groups = visible(root).filter(isGroup);
  const lines = [
    ...header("jailhouse", "splits a machine into isolated cells"),
    heading("SYNOPSIS"),
    ".B jailhouse",
    ".I VERB",
    "[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]",
    heading("DESCRIPTION"),
    sentence(root.description()),
    "Where the driver is loaded, that is, where /dev/jailhouse exists, the verbs are for this computer;",
    "else for an emulated machine. A number is a cell's id, anything else its name.",
    heading("OPTIONS"),
    ...root
      .createHelp()
      .visibleOptions(root)
      .flatMap(({ flags, description }) => tagged(flags, description)),
    heading("VERBS"),
    ...visible(root)
      .filter((one) => !isGroup(one))
      .flatMap(verb),
    heading("GROUPS OF VERBS"),
    ...groups.flatMap((one) => tagged(one.name(), `${one.description()}: ${pageName(one)}(1)`)),
    heading("ENVIRONMENT"),
    ...ENVIRONMENT.flatMap(([name, meaning]) => tagged(name, meaning)),
    heading("EXIT STATUS"),
    ...EXIT_STATUS.flatMap(([status, meaning]) => tagged(status, meaning)),
    heading("SEE ALSO"),
    references(groups.map(pageName)),
  ];
  return `${lines.join("\n")}\n`;
}

/** All pages, by their files' names. */
export function manPages(): Map<string, string> {
  const root = program(processIo([]));
  const groups = visible(root).filter(isGroup);
  return new Map([
    [`jailhouse.${SECTION}`, mainPage(root)],
    ...groups.map((one) => [`${pageName(one)}.${SECTION}`, groupPage(one)] as const),
  ]);
}

/** Writes the pages that are not what the grammar says, and removes what has no group; their paths. */
export function generateManPages(check = false): string[] {
  const pages = manPages();
  const there = existsSync(DIRECTORY) ? readdirSync(DIRECTORY) : [];
  const path = (name: string) => join(DIRECTORY, name);
  const stale = [...pages].filter(
    ([name, page]) => !there.includes(name) || readFileSync(path(name), "utf8") !== page,
  );
  const left = there.filter((name) => !pages.has(name));
  if (!check) {
    mkdirSync(DIRECTORY, { recursive: true });
    for (const [name, page] of stale) writeFileSync(path(name), page);
    for (const name of left) rmSync(path(name));
  }
  return [...stale.map(([name]) => name), ...left].map((name) => `man/${name}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const stale = generateManPages(process.argv.includes("--check"));
  for (const path of stale) console.log(path);
  if (process.argv.includes("--check") && stale.length > 0) process.exitCode = 1;
}
