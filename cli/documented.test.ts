// The commands that pages tell people to type where no test types them (test/tutorial does the others): the grammar knows each, with
// its options.
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import type { Io } from "./io.ts";
import { program } from "./program.ts";

const PAGES = [
  "docs/configure-your-machine.md",
  "docs/inmates.md",
  "docs/metal.md",
  "docs/package.md",
  "docs/remote.md",
];
const BLOCK = /```sh\n([\s\S]*?)```/g;
const COMMAND = /^(?:sudo |npx )?(?:tools\/)?jailhouse (.*)$/;
/** No verb runs. */
const NOWHERE = {} as Io;
/** In an argument of `npm run metal:run`. */
const QUOTED = /"jailhouse ([^"]*)"/g;

/** The command lines of a page's blocks, without comments. */
function commandsOf(page: string): string[] {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), "utf8");
  const lines = [...text.matchAll(BLOCK)].flatMap(([, block]) => block!.split("\n"));
  return lines.flatMap((line) => {
    const [plain] = line.split(/\s+#/);
    const quoted = [...plain!.matchAll(QUOTED)].map(([, command]) => command!);
    const command = COMMAND.exec(plain!)?.[1];
    return command === undefined ? quoted : [command];
  });
}

/** Makes every verb do nothing but tell its name. */
function silence(command: Command, tell: (name: string) => void): void {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  for (const each of command.commands) silence(each, tell);
  if (command.commands.length === 0) command.action(() => tell(command.name()));
}

/** An argument, in quotation marks or not. */
const WORD = /"[^"]*"|\S+/g;

const commands = PAGES.flatMap((page) => commandsOf(page).map((line) => [page, line] as const));

describe("documented commands", () => {
  test("are found, those of a first try among them", () => {
    const verbs = commands.map(([, line]) => line.split(" ")[0]);
    expect(verbs).toEqual(expect.arrayContaining(["hardware", "config", "enable", "confirm"]));
    expect(commands.length).toBeGreaterThan(15);
    expect([...new Set(commands.map(([page]) => page))]).toEqual(PAGES);
  });

  test.each(commands)("%s: jailhouse %s", async (_, line) => {
    const told: string[] = [];
    const root = program(NOWHERE);
    silence(root, (name) => void told.push(name));
    await root.parseAsync(line.match(WORD) ?? [], { from: "user" });
    expect(told).toHaveLength(1);
  });
});
