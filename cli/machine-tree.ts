// What was collected of a machine, as `config create` and `config check` take it with -r.

import { resolve } from "node:path";
import { openTree, type Tree } from "../config/create/tree.ts";
import { CommandFailure, perror } from "./failure.ts";
import type { Io } from "./io.ts";

/** A directory or tar file. Fails with the path and the reason. */
export function openMachine(io: Io, root: string): Tree {
  try {
    return openTree(resolve(io.cwd, root));
  } catch (error) {
    const isOfSystem = (error as NodeJS.ErrnoException).code !== undefined;
    if (isOfSystem) throw perror(`opening ${root}`, error);
    throw new CommandFailure(`${root}: ${(error as Error).message}`);
  }
}

/** What `read` makes of a directory or tar file. Fails with the path and the reason. */
export function readTree<Result>(io: Io, root: string, read: (tree: Tree) => Result): Result {
  const tree = openMachine(io, root);
  try {
    return read(tree);
  } catch (error) {
    throw new CommandFailure(`${root}: ${(error as Error).message}`);
  }
}
