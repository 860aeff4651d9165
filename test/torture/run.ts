// Runs the images of the torture set in a cell of the emulated PC. Imports nothing that arm64 would not have.
import type { CellConfig } from "../../config/index.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import { enabled, launch, linesOf } from "../inmates/cells.ts";

const MS = 1e6;
/** Of 10 ms each, half of an image's pauses: nothing that it prints is missed. One that comes to no end is ended. */
const MAX_SLICES = 500;
/** What the hypervisor says when it starts the cell; the inmate's words come after it. */
const STARTED = /^[\s\S]*Started cell "tiny-demo"\r?\n/;

const config: CellConfig = { ...tinyDemo, cpuResetAddress: 0n };

/** The lines that the image prints. */
export async function runImage(image: Uint8Array): Promise<string[]> {
  const session = await enabled();
  try {
    let text = "";
    await session.followConsole((piece) => {
      text += piece;
    });
    await launch(session, config, image, "con-type=none con-virtual=1");
    for (let slice = 0; slice < MAX_SLICES; slice++) {
      await session.run(10 * MS);
      const [, cell] = await session.cells();
      if (cell!.state !== "running" || cell!.cpusFailed.length > 0) break;
    }
    return linesOf(text.replace(STARTED, ""));
  } finally {
    await session.close();
  }
}
