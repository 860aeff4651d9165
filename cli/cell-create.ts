// jailhouse cell create [--allow-dma] CELLCONFIG

import { allowDma } from "../control/headers.ts";
import { readConfig } from "./config-file.ts";
import { type CommonOptions, enterMachine, withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";
import { whileScrubbing } from "./scrubbing.ts";

const REQUEST = "JAILHOUSE_CELL_CREATE";

export interface CreateOptions extends CommonOptions {
  /** Devices that can do DMA are accepted although no IOMMU guards them. */
  readonly allowDma?: boolean;
}

export async function createCell(io: Io, file: string, options: CreateOptions): Promise<void> {
  enterMachine(io, options);
  const config = await readConfig(io, file, REQUEST);
  const wanted = options.allowDma ? allowDma(config) : config;
  await withMachine(io, options, async (session) => {
    const { warnings = [] } = await whileScrubbing(io, options, () =>
      attempt(REQUEST, session.createCell(wanted)),
    );
    for (const warning of warnings) io.err(`Warning: ${warning}\n`);
  });
}
