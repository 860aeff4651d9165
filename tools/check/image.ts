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

const PAGE_SIZE = 4096;
/** ELF for 64 bits: where the section headers are, what one has, its flag for code. */
const SECTIONS = { offset: 0x28, size: 0x3a, count: 0x3c } as const;
const SECTION = { flags: 0x08, address: 0x10, size: 0x20 } as const;
const CODE = 0x4n;

/** Bytes that code may grow by until the image has another page, because constants begin with one. */
export function codeLeft(elf: Uint8Array): number {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const word = (at: number) => view.getBigUint64(at, true);
  const first = Number(word(SECTIONS.offset));
  const size = view.getUint16(SECTIONS.size, true);
  const ends = Array.from({ length: view.getUint16(SECTIONS.count, true) }, (_, index) => {
    const at = first + index * size;
    const isCode = (word(at + SECTION.flags) & CODE) !== 0n;
    return isCode
      ? Number((word(at + SECTION.address) + word(at + SECTION.size)) & 0xffffffffn)
      : 0;
  });
  return (PAGE_SIZE - (Math.max(...ends) % PAGE_SIZE)) % PAGE_SIZE;
}

function build(request: Request, limit: number): Findings {
  const { bytes, elf, stack } = buildImage(request);
  const note = `${bytes.length} bytes, the last page of code has ${codeLeft(elf)} left; at most ${stack} bytes of stack per CPU`;
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
