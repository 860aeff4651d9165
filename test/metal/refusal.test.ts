// Where the hypervisor cannot stay, it says why, and every CPU is as it was.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  CELL_NUM_MEMORY,
  MEM_REGION_SIZE,
  SYS_HYPERVISOR_MEMORY,
  SYS_ROOT_CELL,
} from "../../abi/config.ts";
import { EBUSY, EIO, ENODEV, ENOMEM } from "../../abi/errno.ts";
import { buildImage } from "../../tools/metal/image.ts";
import { ROOT } from "../../tools/root.ts";
import { type Boot, boot, CAN_BOOT } from "./loader.ts";
import { imageFor, MACHINES, systemFor } from "./machines.ts";

const CPUS = 2;

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

const config = () => Buffer.from(readFileSync(join(ROOT, "configs/qemu-x86.cell")));

/** What the loader says when every CPU comes back with an error. */
const backWith = (error: number) => [
  "loader: all CPUs are here",
  `enter: -${error} -${error}`,
  "differences: 0",
  "loader: end",
  "",
];

describe.skipIf(!CAN_BOOT)("a refused enable", () => {
  let image: Uint8Array;

  beforeAll(() => {
    const core = join(ROOT, "dist/hypervisor.wasm");
    image = buildImage({ root: ROOT, core, platform: join(ROOT, "dist/metal-amd.wasm") }).bytes;
  });

  it.each(REFUSALS)("$why", async ({ why, error, ...how }) => {
    const said = await boot({ image, modules: [config()], cpus: CPUS, ...how });
    expect(said.com1).toContain(`${why}\r\n`);
    expect(said.loader.split("\n")).toEqual(backWith(error));
  });

  const SMALL = 0x40000;
  /** Regions that fit into the hypervisor's memory, but not into the part that the core gets. */
  const MANY = 60_000;

  it.each([
    { what: "too little memory", at: SYS_HYPERVISOR_MEMORY + MEM_REGION_SIZE, value: SMALL },
    { what: "too large a configuration", at: SYS_ROOT_CELL + CELL_NUM_MEMORY, value: 2 ** 31 },
    {
      what: "a configuration larger than the core's memory",
      at: SYS_ROOT_CELL + CELL_NUM_MEMORY,
      value: MANY,
    },
  ])("$what", async ({ at, value }) => {
    const changed = config();
    changed.writeUInt32LE(value, at);
    const said = await boot({ image, modules: [changed], cpus: CPUS, scenario: "refusal" });
    expect(said.loader.split("\n")).toEqual(backWith(ENOMEM));
  });

  describe.each(MACHINES.filter(({ vendor }) => vendor === "intel"))("$title", (machine) => {
    const { bed, cpu } = machine;
    // The BIOS there locks VT-x on; that one has locked it off is in intel-features.test.ts.
    it("another hypervisor has VT-x", async () => {
      const modules = [systemFor(machine)];
      const what = { image: imageFor(machine), modules, cpus: CPUS, bed, cpu };
      const said = await boot({ ...what, scenario: "refusal", argument: 1 });
      expect(said.com1).toContain(
        "VT-x is in use (CR4.VMXE): another hypervisor is loaded, such as KVM\r\n",
      );
      expect(said.loader.split("\n")).toEqual(backWith(EBUSY));
    });
  });
});
