// What a check says: findings, each by a rule, at a place, with a reason and, where there is one, an edit that repairs it.
import type { Config } from "../types.ts";

/** `error`: refused, or certain to fail; `warning`: probably a mistake; `note`: worth knowing, no finding by itself. */
export type Severity = "error" | "warning" | "note";

/** Where something stands: the file's index in the set, and the path in its model, such as `memory[2].size`. */
export interface Place {
  readonly file: number;
  /** Empty for the file as a whole. */
  readonly path: string;
}

/** One change of a configuration's model that a program can make. */
export type Edit =
  | { readonly op: "set"; readonly at: Place; readonly value: unknown }
  | { readonly op: "remove"; readonly at: Place }
  /** Appends to the list at the place. */
  | { readonly op: "add"; readonly at: Place; readonly value: unknown };

/** A range of addresses that a finding is about, for the picture. */
export interface Shown {
  readonly label: string;
  readonly start: bigint;
  readonly size: bigint;
}

export interface Finding {
  /** Id of the rule, such as `memory-hypervisor`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly place: Place;
  /** One sentence with numbers, without a full stop. */
  readonly message: string;
  /** Other places that have a part in it. */
  readonly related: readonly Place[];
  /** Changes that repair it, together. */
  readonly fix: readonly Edit[];
  /** What to do when no edit can be computed. */
  readonly advice?: string | undefined;
  readonly ranges: readonly Shown[];
}

/** What a rule is, for SARIF and the documentation. */
export interface Rule {
  readonly severity: Severity;
  /** What is wrong, in a few words. */
  readonly title: string;
}

/** The parts of a finding that not every rule has. */
export interface Extra {
  readonly fix?: readonly Edit[];
  readonly advice?: string;
  readonly related?: readonly Place[];
  readonly ranges?: readonly Shown[];
}

/** Tells a finding. */
export type Report<Id extends string> = (
  rule: Id,
  place: Place,
  message: string,
  extra?: Extra,
) => void;

/** Rules that belong together. */
export interface Family {
  readonly rules: Readonly<Record<string, Rule>>;
  check(set: import("./set.ts").ConfigSet): Finding[];
}

const ADDRESS_BITS = 64;

/** Whether a value can stand in a file: arithmetic with absurd numbers may leave what an entry holds. */
function canStand(value: unknown): boolean {
  if (typeof value === "bigint") return value === BigInt.asUintN(ADDRESS_BITS, value);
  if (typeof value === "number") return Number.isInteger(value) && value >= 0;
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(canStand);
}

/** A family from its rules and the function that applies them to a whole set. */
export function family<Id extends string>(
  rules: Readonly<Record<Id, readonly [Severity, string]>>,
  apply: (set: import("./set.ts").ConfigSet, report: Report<Id>) => void,
): Family {
  const facts = Object.entries(rules) as [Id, readonly [Severity, string]][];
  return {
    rules: Object.fromEntries(facts.map(([id, [severity, title]]) => [id, { severity, title }])),
    check(set) {
      const findings: Finding[] = [];
      apply(set, (rule, place, message, { fix = [], related = [], ranges = [], advice } = {}) => {
        const [severity] = rules[rule];
        const sound = fix.every((edit) => edit.op === "remove" || canStand(edit.value)) ? fix : [];
        findings.push({ rule, severity, place, message, fix: sound, related, ranges, advice });
      });
      return findings;
    },
  };
}

/** A configuration as the check gets it. */
export interface Input {
  /** Path as the person gave it. */
  readonly path: string;
  /** Absent when the file could not be read as a configuration. */
  readonly config?: Config | undefined;
  /** Bytes that follow the configuration in a built file. */
  readonly trailing?: number | undefined;
  /** Text of a TypeScript, JavaScript or JSON source. */
  readonly source?: string | undefined;
  /** Why there is no configuration. */
  readonly failure?: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string | undefined;
    /** The module that it is in, where that is an import of the file. */
    readonly file?: string | undefined;
    /** Offset in a built file, or line of a source. */
    readonly offset?: number | undefined;
    readonly line?: number | undefined;
    readonly column?: number | undefined;
  };
}
