// jailhouse machine record FILE

import { copyFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type CommonOptions, withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";

/** Saves the record of all inputs so far; control/journal.ts replays it. */
export async function saveRecord(io: Io, file: string, options: CommonOptions): Promise<void> {
  await withMachine(io, options, async (session) => {
    const { record } = await session.info();
    await attempt(`writing ${file}`, copyFile(record, resolve(io.cwd, file)));
  });
}
