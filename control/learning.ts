// The system configuration's flag for learning (an addition of this project).
import { SYS_FLAG_LEARN, SYS_FLAGS, SYS_HEADER_SIZE } from "../abi/config.ts";

/** The flag's bit. */
export const LEARN_FLAG = SYS_FLAG_LEARN;

/** A copy that makes the hypervisor learn. What is too short to have the flag stays as it is: others refuse it. */
export function learning(config: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(config);
  if (copy.length < SYS_HEADER_SIZE) return copy;
  const view = new DataView(copy.buffer);
  view.setUint32(SYS_FLAGS, view.getUint32(SYS_FLAGS, true) | SYS_FLAG_LEARN, true);
  return copy;
}
