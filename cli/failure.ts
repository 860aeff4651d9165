// How a command ends when it cannot do what it should: perror's line, a hint, exit status 1; or, on misuse, the usage.

import { ECONNRESET, toSystemError } from "../control/errors.ts";

/** Ends a command with this line on stderr and exit status 1. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  /** A line that says why, or what to do. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string | undefined) {
    super(message);
    this.hint = hint;
  }
}

/** The command line makes no sense: its usage is shown. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Ends a command with this exit status; it has said all that there is to say. */
export class ExitStatus extends Error {
  override readonly name = "ExitStatus";
  readonly status: number;

  constructor(status: number) {
    super(`exit status ${status}`);
    this.status = status;
  }
}

/** Waits for something; its failure becomes `what: strerror`, as perror prints it. */
export async function attempt<T>(what: string, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    throw perror(what, error);
  }
}

/** The failure that perror's line for this error makes. */
export function perror(what: string, error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  const { message, hint, errno, subject = what } = toSystemError(error);
  // That there is nobody any more says all.
  if (errno === ECONNRESET && hint !== undefined) return new CommandFailure(`${subject}: ${hint}`);
  return new CommandFailure(`${subject}: ${message}`, hint);
}
