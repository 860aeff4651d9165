// apic-demo in C on bare CPUs below the metal image: the first and the last of its variants, which between them are of both
// compilers, widths and reset addresses.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONSOLE_TYPE_NONE } from "../../abi/config.ts";
import { encode } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import { buildImage } from "../../tools/metal/image.ts";
import { patient } from "../../tools/metal/payload.ts";
import { ROOT } from "../../tools/root.ts";
import { CAN_BUILD, Project, VARIANTS } from "../sdk/project.ts";
import { boot, CAN_BOOT } from "./loader.ts";

const CPUS = 4;

describe.skipIf(!CAN_BOOT || !CAN_BUILD)("apic-demo in C on the metal", () => {
  let project: Project;
  beforeAll(async () => {
    project = (await Project.create("apic-demo")).use("sdk/examples/apic-demo.c");
  });
  afterAll(() => project.close());

  // The hypervisor is silent: on a line that both use the words of one come into those of the other.
  const system = encode({
    ...qemuX86,
    debugConsole: { ...qemuX86.debugConsole, type: CONSOLE_TYPE_NONE },
  });
  const image = () =>
    buildImage({
      root: ROOT,
      core: join(ROOT, "dist/hypervisor.wasm"),
      platform: join(ROOT, "dist/metal-amd.wasm"),
    }).bytes;

  it.each([VARIANTS[0]!, VARIANTS.at(-1)!])("$compiler $bits $reset", async (variant) => {
    const modules = [
      system,
      patient(encode({ ...apicDemo, cpuResetAddress: BigInt(variant.reset) })),
      project.make(variant),
    ];
    const request = { image: image(), modules, cpus: CPUS };
    const { com1, loader, ended } = await boot({ ...request, scenario: "demo" });
    expect(ended).toBe(true);
    // Twice enabled, so twice from its start to its end; the first request to stop is refused.
    expect(loader.match(/^(state|destroy): .*$/gm)).toEqual(
      Array(2).fill(["state: 1", "destroy: -1", "destroy: 0"]).flat(),
    );
    const rounds = com1.split(/(?=Calibrated TSC)/);
    expect(rounds).toHaveLength(2);
    for (const round of rounds) {
      expect(round).toMatch(
        /^Calibrated TSC frequency: \d+\.\d{3} kHz\r+\nCalibrated APIC frequency: \d+ kHz\r+\n/,
      );
      expect(round).toMatch(/Timer fired, jitter: +-?\d+ ns, min: +-?\d+ ns, max: +-?\d+ ns\r+\n/);
      expect(round).toContain("Rejecting first shutdown request - try again!");
      expect(round).toContain("Stopped APIC demo");
    }
  });
});
