// jailhouse confirm

import { type CommonOptions, withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";

/** Keeps the machine that `enable --try` took over. */
export async function confirm(io: Io, options: CommonOptions): Promise<void> {
  await withMachine(io, options, (session) => attempt("JAILHOUSE_CONFIRM", session.confirm()));
  io.out("The Jailhouse stays open.\n");
}
