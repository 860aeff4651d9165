// jailhouse cell shutdown {ID | [--name] NAME}

import { cellRef } from "./arguments.ts";
import { type CommonOptions, withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";

export interface CellOptions extends CommonOptions {
  /** The cell's name, even if it looks like an id. */
  readonly name?: string;
}

/** A load without images, which is why its errors name that request. */
export async function shutdownCell(
  io: Io,
  cell: string | undefined,
  options: CellOptions,
): Promise<void> {
  const target = cellRef(cell, options.name);
  await withMachine(io, options, (session) =>
    attempt("JAILHOUSE_CELL_LOAD", session.shutdownCell(target)),
  );
}
