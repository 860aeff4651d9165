// Which machines end by themselves.
import type { MachineOptions } from "./api.ts";

/** Whether a machine can end by itself. */
export function canEnd({ kernel, exitPort }: MachineOptions): boolean {
  return kernel !== undefined || exitPort !== undefined;
}

/** Why one is not waited for. */
export const ENDLESS =
  "The machine has neither a kernel nor an exit port: it does not end by itself.";
