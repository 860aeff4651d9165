// jailhouse config show

import type { Config } from "../config/types.ts";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { openConfig, writeOutput } from "./open-config.ts";

export interface ShowOptions {
  readonly map?: boolean;
  readonly svg?: string;
}

/** Shows configurations as tables, or together as a map in the terminal or in a file. */
export async function showConfig(
  io: Io,
  files: readonly string[],
  { map = false, svg }: ShowOptions,
): Promise<void> {
  const configs: Config[] = [];
  for (const file of files) configs.push((await openConfig(io, file)).config);
  if (!map && svg === undefined) {
    const { describe } = await import("../config/show/tables.ts");
    const { renderSections } = await import("../config/show/text.ts");
    io.out(renderSections(configs.flatMap(describe), io.columns));
    return;
  }
  checkTogether(configs);
  const { mapOf } = await import("../config/show/map.ts");
  if (map) {
    const { drawMap } = await import("../config/show/map-text.ts");
    io.draw(drawMap(mapOf(configs), io.colours.out, io.columns));
  }
  if (svg !== undefined) {
    const { drawSvg } = await import("../config/show/map-svg.ts");
    await writeOutput(io, svg, drawSvg(mapOf(configs)));
  }
}

/** A map is of one machine. */
function checkTogether(configs: readonly Config[]): void {
  const systems = configs.filter(({ kind }) => kind === "system").length;
  if (systems > 1) throw new UsageError("a map is of one system; two were given");
  if (systems === 0 && configs.length > 1)
    throw new UsageError("a map of several cells needs the system's configuration too");
}
