// What a page has in its fenced blocks: commands to type, files to write, drawings.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/root.ts";

/** A fenced block: its language ("" where it has none), the file that it is, and its lines. */
export interface Block {
  readonly language: string;
  readonly file: string;
  readonly lines: readonly string[];
}

/** One thing that a page tells to do: a command with the lines that it should print, or a block as a whole. */
export interface Item {
  readonly isCommand: boolean;
  /** The command without its comment, or all of the block. */
  readonly text: string;
  readonly comment: string;
  readonly printed: readonly string[];
  readonly block: Block;
}

/** The blocks of a page's text. */
export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w*) ?(\S*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", file = "", body = ""]) => ({
      language,
      file,
      lines: body.replace(/\n$/, "").split("\n"),
    }),
  );
}

/** A command of a block that has nothing but commands; its comment begins after a blank. */
function commandOf(line: string, block: Block): Item {
  const [text = "", ...comment] = line.split(/\s+# /);
  return { isCommand: true, text, comment: comment.join(" # "), printed: [], block };
}

/** Commands begin with `$ `, and what they print follows. */
function conversation(block: Block): Item[] {
  const items: (Item & { printed: string[] })[] = [];
  for (const line of block.lines) {
    if (line.startsWith("$ "))
      items.push({ isCommand: true, text: line.slice(2), comment: "", printed: [], block });
    else items.at(-1)!.printed.push(line);
  }
  return items;
}

/** What a block says to do. */
export function itemsOf(block: Block): Item[] {
  if (block.language === "console") return conversation(block);
  if (block.language === "sh")
    return block.lines.filter((line) => line !== "").map((line) => commandOf(line, block));
  const text = block.lines.join("\n");
  return [{ isCommand: false, text, comment: "", printed: [], block }];
}

/** All that a page tells to do, in the order printed. */
export function itemsOfPage(page: string): Item[] {
  return blocksOf(readFileSync(join(ROOT, page), "utf8")).flatMap(itemsOf);
}

/** Commands that a person ends, or that take a person's day or a minute's luck, as tests type them. */
const BY_THEMSELVES = [
  [/^(jailhouse serial \d) -f$/, "$1"],
  [/\b(jailhouse console) -f$/, "$1"],
  [/\b(jailhouse cell stats? \S+)$/, "$1 --count 1"],
  [/ --cases 1000000\b/, " --cases 20"],
  // A busy host takes longer than a minute for two commands.
  [/ --try 60\b/, " --try 86400"],
] as const;

/** A command as it ends by itself. */
export const endless = (text: string): string =>
  BY_THEMSELVES.reduce((command, [from, to]) => command.replace(from, to), text);
