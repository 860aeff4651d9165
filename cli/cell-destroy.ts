// jailhouse cell destroy [--force] {ID | [--name] NAME}

import { cellRef } from "./arguments.ts";
import type { CellOptions } from "./cell-shutdown.ts";
import { withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";
import { whileScrubbing } from "./scrubbing.ts";

export interface DestroyOptions extends CellOptions {
  /** Destroy it whatever it answers. */
  readonly force?: boolean;
}

export async function destroyCell(
  io: Io,
  cell: string | undefined,
  options: DestroyOptions,
): Promise<void> {
  const target = cellRef(cell, options.name);
  const force = options.force ?? false;
  await withMachine(io, options, (session) =>
    whileScrubbing(io, options, () =>
      attempt("JAILHOUSE_CELL_DESTROY", session.destroyCell(target, { force })),
    ),
  );
}
