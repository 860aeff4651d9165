// Figures for people: the page pool on the console. The remapping pool is always empty: the core needs no mappings.
import { print, printDecimal, printLine } from "./console.ts";
import { poolSize, poolUsed } from "./pool.ts";

/** Prints how much of the pools is in use; `when` ends the sentence `Page pool usage …`. */
export function printPools(when: string): void {
  print("Page pool usage ");
  print(when);
  print(": mem ");
  printDecimal(poolUsed());
  print("/");
  printDecimal(poolSize());
  printLine(", remap 0/0");
}
