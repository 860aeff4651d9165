// Relative links in Markdown files lead somewhere, headings included.
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { ROOT } from "../root.ts";
import type { Check } from "./check.ts";
import { readText, repositoryFiles } from "./files.ts";

/** The text without code, in which links are not links. */
function prose(text: string): string {
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");
}

/** The names under which GitHub links the headings of a page. */
function anchors(text: string): Set<string> {
  const headings = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").matchAll(/^#{1,6} +(.*)$/gm);
  const names = [...headings].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
  return new Set(names);
}

/** What is wrong with a link on a page, if anything. */
export function linkFault(page: string, link: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return undefined;
  const [path, anchor] = link.split("#") as [string, string | undefined];
  const target = path === "" ? page : posix.join(posix.dirname(page), decodeURIComponent(path));
  if (target.startsWith("..")) return `${page}: ${link} leads out of the repository`;
  if (!existsSync(join(ROOT, target))) return `${page}: ${link} does not exist`;
  if (anchor && target.endsWith(".md") && !anchors(readText(target)).has(anchor))
    return `${page}: ${link}: ${target} has no such heading`;
  return undefined;
}

export const links: Check = {
  name: "links in the documents",
  run() {
    const pages = repositoryFiles().filter((path) => path.endsWith(".md"));
    const failures = pages.flatMap((page) =>
      [
        ...prose(readText(page)).matchAll(
          /\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)|<img[^>]* src="([^"]+)"/g,
        ),
      ]
        .map(([, link, image]) => linkFault(page, (link ?? image) as string))
        .filter((fault) => fault !== undefined),
    );
    return { failures, note: `${pages.length} pages` };
  },
};
