// jailhouse cell load {ID | [--name] NAME} {IMAGE | {-s | --string} "STRING"} [-a | --address ADDR] ...

import type { Image } from "../control/api.ts";
import { IMAGES_MAX } from "../control/framing.ts";
import { type LoadItem, loadArguments } from "./arguments.ts";
import { readInput } from "./config-file.ts";
import { type CommonOptions, enterMachine, withMachine } from "./context.ts";
import { attempt } from "./failure.ts";
import type { Io } from "./io.ts";
import { whileScrubbing } from "./scrubbing.ts";

const REQUEST = "JAILHOUSE_CELL_LOAD";

export async function loadCell(
  io: Io,
  args: readonly string[],
  options: CommonOptions,
): Promise<void> {
  const { cell, items, ...where } = loadArguments(args);
  const target = { ...options, ...where };
  enterMachine(io, target);
  const images = await Promise.all(items.map((item) => readImage(io, item, REQUEST)));
  await withMachine(io, target, (session) =>
    whileScrubbing(io, target, () => attempt(REQUEST, session.loadCell(cell, images))),
  );
}

/** A string is sent with its NUL. */
export async function readImage(io: Io, item: LoadItem, request: string): Promise<Image> {
  const { address } = item;
  if (item.kind === "string") return { data: Buffer.from(`${item.text}\0`), address };
  const input = { path: item.path, request, limit: IMAGES_MAX };
  return { data: await readInput(io, input), address };
}
