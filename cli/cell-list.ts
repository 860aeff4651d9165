// jailhouse cell list

import { type CommonOptions, withMachineIfAny } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";
import { cellTable, json, sortCells } from "./table.ts";

/** Like the original it prints nothing, successfully, without a machine or before it is enabled. */
export async function listCells(io: Io, options: CommonOptions): Promise<void> {
  const cells = await withMachineIfAny(io, options, async (session) => {
    const { enabled, learning, cells } = await attempt("reading cells", session.status());
    if (learning) io.err("Learning: the root cell may use what its configuration forgot.\n");
    return enabled ? cells : undefined;
  });
  if (options.json) io.out(json(sortCells(cells ?? [])));
  else if (cells) io.out(cellTable(cells, io.columns));
}
