// jailhouse cell create CELLCONFIG

import { readConfig } from "./config-file.ts";
import { type CommonOptions, withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";

const REQUEST = "JAILHOUSE_CELL_CREATE";

export async function createCell(io: Io, file: string, options: CommonOptions): Promise<void> {
  const config = await readConfig(io, file, REQUEST);
  await withMachine(io, options, (session) => attempt(REQUEST, session.createCell(config)));
}
