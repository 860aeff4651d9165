// Which test shows each command and each block of the documents to be right. A page with a block that is neither taken by a test nor
// named here with a reason fails (ledger.test.ts), and so does a line here that stands for nothing any more.
import { type Item, itemsOfPage } from "./blocks.ts";

/** A test's file, or why none can play it. */
export type Way = string | { readonly unplayed: string };
/** What it is about, and its way. The first that fits counts. */
export type Rule = readonly [pattern: RegExp, way: Way];

const unplayed = (reason: string): Way => ({ unplayed: reason });
const ALL = /^/;
const DRAWING = unplayed("a drawing");
const OTHER_COMPUTER = unplayed("another computer's: it would be written to");

const PC = "test/pages/pc.test.ts";
const README = "test/pages/readme.test.ts";
const LONG = "test/pages/long.test.ts";
const PACKAGE = "test/package/package.test.ts";
const CREATED = "test/metal/linux-created.test.ts";
const SESSION = "test/metal/linux-session.test.ts";
const LINUX = "test/linux/page.test.ts";
const HOST = "test/metal/host.test.ts";
const TARGET = "test/metal/linux-target.test.ts";

/** Every page that has a block, and what becomes of its blocks. */
export const LEDGER: Readonly<Record<string, readonly Rule[]>> = {
  "ARCHITECTURE.md": [[ALL, DRAWING]],
  "README.md": [
    [/^npm test$/, unplayed("these tests themselves; continuous integration types it")],
    [/^npm run demo:linux$/, SESSION],
    [/startSession/, PACKAGE],
    [ALL, README],
  ],
  "docs/campaigns.md": [[ALL, LONG]],
  "docs/cell-life-cycle.md": [[ALL, DRAWING]],
  "docs/command.md": [[ALL, PC]],
  "docs/configuration.md": [[ALL, PC]],
  "docs/configure-your-machine.md": [
    [/^sudo /, CREATED],
    [/ config import /, "cli/config-import.test.ts"],
    [ALL, PC],
  ],
  "docs/editors.md": [
    [/"tasks": \[/, "test/check/problem-matcher.test.ts"],
    [ALL, PACKAGE],
  ],
  "docs/explain.md": [
    [/ config learn /, LONG],
    [ALL, PC],
  ],
  "docs/first-cell.md": [[ALL, "test/pages/first-cell.test.ts"]],
  "docs/hypervisor.md": [[ALL, DRAWING]],
  "docs/inmates-in-c.md": [[ALL, "test/pages/inmates-in-c.test.ts"]],
  "docs/inmates.md": [[ALL, "test/pages/inmates.test.ts"]],
  "docs/linux.md": [[ALL, LINUX]],
  "docs/metal.md": [
    [/^npm run (metal:demo|demo:linux)/, SESSION],
    [/^GRUB_CMDLINE_LINUX=/, PC],
    [/^(npm run|make) /, HOST],
    [ALL, CREATED],
  ],
  "docs/package.md": [[ALL, PACKAGE]],
  "docs/remote.md": [
    [/^scp /, OTHER_COMPUTER],
    [/^(npm run|make) /, HOST],
    [ALL, TARGET],
  ],
};

/** What becomes of an item of a page; undefined: nobody has thought of it. */
export const wayOf = (page: string, { text }: Item): Way | undefined =>
  LEDGER[page]?.find(([pattern]) => pattern.test(text))?.[1];

/** What a test has to play of a page, in the order printed. */
export const itemsFor = (test: string, page: string): Item[] =>
  itemsOfPage(page).filter((item) => wayOf(page, item) === test);
