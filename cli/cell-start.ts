// jailhouse cell start {ID | [--name] NAME}

import { cellRef } from "./arguments.ts";
import type { CellOptions } from "./cell-shutdown.ts";
import { withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";
import { whileScrubbing } from "./scrubbing.ts";

export async function startCell(
  io: Io,
  cell: string | undefined,
  options: CellOptions,
): Promise<void> {
  const target = cellRef(cell, options.name);
  await withMachine(io, options, async (session) => {
    const { warnings } = await whileScrubbing(io, options, () =>
      attempt("JAILHOUSE_CELL_START", session.startCell(target)),
    );
    for (const warning of warnings) io.err(`Warning: ${warning}\n`);
  });
}
