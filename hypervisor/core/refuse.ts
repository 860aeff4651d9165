// Refusals: every one says why on the console.
import { beginLine, endLine, print, printDecimal } from "./console.ts";

/** Says why a request is refused. Returns -`errno`. */
export function refuse(errno: i32, reason: string): i32 {
  beginLine("Refused: ");
  print(reason);
  endLine();
  return -errno;
}

/** Says which item of a configuration is refused and why. Returns -`errno`. */
export function refuseItem(errno: i32, item: string, index: u32, reason: string): i32 {
  beginLine("Refused: ");
  print(item);
  print(" ");
  printDecimal(index);
  print(": ");
  print(reason);
  endLine();
  return -errno;
}
