// jailhouse serial [0|1|2] [-f | --follow] [--send TEXT]

import type { LineNumber } from "../control/api.ts";
import type { FollowOptions } from "./console.ts";
import { withMachine } from "./context.ts";
import { attempt, UsageError } from "./failure.ts";
import { follow } from "./follow.ts";
import { type Io, serialBytes } from "./io.ts";

export interface SerialOptions extends FollowOptions {
  readonly send?: string;
}

/** Prints what a serial line (0: COM1, 1: COM2, 2: the virtio console) has sent so far, and with `follow` what comes. */
export async function serial(
  io: Io,
  argument: string | undefined = "0",
  options: SerialOptions,
): Promise<void> {
  if (!/^[012]$/.test(argument)) {
    throw new UsageError(
      `there is no serial line "${argument}": 0 is COM1, 1 is COM2, 2 the virtio console`,
    );
  }
  const line = Number(argument) as LineNumber;
  await withMachine(io, options, async (session) => {
    const { send } = options;
    if (send !== undefined) await attempt("writing serial", session.serial(line).write(send));
    if (options.follow) {
      await follow(io, session, (listener) => session.attachSerial(line, listener));
    } else if (send === undefined) {
      io.out(serialBytes(await attempt("reading serial", session.serial(line).text())));
    }
  });
}
