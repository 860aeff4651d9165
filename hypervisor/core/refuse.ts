// Refusals: every one says why on the console.
import { print, printDecimal, printLine } from "./console.ts";

/** Says why a request is refused. Returns -`errno`. */
export function refuse(errno: i32, reason: string): i32 {
  print("Refused: ");
  printLine(reason);
  return -errno;
}

/** Says which item of a configuration is refused and why. Returns -`errno`. */
export function refuseItem(errno: i32, item: string, index: u32, reason: string): i32 {
  print("Refused: ");
  print(item);
  print(" ");
  printDecimal(index);
  print(": ");
  printLine(reason);
  return -errno;
}
