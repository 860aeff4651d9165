// Runs random programs in all ways, and compares.
import { Random } from "../interpreter/snippets.ts";
import { difference } from "./compare.ts";
import { Places } from "./places.ts";
import { makeProgram } from "./programs.ts";
import { runProgram, STEPPED, WAYS } from "./ways.ts";
import { World } from "./world.ts";

/** Programs of different seeds. */
const SEEDS_APART = 1_000_003;
const MOST_WRONG = 5;

export interface Findings {
  /** A case is a program and a way to run it. */
  cases: number;
  /** What went wrong, with the program's seed and the way. */
  wrong: string[];
  /** How often what happened where (places.ts). */
  counts: Map<string, number>;
}

/** Runs about `cases` cases, fewer if many go wrong; the same seed gives the same ones. */
export function runCampaign(seed: number, cases: number): Findings {
  const reference = new World();
  const world = new World();
  const findings: Findings = { cases: 0, wrong: [], counts: new Map() };
  for (let i = 0; findings.cases < cases && findings.wrong.length < MOST_WRONG; i++) {
    const program = makeProgram(seed * SEEDS_APART + i);
    reference.prepare(program);
    const places = new Places(reference, program, findings.counts);
    const random = new Random(program.seed);
    runProgram(reference, program, STEPPED, random, (what, rip) => places.count(what, rip));
    for (const way of WAYS) {
      runProgram(world, program, way, random, (what, rip) => places.count(what, rip));
      const found = difference(world, reference);
      findings.cases++;
      if (!found) continue;
      findings.wrong.push(`program ${program.seed}, ${way.name}: ${found}`);
      break;
    }
  }
  return findings;
}
