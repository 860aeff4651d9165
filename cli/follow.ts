// Following a line of output until the user has seen enough or the machine stops.

import type { Attachment, OpenSession } from "../control/api.ts";
import { CommandFailure } from "./failure.ts";
import { type Io, serialBytes } from "./io.ts";

/** Prints past and future output. Returns when interrupted, or when the machine was stopped. Throws when it was lost. */
export async function follow(
  io: Io,
  session: OpenSession,
  attach: (listener: (text: string) => void) => Promise<Attachment>,
): Promise<void> {
  let early = "";
  let show = (text: string) => {
    early += text;
  };
  const { text, stop } = await attach((piece) => show(piece));
  show = (piece) => io.out(serialBytes(piece));
  io.out(serialBytes(text + early));
  const interrupted = io.interrupted().then(() => true as const);
  const ended = session.closed.then((reason) => ({ reason }));
  const end = await Promise.race([interrupted, ended]);
  const wasUser = end === true;
  stop();
  if (!wasUser && end.reason !== undefined) throw new CommandFailure(end.reason);
  // The terminal shows ^C in the middle of a line, where the shell's prompt would stand next.
  if (wasUser && io.terminal) io.out("\n");
}
