// The processor under the tests, where Linux tells: its maker, and what it has. Where makers differ and manuals leave it open, the PC
// does as AMD's processors do.
import { existsSync, readFileSync } from "node:fs";

const INFO = "/proc/cpuinfo";
const text = existsSync(INFO) ? readFileSync(INFO, "utf8") : "";
const FLAGS = new Set(/^flags\s*: (.*)$/m.exec(text)?.[1]?.split(" "));

/** Made by AMD. */
export const IS_AMD = /^vendor_id\s*: AuthenticAMD$/m.test(text);

/** Whether it has a feature, as Linux calls it. */
export function has(feature: string): boolean {
  return FLAGS.has(feature);
}
