// Advice is tried before it is given: what a fix makes of the configurations is checked again.
import { encode } from "../encode.ts";
import { isConfigError } from "../errors.ts";
import type { Config } from "../types.ts";
import type { Finding, Input } from "./finding.ts";
import { applyFix } from "./fix.ts";
import { checkInputs } from "./index.ts";
import type { MachineFacts } from "./machine.ts";

/** Findings of all checks together that trying may take: a damaged file has thousands, in each of them. */
const MAX_WORK = 20_000;
/** What a check costs besides its findings, in findings. */
const CHECK_COST = 50;

interface Count {
  readonly errors: number;
  /** Errors and warnings. */
  readonly faults: number;
}

function count(findings: readonly Finding[]): Count {
  const faults = findings.filter(({ severity }) => severity !== "note");
  return {
    errors: faults.filter(({ severity }) => severity === "error").length,
    faults: faults.length,
  };
}

const ofRule = (findings: readonly Finding[], wanted: string): number =>
  findings.filter(({ rule }) => rule === wanted).length;

/** The files after the edits of one finding. Throws ConfigError when no file can hold them. */
export function repairedInputs(inputs: readonly Input[], { fix }: Finding): Input[] {
  // A rule proposes edits of files that are configurations only.
  const configs = applyFix(inputs.map(({ config }) => config) as Config[], fix);
  return inputs.map((input, index) => {
    if (!input.config) return input;
    encode(configs[index]!);
    return { ...input, config: configs[index] };
  });
}

/** What no advice may exchange another fault for: memory of the hypervisor's in somebody's hands. */
const NEVER_MORE = "memory-hypervisor";

function isBetter(finding: Finding, before: readonly Finding[], after: readonly Finding[]) {
  const [was, now] = [count(before), count(after)];
  const fewer = finding.severity === "note" ? now.faults <= was.faults : now.faults < was.faults;
  const isGone = ofRule(after, finding.rule) < ofRule(before, finding.rule);
  const handsOut = ofRule(after, NEVER_MORE) > ofRule(before, NEVER_MORE);
  return fewer && isGone && now.errors <= was.errors && !handsOut;
}

/**
 * The findings of all files, with the fixes that make things better, and no others: a fix takes a finding of its rule away,
 * brings no error for a warning, hands out nothing of the hypervisor's, and leaves fewer faults than there were. So whoever follows one after the other comes to an
 * end. What could not be tried is not advised.
 */
export function withSoundFixes(
  inputs: readonly Input[],
  findings: readonly Finding[],
  machine: MachineFacts = {},
): Finding[] {
  const tries = Math.ceil(MAX_WORK / (findings.length + CHECK_COST));
  let tried = 0;
  const isSound = (finding: Finding): boolean => {
    if (tried++ >= tries) return false;
    try {
      const after = checkInputs(repairedInputs(inputs, finding), machine);
      return isBetter(finding, findings, after);
    } catch (error) {
      if (isConfigError(error)) return false;
      throw error;
    }
  };
  return findings.map((finding) =>
    finding.fix.length === 0 || isSound(finding) ? finding : { ...finding, fix: [] },
  );
}
