// Plays a session on some stage, and checks every answer.

import { setTimeout as sleep } from "node:timers/promises";
import { Difference, expectAll, expectAmong, firstMissing, linesOf, matches } from "./expect.ts";
import type { Screen } from "./screen.ts";
import type { Step } from "./step.ts";

/** How a command ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Where a session is played: something with a shell and two serial ports. It shows what is said there. */
export interface Stage {
  /** Nanoseconds in which what is expected on a serial port must come. */
  readonly patience: number;
  /**
   * By how much the lines that come in one second may differ from the number expected; undefined where the machine's seconds
   * are not ours, because it shares processors with others: then they only have to come.
   */
  readonly beatTolerance: number | undefined;
  /**
   * Seconds of the machine's own clock, where only that one tells what a second is. What a serial port has said before the machine
   * answers can be read when two answers have come.
   */
  clock?(): Promise<number>;
  /** Whether the hypervisor and a cell take turns on COM1, or write at the same time. */
  readonly com1: "shared" | "racing";
  /** Runs a command line. */
  run(command: string): Promise<Ended>;
  /** All that a serial port has said. */
  said(port: "com1" | "com2"): string;
  /** Lets time pass. */
  pass(nanoseconds: number): Promise<void>;
}

export interface PerformOptions {
  readonly screen: Screen;
  /** Milliseconds between two commands. */
  readonly pause?: number;
}

const NS_PER_SECOND = 1e9;
/** By how much the clocks of Linux and of a cell may differ: each calibrates its own on an emulator. */
const CLOCK_DRIFT = 0.25;
/** Time between two looks at what has come. */
const LOOK = 10_000_000;

/** Plays all steps. Throws a Difference at the first that goes otherwise. */
export async function perform(
  steps: readonly Step[],
  stage: Stage,
  { screen, pause = 0 }: PerformOptions,
): Promise<void> {
  for (const step of steps) {
    if (step.remark) screen.show(`\n# ${step.remark}\n`, "remark");
    await screen.type(step.command);
    const start = { com1: stage.said("com1").length, com2: stage.said("com2").length };
    checkCommand(step, await stage.run(step.command));
    await awaitSerial(stage, step, start);
    await awaitBeat(stage, step);
    await sleep(pause);
  }
}

function checkCommand(step: Step, { status, out, err }: Ended): void {
  const { command, status: expected = 0, contains, err: wanted = [] } = step;
  if (contains) expectAmong(`output of "${command}"`, contains, out);
  else expectAll(`output of "${command}"`, step.out ?? [], out);
  // After what failed comes why, which is for people; without a failure nothing may come.
  const errors = wanted.length > 0 ? linesOf(err).slice(0, wanted.length) : linesOf(err);
  expectAll(`errors of "${command}"`, wanted, errors.join("\n"));
  if (status === expected) return;
  throw new Difference(`"${command}": expected exit status ${expected}, but got ${status}`);
}

/** Lets time pass until all that shall come on the serial lines has come. */
async function awaitSerial(
  stage: Stage,
  { com1 = [], com2 = [] }: Step,
  start: { readonly com1: number; readonly com2: number },
): Promise<void> {
  const first = () => stage.said("com1").slice(start.com1);
  const second = () => stage.said("com2").slice(start.com2);
  for (let passed = 0; passed < stage.patience; passed += LOOK) {
    const missing =
      firstMissing(com1, linesOf(first(), false), stage.com1) ??
      firstMissing(com2, linesOf(second(), false), "shared");
    if (missing === undefined) break;
    await stage.pass(LOOK);
  }
  expectAmong("on COM1", com1, first(), stage.com1);
  expectAmong("on COM2", com2, second(), "shared");
}

/** Number of lines on COM1 from `start` on that match. */
function countLines(stage: Stage, line: string, start: number): number {
  const lines = linesOf(stage.said("com1").slice(start), false);
  return lines.filter((one) => matches(line, one, true)).length;
}

/** Waits until as many lines have come as belong to the beat. */
async function awaitLines(stage: Stage, beat: NonNullable<Step["beat"]>): Promise<void> {
  const start = stage.said("com1").length;
  const wanted = beat.seconds * beat.perSecond;
  for (let passed = 0; passed < stage.patience; passed += LOOK) {
    if (countLines(stage, beat.line, start) >= wanted) return;
    await stage.pass(LOOK);
  }
  const count = countLines(stage, beat.line, start);
  throw new Difference(
    `on COM1: expected ${wanted} times\n    ${beat.line}\n  but it came ${count} times`,
  );
}

/** A moment of the machine's clock, and how many lines had come by then: some between `least` and `most`. */
interface Mark {
  readonly time: number;
  readonly least: number;
  readonly most: number;
}

async function markOf(clock: () => Promise<number>, count: () => number): Promise<Mark> {
  const least = count();
  const time = await clock();
  await clock();
  return { time, least, most: count() };
}

/**
 * A beat by the machine's clock: how many lines came between two moments is known within bounds, however long the way to the
 * machine takes.
 */
async function checkBeat(
  stage: Stage,
  clock: () => Promise<number>,
  { line, perSecond, seconds }: NonNullable<Step["beat"]>,
): Promise<void> {
  const from = stage.said("com1").length;
  const count = () => countLines(stage, line, from);
  const start = await markOf(clock, count);
  await stage.pass(seconds * NS_PER_SECOND);
  const end = await markOf(clock, count);
  const wanted = (end.time - start.time) * perSecond;
  const [least, most] = [end.least - start.most, end.most - start.least];
  if (least <= wanted * (1 + CLOCK_DRIFT) + 1 && most >= wanted * (1 - CLOCK_DRIFT) - 1) return;
  throw new Difference(
    `on COM1: expected ${perSecond} times a second\n    ${line}\n  but it came ${least} to ${most} times in ${(end.time - start.time).toFixed(2)} s`,
  );
}

async function awaitBeat(stage: Stage, { beat }: Step): Promise<void> {
  if (!beat) return;
  const clock = stage.clock?.bind(stage);
  if (clock) return checkBeat(stage, clock, beat);
  if (stage.beatTolerance === undefined) return awaitLines(stage, beat);
  for (let second = 0; second < beat.seconds; second++) {
    const start = stage.said("com1").length;
    await stage.pass(NS_PER_SECOND);
    const count = countLines(stage, beat.line, start);
    if (Math.abs(count - beat.perSecond) <= stage.beatTolerance) continue;
    throw new Difference(
      `on COM1: expected ${beat.perSecond} times a second\n    ${beat.line}\n  but it came ${count} times`,
    );
  }
}
