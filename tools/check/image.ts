// The metal platform's image can be built, and stays smaller than the original's.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { missingPackages } from "../inmates/toolchain.ts";
import { buildImage } from "../metal/image.ts";
import { ROOT } from "../root.ts";
import type { Check, Findings } from "./check.ts";
import { HYPERVISOR } from "./waist.ts";

const PLATFORM = join(ROOT, "dist", "metal-amd.wasm");
/** Bytes of the original's image v0.12. */
const MAX_IMAGE_SIZE = 88_072;

function build(): Findings {
  const { bytes, stack } = buildImage({ root: ROOT, core: HYPERVISOR, platform: PLATFORM });
  const note = `${bytes.length} bytes; at most ${stack} bytes of stack per CPU`;
  if (bytes.length < MAX_IMAGE_SIZE) return { failures: [], note };
  return { failures: [`${note}: it has to stay below ${MAX_IMAGE_SIZE} bytes`] };
}

export const metalImage: Check = {
  name: "the metal image",
  run() {
    if (!existsSync(HYPERVISOR) || !existsSync(PLATFORM))
      return { failures: ["the modules in dist/ are not built"] };
    const missing = missingPackages([64]);
    if (missing.length > 0)
      return { failures: [], skipped: `not installed (Debian): ${missing.join(" ")}` };
    return build();
  },
};
