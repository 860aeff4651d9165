// Findings about pairs, put together for people: twenty cells that share a page are one mistake, not a hundred and ninety. Programs
// get every pair.
import type { Finding, Place } from "./finding.ts";

/** Fewer entries than this have fewer pairs than there would be lines about them. */
const ENTRIES_MIN = 3;

/** A finding, and what there are more of its kind among the same entries. */
export interface Group {
  /** The first of them. */
  readonly finding: Finding;
  /** All entries that have a part in one of the pairs; none for a finding that stands for itself. */
  readonly places: readonly Place[];
  /** How many findings there are in it. */
  readonly count: number;
}

/** The entry that a place is in: its fields are no entries of their own. */
const entryOf = ({ file, path }: Place): Place => ({
  file,
  path: path.replace(/\]\.[^\].]*$/, "]"),
});
const keyOf = ({ file, path }: Place): string => `${file}:${path}`;

const alone = (finding: Finding): Group => ({ finding, places: [], count: 1 });

/** Entries of one rule that are connected by findings: a forest, each tree of which is a set (union-find). */
class Sets {
  readonly #parents = new Map<string, string>();

  root(key: string): string {
    const parent = this.#parents.get(key) ?? key;
    if (parent === key) return key;
    const root = this.root(parent);
    this.#parents.set(key, root);
    return root;
  }

  join(a: string, b: string): void {
    this.#parents.set(this.root(a), this.root(b));
  }
}

/** The two entries of a finding that is about two. */
function pairOf({ place, related }: Finding): [Place, Place] | undefined {
  const [other, ...more] = related;
  return other && more.length === 0 ? [entryOf(other), entryOf(place)] : undefined;
}

/** Groups the findings of one rule. */
function groupsOf(findings: readonly Finding[]): Group[] {
  const sets = new Sets();
  for (const finding of findings) {
    const [a, b] = pairOf(finding) ?? [];
    if (a && b) sets.join(keyOf(a), keyOf(b));
  }
  const members = new Map<string, Finding[]>();
  for (const finding of findings) {
    const pair = pairOf(finding);
    const key = pair ? sets.root(keyOf(pair[0])) : `${members.size}`;
    const own = members.get(key);
    if (own) own.push(finding);
    else members.set(key, [finding]);
  }
  return [...members.values()].flatMap((own) => {
    const places = new Map(own.flatMap((one) => pairOf(one) ?? []).map((one) => [keyOf(one), one]));
    const isMany = places.size >= ENTRIES_MIN && own.length >= places.size;
    return isMany
      ? [{ finding: own[0] as Finding, places: [...places.values()], count: own.length }]
      : own.map(alone);
  });
}

/** The findings, those about pairs of the same entries put together, in the order of the first ones. */
export function grouped(findings: readonly Finding[]): Group[] {
  const byRule = new Map<string, Finding[]>();
  for (const finding of findings) {
    const same = byRule.get(finding.rule);
    if (same) same.push(finding);
    else byRule.set(finding.rule, [finding]);
  }
  const order = new Map(findings.map((finding, index) => [finding, index]));
  return [...byRule.values()]
    .flatMap(groupsOf)
    .sort((a, b) => (order.get(a.finding) as number) - (order.get(b.finding) as number));
}

/** Every finding for itself. */
export const ungrouped = (findings: readonly Finding[]): Group[] => findings.map(alone);
