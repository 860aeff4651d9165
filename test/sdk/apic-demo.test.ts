// apic-demo in C, built outside of the clone by each compiler, for both widths and both reset addresses: it says what the
// original's demo says.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import apicDemo from "../../configs/x86/apic-demo.ts";
import { expectApicDemo } from "../inmates/apic-demo.ts";
import { enabled, launch, MACHINES } from "../inmates/cells.ts";
import { CAN_BUILD, Project, VARIANTS, type Variant } from "./project.ts";

const SOURCE = "sdk/examples/apic-demo.c";
/** Where the image ends that is loaded at 0xf0000. */
const HIGH_SIZE = 0x10000;

describe.skipIf(!CAN_BUILD)("apic-demo in C", () => {
  let project: Project;
  beforeAll(async () => {
    project = (await Project.create("apic-demo")).use(SOURCE);
  });
  afterAll(() => project.close());

  async function expectToRun(image: Uint8Array, { reset }: Variant, machine = MACHINES[0]!) {
    const session = await enabled(machine);
    try {
      await launch(session, { ...apicDemo, cpuResetAddress: BigInt(reset) }, image);
      await expectApicDemo(session);
    } finally {
      await session.close();
    }
  }

  it.each([...VARIANTS.entries()])(
    "by make, %i: $compiler $bits $reset",
    async (index, variant) => {
      const image = project.make(variant);
      if (variant.reset !== "0") expect(image).toHaveLength(HIGH_SIZE);
      // Each kind of machine has its turn with each compiler.
      await expectToRun(image, variant, MACHINES[index % MACHINES.length]);
    },
  );

  it.each([VARIANTS[0]!, VARIANTS.at(-1)!])("by CMake: $compiler $bits $reset", async (variant) => {
    await expectToRun(project.cmake(variant), variant);
  });

  it.each(["-O0", "-Os"])("optimised by %s", async (level) => {
    await expectToRun(project.make(VARIANTS[0]!, level), VARIANTS[0]!);
  });

  it("is about forty lines long", () => {
    const lines = project.run("cat", "apic-demo.c").output.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(45);
  });
});
