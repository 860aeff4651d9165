// The metal platform's images can be built, and stay smaller than the original's.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { missingPackages } from "../inmates/toolchain.ts";
import { ARM64, buildImage, type Request } from "../metal/image.ts";
import {
  ARM64_PACKAGES,
  missingPackages as missingDebian,
  type Package,
} from "../metal/packages.ts";
import { ROOT } from "../root.ts";
import type { Check, Findings } from "./check.ts";
import { HYPERVISOR } from "./waist.ts";

const PLATFORM = join(ROOT, "dist", "metal-amd.wasm");
/** Bytes of the original's image v0.12. */
const MAX_IMAGE_SIZE = 88_072;

/** … and of its image for Arm64. */
const MAX_ARM64_SIZE = 100_360;

function build(request: Request, limit: number): Findings {
  const { bytes, stack } = buildImage(request);
  const note = `${bytes.length} bytes; at most ${stack} bytes of stack per CPU`;
  if (bytes.length < limit) return { failures: [], note };
  return { failures: [`${note}: it has to stay below ${limit} bytes`] };
}

function image(
  name: string,
  request: Request,
  limit: number,
  others: readonly Package[] = [],
): Check {
  return {
    name,
    run() {
      if (!existsSync(request.core) || !existsSync(request.platform))
        return { failures: ["the modules in dist/ are not built"] };
      const missing = [...missingPackages([64]), ...missingDebian(others).map(({ name }) => name)];
      if (missing.length > 0)
        return { failures: [], skipped: `not installed (Debian): ${missing.join(" ")}` };
      return build(request, limit);
    },
  };
}

export const metalImage = image(
  "the metal image",
  { root: ROOT, core: HYPERVISOR, platform: PLATFORM },
  MAX_IMAGE_SIZE,
);

export const arm64Image = image(
  "the metal image for Arm64",
  {
    root: ROOT,
    target: ARM64,
    core: join(ROOT, "dist", "hypervisor-arm64.wasm"),
    platform: join(ROOT, "dist", "metal-arm64.wasm"),
  },
  MAX_ARM64_SIZE,
  ARM64_PACKAGES,
);
