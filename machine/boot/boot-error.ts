// What is wrong with a kernel.
import { MachineError } from "../error.ts";

/** Refuses a kernel or a module, with the reason and what would help. */
export function refuse(message: string, hint = ""): never {
  throw new MachineError("bad-kernel", message, hint);
}
