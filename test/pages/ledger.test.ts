// Nothing that a document tells people to type goes unplayed in silence.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readText, repositoryFiles } from "../../tools/check/files.ts";
import { ROOT } from "../../tools/root.ts";
import { blocksOf, itemsOf, itemsOfPage } from "./blocks.ts";
import { LEDGER, wayOf } from "./ledger.ts";

const FENCE = /^\s*(```|~~~)/;
const fences = (text: string) => text.split("\n").filter((line) => FENCE.test(line)).length;
const PAGES = repositoryFiles().filter((path) => path.endsWith(".md") && fences(readText(path)));

test("the ledger has the pages that have blocks, and no others", () => {
  expect(Object.keys(LEDGER).sort()).toEqual([...PAGES].sort());
});

describe.each(PAGES)("%s", (page) => {
  const text = readText(page);

  test("every fence belongs to a block that is understood", () => {
    expect(blocksOf(text).length * 2).toBe(fences(text));
    for (const { language, lines } of blocksOf(text)) {
      expect(["", "sh", "console", "ts", "json", "yaml"]).toContain(language);
      // What is typed is told from what is drawn.
      if (language === "")
        expect(lines.filter((line) => /^(\$|jailhouse|npm) /.test(line))).toEqual([]);
      if (language === "console") expect(lines[0]).toMatch(/^\$ /);
    }
  });

  test("every item is played by a test that takes it from the page, or has a reason", () => {
    for (const item of itemsOfPage(page)) {
      const way = wayOf(page, item);
      expect(way, item.text).toBeDefined();
      if (typeof way !== "string") expect(way!.unplayed, item.text).toMatch(/\w+ \w+/);
      else if (existsSync(join(ROOT, way)))
        expect(readText(way).includes(`"${page}"`), `${way} plays ${page}`).toBe(true);
      else expect.fail(`${way}, which is to play ${item.text}, does not exist`);
    }
  });

  test("every rule is some item's", () => {
    const used = new Set(
      itemsOfPage(page).map(({ text }) => LEDGER[page]!.find(([pattern]) => pattern.test(text))),
    );
    expect(LEDGER[page]!.filter((rule) => !used.has(rule))).toEqual([]);
  });
});

test("a command that nobody has thought of has no way", () => {
  const [item] = itemsOf(blocksOf("```sh\nrm -r .  # all of it\n```\n")[0]!);
  expect(item).toMatchObject({ isCommand: true, text: "rm -r .", comment: "all of it" });
  expect(wayOf("docs/new.md", item!)).toBeUndefined();
});
