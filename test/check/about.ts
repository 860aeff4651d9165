// Whether a finding is about the entry that a slip has changed, not about anything else that is wrong in consequence.

import { valueAt } from "../../config/check/fix.ts";
import type { Finding, Place } from "../../config/check/index.ts";
import { bdfText } from "../../config/check/rules/pci.ts";
import type { Config } from "../../config/index.ts";
import type { Mutant } from "./operators.ts";

type Entry = Readonly<Record<string, unknown>> | undefined;

/** Whether `path` is `outer` or something in it. */
const isIn = (path: string, outer: string): boolean =>
  path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

/** First and last of what an entry stands for: addresses or ports. */
export function rangesOf(entry: Entry): [bigint, bigint][] {
  if (!entry) return [];
  const size = BigInt((entry.size ?? entry.length ?? 1) as number | bigint);
  const starts = [entry.physicalStart, entry.virtualStart, entry.base, entry.address];
  return starts
    .filter((start) => start !== undefined)
    .map((start) => BigInt(start as number | bigint))
    .map((start) => [start, start + size - 1n]);
}

/** Whether the sentence has a number out of what the entry was, or its name. */
function names(message: string, entry: Entry): boolean {
  if (entry?.bdf !== undefined) return message.includes(bdfText(entry.bdf as number));
  const numbers = (message.match(/\b0x[0-9a-f]+\b/g) ?? []).map(BigInt);
  return rangesOf(entry).some(([first, last]) =>
    numbers.some((number) => first <= number && number <= last),
  );
}

/** The list of an entry: `memory` of `memory[3]`. */
const listOf = (path: string): string => path.replace(/\[\d+\]$/, "");

/**
 * Whether a finding points at the entry; or at the list that lacks it. Where an entry became another one, a list's finding must
 * name by its numbers what was there: `original` is the pair without the slip.
 */
export function isAbout(finding: Finding, mutant: Mutant, original: readonly Config[]): boolean {
  const { file, path } = mutant.place;
  const places: readonly Place[] = [finding.place, ...finding.related];
  const here = places.filter((place) => place.file === file).map((place) => place.path);
  if (mutant.operator === "drop") return here.includes(path);
  if (here.some((place) => isIn(place, path))) return true;
  const entry = valueAt(original[file], mutant.was) as Entry;
  return here.includes(listOf(mutant.was)) && names(finding.message, entry);
}
