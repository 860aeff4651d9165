// Plays a record again, and says where the machine does otherwise than it did.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Session, StartMachine, SteppedSession } from "../api.ts";
import { toSystemError } from "../errors.ts";
import { Fields } from "../protocol.ts";
import { type CheckEntry, type InputEntry, type ParsedRecord, refuse } from "./format.ts";
import { CALLS, type Input } from "./journal.ts";
import { decodeOptions, type Places } from "./options.ts";

/** Most virtual time that passes at once, in nanoseconds. */
const TURN = 10e6;

/** Where a replay is not what was recorded any more. */
export interface Divergence {
  /** Virtual time at which it was seen, and the last one at which all was as recorded, in nanoseconds. */
  readonly time: number;
  readonly since: number;
  /** What is different, for people. */
  readonly what: string;
}

/** What became of a replay. */
export interface Replayed {
  /** Of the machine that it ended with; to be closed. */
  readonly session: SteppedSession;
  /** What was played and found to be the same. */
  readonly inputs: number;
  readonly checks: number;
  readonly divergence: Divergence | undefined;
}

export interface ReplayOptions {
  /** Virtual time up to which it is played; default: its last entry. */
  readonly until?: number;
  /** Where the record's files are now. */
  readonly places?: Places;
  /** Is called now and then with virtual time. */
  readonly onTime?: (time: number) => void;
  /** Gets what COM1 says. */
  readonly onConsole?: (text: string) => void;
}

/** What is different, in words; undefined for nothing. */
type Difference = string | undefined;

/** Plays a record on a fresh machine. Throws EINVAL for what is no record, and what starting a machine does. */
export async function replay(
  { header, entries }: ParsedRecord,
  startMachine: StartMachine,
  { until = Number.POSITIVE_INFINITY, places, onTime, onConsole }: ReplayOptions = {},
): Promise<Replayed> {
  for (const entry of entries)
    if ("input" in entry && !Object.hasOwn(CALLS, entry.input))
      refuse(`has an unknown input "${entry.input}"`);
  const session = await startMachine(decodeOptions(header.options, places));
  if (onConsole) await session.serial(0).follow(onConsole);
  const count = { inputs: 0, checks: 0 };
  let since = 0;
  for (const entry of entries) {
    if (entry.time > until) break;
    const what =
      (await goTo(session, entry.time, onTime)) ??
      ("input" in entry ? await playInput(session, entry) : await compare(session, entry));
    const time = Math.min(await session.time(), entry.time);
    if (what !== undefined) return { session, ...count, divergence: { time, since, what } };
    count["input" in entry ? "inputs" : "checks"]++;
    if ("check" in entry) since = entry.time;
  }
  if (until < Number.POSITIVE_INFINITY) await goTo(session, until, onTime);
  return { session, ...count, divergence: undefined };
}

/** Lets time pass up to there. What goes wrong inside the machine went wrong when it was recorded, too: the check points tell. */
async function goTo(
  session: SteppedSession,
  time: number,
  onTime?: (time: number) => void,
): Promise<Difference> {
  for (let now = await session.time(); now < time; ) {
    const failure = await session
      .advance(Math.min(TURN, time - now), () => false)
      .catch((error) => toSystemError(error));
    const reached = await session.time();
    if (reached === now) {
      const why = typeof failure === "boolean" ? "the machine has ended" : failure.hint;
      return `time stands still at ${now} ns (${why}), and went to ${time} ns when it was recorded`;
    }
    now = reached;
    onTime?.(now);
    await nextTurn();
  }
  const reached = await session.time();
  return reached === time ? undefined : `time goes to ${reached} ns, and stopped at ${time} ns`;
}

async function playInput(session: Session, entry: InputEntry): Promise<Difference> {
  const { input, params, result } = entry;
  let code = "";
  try {
    await CALLS[input as Input](session, new Fields(params));
  } catch (error) {
    code = toSystemError(error).code;
  }
  if (code === result) return undefined;
  return `${input} ends with ${code || "success"}, and ended with ${result || "success"}`;
}

async function compare(session: SteppedSession, { check }: CheckEntry): Promise<Difference> {
  const here = session.checkPoint();
  if (here.console !== check.console) return "the serial lines have sent something else";
  if (here.state !== check.state) return "the CPUs or the devices are in another state";
  if (check.all === undefined || check.all === (await session.fingerprint())) return undefined;
  return "memory has other contents";
}
