// jailhouse cell stats {ID | [--name] NAME} [--count N]     (cell stat is the same)

import type { CellRef, OpenSession } from "../control/api.ts";
import { cellRef } from "./arguments.ts";
import type { CellOptions } from "./cell-shutdown.ts";
import { withMachine } from "./context.ts";
import { attempt, UsageError } from "./failure.ts";
import type { Io, Terminal } from "./io.ts";
import { nextCpu, plain, type Sample, type StatsView } from "./stats-screen.ts";
import { StatsTerminal } from "./stats-terminal.ts";
import { json } from "./table.ts";

export interface StatsOptions extends CellOptions {
  /** How many looks, a second apart; on a terminal as many as the user wants. */
  readonly count?: string;
}

/** Virtual time from one look to the next, in nanoseconds. */
const PERIOD = 1_000_000_000;

/** Shows a cell's VM exit counters: live on a terminal, else as text. */
export async function cellStats(
  io: Io,
  cell: string | undefined,
  options: StatsOptions,
): Promise<void> {
  const target = cellRef(cell, options.name);
  const count = Number(options.count ?? "1");
  if (!Number.isSafeInteger(count) || count < 1) throw new UsageError("--count must be 1 or more");
  await withMachine(io, options, async (session) => {
    if (options.json) io.out(json(asObject(await look(session, target))));
    else if (io.terminal && options.count === undefined)
      await live(io, io.terminal, session, target);
    else await print(io, session, target, count);
  });
}

async function look(session: OpenSession, cell: CellRef): Promise<Sample> {
  const statistics = await attempt("reading stats", session.statistics(cell));
  return { statistics, time: await attempt("reading stats", session.time()) };
}

function asObject({ statistics, time }: Sample): object {
  return { ...statistics, cpus: Object.fromEntries(statistics.cpus), time };
}

async function print(io: Io, session: OpenSession, cell: CellRef, count: number): Promise<void> {
  let previous: Sample | undefined;
  for (let round = 0; round < count; round++) {
    if (previous) {
      await attempt("reading stats", session.run(PERIOD));
      io.out("\n");
    }
    const sample = await look(session, cell);
    io.out(plain({ sample, previous, cpu: undefined }, io.columns));
    previous = sample;
  }
}

/** Until Q or Ctrl-C; the terminal is restored before an error is reported. */
async function live(
  io: Io,
  terminal: Terminal,
  session: OpenSession,
  cell: CellRef,
): Promise<void> {
  let view: StatsView = {
    sample: await look(session, cell),
    previous: undefined,
    cpu: undefined,
  };
  const quit = new AbortController();
  void io.interrupted().then(() => quit.abort());
  const screen = new StatsTerminal(terminal, (key) => {
    if (key === "q") quit.abort();
    else if (key === "c") view = { ...view, cpu: nextCpu(view) };
    else if (key === "a") view = { ...view, cpu: undefined };
    if (!quit.signal.aborted) screen.draw(view);
  });
  try {
    while (!quit.signal.aborted) {
      screen.draw(view);
      await attempt("reading stats", session.run(PERIOD, quit.signal));
      if (quit.signal.aborted) break;
      view = { ...view, previous: view.sample, sample: await look(session, cell) };
    }
  } finally {
    screen.close();
  }
}
