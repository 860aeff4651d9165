// The list of what has never run, in docs/silicon.md: the paragraph after START.

const START = "These have never been executed:\n\n";
const PARAGRAPH = /^[^\n]*(?:\n[^\n]+)*/;

/** The list's paragraph. Throws where the page has none. */
function paragraphOf(page: string): string {
  const start = page.indexOf(START);
  if (start < 0) throw new Error(`the page has no "${START.trim()}"`);
  return PARAGRAPH.exec(page.slice(start + START.length))![0];
}

/** The functions that a page lists. */
export function listed(page: string): string[] {
  return [...paragraphOf(page).matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

/** The page with another list. */
export function withList(page: string, names: readonly string[]): string {
  const text = names.map((name) => `\`${name}\``).join(", ");
  return page.replace(`${START}${paragraphOf(page)}`, `${START}${text}.`);
}
