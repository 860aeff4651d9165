// One at a time: whatever touches the machine takes a turn, in the order of arrival, so that two clients cannot interleave
// a change.

import { EAGAIN } from "../abi/errno.ts";
import { SystemError } from "./errors.ts";

/** Requests that may wait for their turn. */
const WAITING_MAX = 1000;

export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Runs the action when all earlier ones have ended, whether well or not. Throws EAGAIN when too many wait. */
  async take<T>(action: () => Promise<T>): Promise<T> {
    if (this.#waiting >= WAITING_MAX) {
      throw new SystemError(EAGAIN, { hint: "Too many requests wait for this machine." });
    }
    this.#waiting++;
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }
}
