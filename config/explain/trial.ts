// What an explanation proposes is tried before it is said: added, and checked with all files.
import { checkInputs, type Finding } from "../check/index.ts";
import { isConfigError } from "../errors.ts";
import type { Cell, Config } from "../types.ts";
import { type Addition, applyAddition } from "./additions.ts";
import type { Situation } from "./owners.ts";
import type { Reason } from "./reason.ts";

const CONSOLE_SHARED = "debug-console-shared";
/** Warnings that no proposal may bring: the entry gives away what is the hypervisor's, or would not help. */
const NEVER = [
  CONSOLE_SHARED,
  "memory-hypervisor",
  "memory-trapped",
  "memory-msix",
  "memory-iommu",
  "shmem-rights",
];

/** Findings of a situation as it is: there may be many accesses to explain in it. */
const KNOWN = new WeakMap<Situation, Finding[]>();

const byId = (situation: Situation, id: number): Cell | undefined =>
  situation.cells.find((cell) => cell.id === id)?.config;

/** All files, with another configuration in place of one cell's. */
function check(situation: Situation, changed?: { readonly id: number; readonly config: Cell }) {
  const { system, cells } = situation;
  const configOf = (id: number, config: Cell) => (id === changed?.id ? changed.config : config);
  const rootCell = configOf(0, byId(situation, 0) ?? system.rootCell);
  const others = cells
    .filter(({ id }) => id !== 0)
    .map(({ id, config }) => ({
      ...{ kind: "cell", architecture: system.architecture },
      ...configOf(id, config),
    }));
  const configs = [{ ...system, rootCell }, ...others] as Config[];
  return checkInputs(configs.map((config, index) => ({ path: `${index}`, config })));
}

/** What is found now and was not before. */
function fresh(before: readonly Finding[], after: readonly Finding[]): Finding[] {
  const rules = before.map(({ rule }) => rule);
  return after.filter(({ rule, severity }) => {
    const at = rules.indexOf(rule);
    if (at >= 0) rules.splice(at, 1);
    return at < 0 && severity !== "note";
  });
}

/** What a check has against the additions to a cell; nothing where it cannot be asked. */
function objections(situation: Situation, id: number, additions: readonly Addition[]): Finding[] {
  const cell = byId(situation, id);
  if (!cell) return [];
  try {
    const before = KNOWN.get(situation) ?? check(situation);
    KNOWN.set(situation, before);
    const config = additions.reduce((all, one) => applyAddition(all, one), cell);
    return fresh(before, check(situation, { id, config }));
  } catch (error) {
    if (isConfigError(error)) return [];
    throw error;
  }
}

/**
 * The reason with what was tried: no additions that the hypervisor would refuse, that hand out what is its own or that would not help,
 * but why not; and what a check will say of others.
 */
export function tried(situation: Situation, id: number, reason: Reason): Reason {
  if (reason.additions.length === 0) return reason;
  const found = objections(situation, id, reason.additions);
  const isShared = (rule: string) => rule === CONSOLE_SHARED && situation.sharesConsole === true;
  const grave = found.find(
    ({ rule, severity }) => severity === "error" || (NEVER.includes(rule) && !isShared(rule)),
  );
  if (grave) {
    const why = `${reason.why}; no entry is proposed: with one, ${grave.message}`;
    return { ...reason, why, additions: [] };
  }
  return { ...reason, cautions: found.map(({ message, rule }) => `${message} [${rule}]`) };
}
