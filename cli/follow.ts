// Following a line of output until the user has seen enough or the machine stops.

import type { Attachment, OpenSession } from "../control/api.ts";
import { type Io, serialBytes } from "./io.ts";

/** Prints past and future output. Returns when interrupted, or when the machine has gone. */
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
  const interrupted = io.interrupted().then(() => true);
  const wasUser = await Promise.race([interrupted, session.closed.then(() => false)]);
  stop();
  // The terminal shows ^C in the middle of a line, where the shell's prompt would stand next.
  if (wasUser && io.terminal) io.out("\n");
}
