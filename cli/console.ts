// jailhouse console [-f | --follow]

import { type CommonOptions, withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import { follow } from "./follow.ts";
import { type Io, serialBytes } from "./io.ts";

export interface FollowOptions extends CommonOptions {
  readonly follow?: boolean;
}

/** Prints what the hypervisor's console holds, and with `follow` what comes. */
export async function showConsole(io: Io, options: FollowOptions): Promise<void> {
  await withMachine(io, options, async (session) => {
    if (!options.follow)
      io.out(serialBytes(await attempt("reading console", session.consoleText())));
    else {
      await follow(io, session, (listener) =>
        attempt("reading console", session.attachConsole(listener)),
      );
    }
  });
}
