// What was collected of a machine, as `config create` and `config check` take it with -r; or the machine itself.

import { resolve } from "node:path";
import { COLLECTED } from "../config/create/collected.ts";
import { openTree, type Tree } from "../config/create/tree.ts";
import type { Files } from "../control/linux/files.ts";
import { givenTarget, openTarget } from "./context.ts";
import { attempt, CommandFailure, perror, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

/** The root directory: of this machine, or of the target where one is named. */
const LIVE = "/";

/** Which machine is meant. */
export interface MachineRoot {
  /** A directory or tar file. */
  readonly root?: string | undefined;
  /** Where the agent of another computer is. */
  readonly target?: string | undefined;
}

/** A directory or tar file. Fails with the path and the reason. */
export function openCollected(io: Io, root: string): Tree {
  try {
    return openTree(resolve(io.cwd, root));
  } catch (error) {
    const isOfSystem = (error as NodeJS.ErrnoException).code !== undefined;
    if (isOfSystem) throw perror(`opening ${root}`, error);
    throw new CommandFailure(`${root}: ${(error as Error).message}`);
  }
}

/** Gathers files of the computer that is meant. Fails with a line for the user. */
export async function gatherFrom(
  io: Io,
  options: { readonly target?: string | undefined },
  patterns: readonly string[],
): Promise<Files> {
  const { target } = options;
  const computer = await openTarget(io, target === undefined ? {} : { target });
  try {
    return await attempt(`reading ${computer.name}`, computer.gather(patterns));
  } finally {
    await computer.close();
  }
}

/** What `read` makes of a machine. Fails with its name and the reason. */
export async function readMachine<Result>(
  io: Io,
  { root = LIVE, target }: MachineRoot,
  read: (tree: Tree) => Result,
): Promise<Result> {
  if (target !== undefined && root !== LIVE)
    throw new UsageError("--root and --target exclude each other");
  const address =
    root === LIVE ? givenTarget(io, target === undefined ? {} : { target }) : undefined;
  const tree =
    address === undefined
      ? openCollected(io, root)
      : (await gatherFrom(io, { target: address }, COLLECTED)).tree;
  try {
    return read(tree);
  } catch (error) {
    throw new CommandFailure(`${address ?? root}: ${(error as Error).message}`);
  }
}
