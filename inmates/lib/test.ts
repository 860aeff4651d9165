// Checks that an inmate makes of itself; their lines are the original's.
import { print } from "./print.ts";

let failures: u32 = 0;

/** Compares and prints `Test at line #<line> passed` or `FAILED`, then what differs. */
export function expectEqual(line: u32, actual: u64, expected: u64): void {
  print("Test at line #").unsigned(line);
  if (actual == expected) {
    print(" passed").line();
    return;
  }
  failures++;
  print(" FAILED").line();
  print(" ").unsigned(actual).text(" != ").unsigned(expected).line();
}

/** How many comparisons have failed. */
export function failedTests(): u32 {
  return failures;
}
