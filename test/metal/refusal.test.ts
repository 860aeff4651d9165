// Where the hypervisor cannot stay, it says why, and every CPU is as it was.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { EIO, ENODEV } from "../../abi/errno.ts";
import { buildImage } from "../../tools/metal/image.ts";
import { ROOT } from "../../tools/root.ts";
import { type Boot, boot, CAN_BOOT } from "./loader.ts";

const CPUS = 2;
const TIMEOUT = 240_000;

const REFUSALS: readonly (Pick<Boot, "scenario" | "cpu"> & { why: string; error: number })[] = [
  {
    why: "The processor has no AMD-V (CPUID: SVM)",
    scenario: "refusal",
    cpu: "EPYC,-svm",
    error: ENODEV,
  },
  {
    why: "The processor has no nested paging (CPUID: NP)",
    scenario: "refusal",
    cpu: "EPYC,+svm,-npt",
    error: ENODEV,
  },
  {
    why: "The processor has no 1 GiB pages (CPUID: Page1GB)",
    scenario: "refusal",
    cpu: "EPYC,+svm,+npt,-pdpe1gb",
    error: ENODEV,
  },
  { why: "Not all processors have come", scenario: "absent CPU", error: EIO },
];

describe.skipIf(!CAN_BOOT)("a refused enable", () => {
  let image: Uint8Array;

  beforeAll(() => {
    const core = join(ROOT, "dist/hypervisor.wasm");
    image = buildImage({ root: ROOT, core, platform: join(ROOT, "dist/metal-amd.wasm") }).bytes;
  }, TIMEOUT);

  it.each(REFUSALS)(
    "$why",
    async ({ why, error, ...how }) => {
      const modules = [readFileSync(join(ROOT, "configs/qemu-x86.cell"))];
      const said = await boot({ image, modules, cpus: CPUS, ...how });
      expect(said.com1).toContain(`${why}\r\n`);
      expect(said.loader.split("\n")).toEqual([
        "loader: all CPUs are here",
        `enter: -${error} -${error}`,
        "differences: 0",
        "loader: end",
        "",
      ]);
    },
    TIMEOUT,
  );
});
