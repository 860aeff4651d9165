// jailhouse disable

import { type CommonOptions, withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";

export async function disable(io: Io, options: CommonOptions): Promise<void> {
  await withMachine(io, options, (session) => attempt("JAILHOUSE_DISABLE", session.disable()));
  io.out("The Jailhouse was closed.\n");
}
