// What a release takes from the changelog: headings are `## Unreleased`, or `## VERSION — DATE`.

const HEADING = /^## (.*)$/gm;
const DATE = /^(\S+) — (\d{4}-\d{2}-\d{2})$/;
const UNRELEASED = "Unreleased";

/** The sections by their headings, in their order. */
function sections(changelog: string): Map<string, string> {
  const headings = [...changelog.matchAll(HEADING)];
  return new Map(
    headings.map(({ 0: line, 1: title, index }, at) => [
      title!,
      changelog.slice(index + line.length, headings[at + 1]?.index).trim(),
    ]),
  );
}

/** The notes of a release: its section, or, as long as it has none of its own with a date, what is unreleased. */
export function notesOf(changelog: string, version: string): string {
  const all = [...sections(changelog)];
  const dated = all.find(([title]) => DATE.exec(title)?.[1] === version);
  const [, text] = dated ??
    all.find(([title]) => title === UNRELEASED) ??
    all.find(([title]) => title.startsWith(`${version} `)) ?? ["", ""];
  if (text !== "") return text;
  throw new Error(`CHANGELOG.md has nothing about ${version}`);
}

/** What has to be done before the version can be released, a line each. */
export function readiness(
  changelog: string,
  version: string,
  { changes, tags }: { readonly changes: string; readonly tags: readonly string[] },
): string[] {
  const titles = [...sections(changelog).keys()];
  const isDated = titles.some((title) => DATE.exec(title)?.[1] === version);
  return [
    ...(isDated ? [] : [`CHANGELOG.md has no section "## ${version} — YYYY-MM-DD"`]),
    ...(titles.includes(UNRELEASED) ? ['CHANGELOG.md has a section "Unreleased"'] : []),
    ...(changes === "" ? [] : ["there are changes that are not committed"]),
    ...(tags.includes(`v${version}`) ? [`the tag v${version} exists: raise the version`] : []),
  ];
}
