// What every verb gets: the surroundings, and the machine that is meant.

import type { OpenSession } from "../control/api.ts";
import { becomeCaller } from "../control/caller.ts";
import type { RemoteSession } from "../control/client.ts";
import { EOPNOTSUPP, SystemError } from "../control/errors.ts";
import { DEVICE, hasDevice } from "../control/linux/host.ts";
import type { Target } from "../control/linux/target.ts";
import { DEFAULT_MACHINE, type MachinePaths, machinePaths } from "../control/registry.ts";
import { CommandFailure, perror, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

/** The options that every verb knows. */
export interface CommonOptions {
  readonly machine?: string;
  /** Where the agent of another computer is. */
  readonly target?: string;
  readonly json?: boolean;
}

/** The name that was given: `-m`, or JAILHOUSE_MACHINE; undefined for none. */
function givenName(io: Io, { machine }: CommonOptions): string | undefined {
  return machine ?? (io.env.JAILHOUSE_MACHINE || undefined);
}

/** Name of the emulated machine that is meant: the given one, or the default one. */
export function machineName(io: Io, options: CommonOptions): string {
  return givenName(io, options) ?? DEFAULT_MACHINE;
}

/** The other computer that is meant: `--target`, or JAILHOUSE_TARGET where no machine is named. */
export function givenTarget(io: Io, { machine, target }: CommonOptions): string | undefined {
  if (target !== undefined && machine !== undefined)
    throw new UsageError("--machine and --target exclude each other");
  return target ?? (machine === undefined ? io.env.JAILHOUSE_TARGET || undefined : undefined);
}

/** Whether a computer is meant: another one, or this one, whose device is named or whose driver is loaded. */
export function isComputer(io: Io, options: CommonOptions): boolean {
  if (givenTarget(io, options) !== undefined) return true;
  const name = givenName(io, options);
  return name === undefined ? hasDevice(io.host) : name === DEVICE;
}

/** To be called before files are read for a machine: an emulated one is the calling user's, and root's privileges are given up. */
export function enterMachine(io: Io, options: CommonOptions): void {
  if (!isComputer(io, options)) becomeCaller(io.env);
}

/** Works with the machine that is meant, for as long as the action takes. */
export async function withMachine<T>(
  io: Io,
  options: CommonOptions,
  action: (session: OpenSession) => Promise<T>,
): Promise<T> {
  const session = isComputer(io, options)
    ? await openComputer(io, options)
    : await connectTo(io, options);
  try {
    return await action(session);
  } finally {
    await session.close();
  }
}

/** Like {@link withMachine}, for what only an emulated machine has. `refusal` says so to others. */
export async function withEmulated<T>(
  io: Io,
  options: CommonOptions,
  { verb, refusal }: { readonly verb: string; readonly refusal: string },
  action: (session: RemoteSession) => Promise<T>,
): Promise<T> {
  if (isComputer(io, options)) refuseComputer(verb, refusal);
  const session = await connectTo(io, options);
  try {
    return await action(session);
  } finally {
    await session.close();
  }
}

/** Ends a verb that means nothing on a computer. */
export function refuseComputer(verb: string, refusal: string): never {
  const hint = `${refusal} -m NAME means an emulated machine.`;
  throw perror(`jailhouse ${verb}`, new SystemError(EOPNOTSUPP, { hint }));
}

/** The computer that is meant, this one unless another is. Fails with a line for the user. */
export async function openTarget(io: Io, options: CommonOptions): Promise<Target> {
  const address = givenTarget(io, options);
  if (address === undefined) {
    const { LocalTarget } = await import("../control/linux/local.ts");
    return new LocalTarget(io.host);
  }
  const { RemoteTarget } = await import("../control/remote/target.ts");
  try {
    return await RemoteTarget.open(address, io.env);
  } catch (error) {
    throw perror(`target ${address}`, error);
  }
}

async function openComputer(io: Io, options: CommonOptions): Promise<OpenSession> {
  const { LinuxSession } = await import("../control/linux/session.ts");
  return new LinuxSession(await openTarget(io, options));
}

async function connectTo(io: Io, options: CommonOptions): Promise<RemoteSession> {
  const { connect } = await import("../control/client.ts");
  try {
    return await connect(machinePaths(machineName(io, options), io.env));
  } catch (error) {
    throw perror(`opening ${DEVICE}`, error);
  }
}

/** Like {@link withMachine}; without a running machine the result is undefined. */
export async function withMachineIfAny<T>(
  io: Io,
  options: CommonOptions,
  action: (session: OpenSession) => Promise<T>,
): Promise<T | undefined> {
  if (isComputer(io, options)) return withMachine(io, options, action);
  const { connect } = await import("../control/client.ts");
  const paths = pathsOf(io, options);
  const session = await connect(paths).catch(() => undefined);
  if (!session) return undefined;
  try {
    return await action(session);
  } finally {
    await session.close();
  }
}

/** Files of the machine that is meant. Fails with a line for the user when the name cannot be one. */
export function pathsOf(io: Io, options: CommonOptions): MachinePaths {
  try {
    return machinePaths(machineName(io, options), io.env);
  } catch (error) {
    const failure = perror(`machine ${machineName(io, options)}`, error);
    throw new CommandFailure(failure.message, failure.hint);
  }
}
