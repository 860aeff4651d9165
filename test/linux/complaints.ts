// What a boot's messages say that a healthy one's do not.
import type { Linux } from "../../control/guest/linux.ts";

const COMPLAINT = /WARN|BUG|unstable|failed to come online|warp|not syncing/;

/** The kernel's messages that are complaints. */
export async function complaints(linux: Linux): Promise<string[]> {
  const { out } = await linux.run("dmesg");
  return out.split("\n").filter((line) => COMPLAINT.test(line));
}
