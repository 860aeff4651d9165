// The commands within the sentences of the documents, which no test types: the grammar knows each, with its options, and package.json
// each script. Those in blocks are played (ledger.ts).
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import type { Io } from "../../cli/io.ts";
import { program } from "../../cli/program.ts";
import { readText, repositoryFiles } from "../../tools/check/files.ts";
import { endless, itemsOfPage } from "./blocks.ts";
import { LEDGER } from "./ledger.ts";

const PAGES = repositoryFiles().filter((path) => path.endsWith(".md"));
const SPAN = /`([^`\n]+)`/g;
const COMMAND = /^(?:sudo |npx )?(?:tools\/)?jailhouse ((?:(?! \d?>)[^&|])*)/;
/** What stands for something else: a name in capitals, dots, brackets. */
const PLACEHOLDER = /\b[A-Z]{3,}\b|\.\.\.|…|\[/;
const SCRIPT = /\bnpm run ([\w:]+)/g;
/** In an argument of `npm run metal:run`. */
const QUOTED = /"jailhouse ([^"]*)"/g;
/** No verb runs. */
const NOWHERE = {} as Io;
/** An argument, in quotation marks or not. */
const WORD = /"[^"]*"|\S+/g;

/** The code within a page's sentences, without its blocks. */
function spansOf(page: string): string[] {
  const prose = readText(page).replace(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(SPAN)].map(([, code]) => code!);
}

/** The command lines of a page: those of its sentences, and those of its blocks. */
function commandsOf(page: string): string[] {
  const blocks = page in LEDGER ? itemsOfPage(page).filter(({ isCommand }) => isCommand) : [];
  const quoted = blocks.flatMap(({ text }) => [...text.matchAll(QUOTED)].map(([, line]) => line!));
  const lines = [...spansOf(page), ...blocks.map(({ text }) => endless(text))];
  const own = lines.flatMap((line) => COMMAND.exec(line)?.[1]?.trim() ?? []);
  return [...own, ...quoted].filter((line) => !PLACEHOLDER.test(line));
}

/** Makes every verb do nothing but tell its name. */
function silence(command: Command, tell: (name: string) => void): void {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  for (const each of command.commands) silence(each, tell);
  if (command.commands.length === 0) command.action(() => tell(command.name()));
}

/** Whether it is a verb's name alone, which says what is meant and not what to type. */
function isName(line: string): boolean {
  let at: Command | undefined = program(NOWHERE);
  for (const word of line.split(" ")) at = at?.commands.find((one) => one.name() === word);
  return at !== undefined;
}

const commands = PAGES.flatMap((page) => commandsOf(page).map((line) => [page, line] as const));

describe("documented commands", () => {
  test("are found, those of a first try among them", () => {
    const verbs = commands.map(([, line]) => line.split(" ")[0]);
    expect(verbs).toEqual(expect.arrayContaining(["hardware", "config", "enable", "confirm"]));
    expect(commands.length).toBeGreaterThan(80);
  });

  test.each(commands)("%s: jailhouse %s", async (_, line) => {
    if (isName(line) || /^--(help|version)$/.test(line)) return;
    const told: string[] = [];
    const root = program(NOWHERE);
    silence(root, (name) => void told.push(name));
    await root.parseAsync(line.match(WORD) ?? [], { from: "user" });
    expect(told).toHaveLength(1);
  });

  test.each(PAGES)("%s names scripts that there are", (page) => {
    const { scripts } = JSON.parse(readText("package.json"));
    for (const [, name] of readText(page).matchAll(SCRIPT)) expect(scripts).toHaveProperty([name!]);
  });
});
