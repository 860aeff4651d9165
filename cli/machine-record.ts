// jailhouse machine record FILE

import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type CommonOptions, withEmulated } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";

const HERE = { verb: "machine record", refusal: "What a computer is told is not recorded." };

/** Saves the record of all inputs so far, ended; `machine replay` plays it. */
export async function saveRecord(io: Io, file: string, options: CommonOptions): Promise<void> {
  await withEmulated(io, options, HERE, async (session) => {
    const { size, end } = await attempt("machine record", session.sealRecord());
    const { record } = await session.info();
    const save = async () => {
      const soFar = readFileSync(record).subarray(0, size);
      writeFileSync(resolve(io.cwd, file), Buffer.concat([soFar, Buffer.from(end)]));
    };
    await attempt(`writing ${file}`, save());
  });
}
