// Explaining denied accesses.

export type { Denial } from "./access.ts";
export { type Addition, additionText, applyAddition, isRam } from "./additions.ts";
export { type Explanation, explain } from "./explain.ts";
export type { KnownCell, Situation } from "./owners.ts";
export { missing, repaired } from "./repair.ts";
