// Titles of the conformance cases, in the order of their numbers (index.ts).

export const CASES: readonly string[] = [
  "an absurd reservation is refused",
  "a communication page is shared",
  "reads on a cell's behalf follow its map",
  "scrubbed memory is zero",
  "accesses exit where the map does not grant them",
  "fetches exit where the map does not grant them",
  "ports that are not granted exit",
  "granted ports do not exit",
  "MSRs exit for the directions that are not granted",
  "CPUID exits",
  "a reset CPU is in the start state",
  "a stopped CPU waits and goes on",
  "an NMI arrives at a halted CPU",
  "an exception is injected",
  "a triple fault exits",
  "time passes and never goes back",
  "the pool gives to cells and gets back",
  "MSRs are written",
  "any address may be named",
];
