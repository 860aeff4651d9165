// jailhouse machine record FILE

import { copyFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type CommonOptions, withEmulated } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";

const HERE = { verb: "machine record", refusal: "What a computer is told is not recorded." };

/** Saves the record of all inputs so far; control/journal.ts replays it. */
export async function saveRecord(io: Io, file: string, options: CommonOptions): Promise<void> {
  await withEmulated(io, options, HERE, async (session) => {
    const { record } = await session.info();
    await attempt(`writing ${file}`, copyFile(record, resolve(io.cwd, file)));
  });
}
