// What every verb gets: the surroundings, and the machine that is meant.

import type { RemoteSession } from "../control/client.ts";
import { DEFAULT_MACHINE, machinePaths } from "../control/registry.ts";
import { CommandFailure, perror } from "./failure.ts";
import type { Io } from "./io.ts";

/** The options that every verb knows. */
export interface CommonOptions {
  readonly machine?: string;
  readonly json?: boolean;
}

/** Device of the original; scripts know its error text. */
const DEVICE = "/dev/jailhouse";

/** Name of the machine that is meant: `-m`, JAILHOUSE_MACHINE, or the default one. */
export function machineName(io: Io, { machine }: CommonOptions): string {
  return machine ?? (io.env.JAILHOUSE_MACHINE || DEFAULT_MACHINE);
}

/** Connects to the machine that is meant, for as long as the action takes. */
export async function withMachine<T>(
  io: Io,
  options: CommonOptions,
  action: (session: RemoteSession) => Promise<T>,
): Promise<T> {
  const session = await open(io, machineName(io, options));
  try {
    return await action(session);
  } finally {
    await session.close();
  }
}

async function open(io: Io, name: string): Promise<RemoteSession> {
  const { connect } = await import("../control/client.ts");
  try {
    return await connect(machinePaths(name, io.env));
  } catch (error) {
    throw perror(`opening ${DEVICE}`, error);
  }
}

/** Like {@link withMachine}; without a running machine the result is undefined. */
export async function withMachineIfAny<T>(
  io: Io,
  options: CommonOptions,
  action: (session: RemoteSession) => Promise<T>,
): Promise<T | undefined> {
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
export function pathsOf(io: Io, options: CommonOptions) {
  try {
    return machinePaths(machineName(io, options), io.env);
  } catch (error) {
    const failure = perror(`machine ${machineName(io, options)}`, error);
    throw new CommandFailure(failure.message, failure.hint);
  }
}
