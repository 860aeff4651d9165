// jailhouse machine start [NAME] [--cpus N] [--memory SIZE] [--serial LINE=TARGET] …

import { resolve } from "node:path";
import type { LineNumber } from "../control/api.ts";
import { connect } from "../control/client.ts";
import { ECONNRESET, SystemError } from "../control/errors.ts";
import { halt, launch } from "../control/launch.ts";
import { canEnd } from "../control/machine-end.ts";
import type { MachinePaths } from "../control/registry.ts";
import { isComputer, machineName, refuseComputer } from "./context.ts";
import { attempt, CommandFailure, ExitStatus, perror, UsageError } from "./failure.ts";
import { type Io, serialBytes } from "./io.ts";
import { machineOptions, type StartOptions } from "./machine-options.ts";

const FILE = "file:";
/** Exit status of a machine that wrote V to its exit port: (V << 1) | 1, of which a process has eight bits. */
const statusOf = (value: number) => ((value << 1) | 1) & 0xff;

interface SerialTargets {
  /** A file for each line's output. */
  readonly files: (string | undefined)[];
  /** The line that is shown by the command itself, which then stays. */
  readonly stdio: LineNumber | undefined;
  /** The lines that something was said of. */
  readonly given: ReadonlySet<LineNumber>;
}

/**
 * Starts a machine. With a serial line on stdio or an exit port it stays in the foreground, and ends the machine when it ends; with an
 * exit port COM1 is on stdio unless it was said otherwise.
 */
export async function startMachine(
  io: Io,
  name: string | undefined,
  options: StartOptions,
): Promise<void> {
  if (name === undefined && isComputer(io, options)) {
    refuseComputer("machine start", "This computer is the machine, and it runs.");
  }
  const { files, stdio, given } = serialTargets(io, options.serial ?? []);
  if (given.has(2) && !options.virtioConsole)
    throw new UsageError("--serial 2: there is no virtio console without --virtio-console");
  const machine = await machineOptions(io, name ?? machineName(io, options), options);
  const isWaitedFor = machine.exitPort !== undefined;
  const line = stdio ?? (isWaitedFor && !given.has(0) ? 0 : undefined);
  let paths: MachinePaths;
  try {
    const recordFile = options.record === undefined ? undefined : resolve(io.cwd, options.record);
    paths = await launch({ machine, serialFiles: files, recordFile }, io.env);
  } catch (error) {
    throw perror(`starting machine ${machine.name}`, error);
  }
  if (line === undefined && !isWaitedFor) io.out(`Machine "${machine.name}" runs.\n`);
  else await stayOn(io, paths, line, canEnd(machine));
}

function serialTargets(io: Io, texts: readonly string[]): SerialTargets {
  const files: (string | undefined)[] = [undefined, undefined, undefined];
  const given = new Set<LineNumber>();
  let stdio: LineNumber | undefined;
  for (const text of texts) {
    const [, digit, target] = /^([012])=(.+)$/s.exec(text) ?? [];
    const line = Number(digit) as LineNumber;
    if (target === undefined) throw new UsageError(`--serial ${text}: 0=, 1= or 2=TARGET`);
    given.add(line);
    if (target.startsWith(FILE)) files[line] = resolve(io.cwd, target.slice(FILE.length));
    else if (target === "stdio") stdio = line;
    else if (target !== "null") {
      throw new UsageError(`--serial ${text}: the target is stdio, file:PATH or null`);
    }
  }
  return { files, stdio, given };
}

type Session = Awaited<ReturnType<typeof connect>>;

/** Shows a serial line, and sends it what is typed, until the result is called. */
async function show(io: Io, session: Session, line: LineNumber): Promise<() => void> {
  const { text } = await session.attachSerial(line, (piece) => io.out(serialBytes(piece)));
  io.out(serialBytes(text));
  const typed = (data: Buffer) =>
    void session
      .serial(line)
      .write(data.toString())
      .catch(() => {});
  io.input.on("data", typed);
  return () => {
    io.input.off("data", typed);
    io.input.pause();
  };
}

/** How staying with a machine ended. */
interface End {
  /** What it wrote to its exit port. */
  readonly value?: number;
  /** Why it went away. */
  readonly lost?: string | undefined;
}

/** The machine's own end; when it is stopped by somebody else, that. */
async function endOf(session: Session): Promise<End> {
  try {
    return { value: await session.waitForEnd() };
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== ECONNRESET) throw error;
    return { lost: await session.closed };
  }
}

/** Stays with a machine, shows a serial line, and ends the machine when it ends itself, or on Ctrl-C. */
async function stayOn(
  io: Io,
  paths: MachinePaths,
  line: LineNumber | undefined,
  ends: boolean,
): Promise<void> {
  const session = await connect(paths);
  const hide = line === undefined ? () => {} : await show(io, session, line);
  const ways: Promise<End>[] = [
    io.interrupted().then(() => ({})),
    session.closed.then((lost) => ({ lost })),
  ];
  if (ends) ways.push(endOf(session));
  try {
    const { value, lost } = await attempt(`machine ${paths.name}`, Promise.race(ways));
    if (lost !== undefined) throw new CommandFailure(lost);
    const isByPort = value !== undefined && (await session.status()).endReason === "exit-port";
    if (isByPort) throw new ExitStatus(statusOf(value));
  } finally {
    hide();
    await session.close();
    // Somebody else may have stopped it.
    await halt(paths).catch(() => {});
  }
}
