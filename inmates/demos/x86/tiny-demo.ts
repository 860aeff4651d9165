// The smallest inmate that does something: it greets and prints the time ten times, a second apart.
import { print, println, readPmTimer, sleepUs } from "jailhouse-ts/inmate";

const LINES: u32 = 10;
const SECOND_US: u64 = 1000000;
const WIDTH: u32 = 11;

export function main(): void {
  println("Hello from this tiny cell!");
  for (let i: u32 = 0; i < LINES; i++) {
    print("PM Timer: ").unsigned(readPmTimer(), WIDTH).line();
    sleepUs(SECOND_US);
  }
}
