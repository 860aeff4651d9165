// Floating point in cells: x87 and SSE at a program's start, on other CPUs, in handlers and after them, in cells of the emulated PC and
// on QEMU's.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import smpDemo from "../../configs/x86/smp-demo.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import { enabled, launch, linesOf, MACHINES } from "../inmates/cells.ts";
import { HAS_QEMU, runOnQemu } from "../inmates/qemu.ts";
import { CAN_BUILD, Project, VARIANTS } from "./project.ts";

const SECOND = 1e9;
/** What the ABI has at a program's start, and the control registers that let it use both units. */
const FRESH = "cr0 22 cr4 600 fcw 037f fsw 0000 tags 00 mxcsr 1f80 aligned 1";
const LINES = [
  `first: ${FRESH}`,
  `handler: ${FRESH}`,
  "roots 141421 173205",
  "fcw 0a7f fsw 3000 tags c0 mxcsr bf80 registers kept",
];

describe.skipIf(!CAN_BUILD)("floating point in C", () => {
  let project: Project;
  beforeAll(async () => {
    project = (await Project.create("floats")).use("test/sdk/samples/floats.c");
  });
  afterAll(() => project.close());

  describe.each([...VARIANTS.entries()])("%i: $compiler $bits $reset", (index, variant) => {
    const cpuResetAddress = BigInt(variant.reset);

    it("is there on every CPU, and handlers leave it alone; again without a load", async () => {
      const session = await enabled(MACHINES[index % MACHINES.length]);
      try {
        await launch(session, { ...smpDemo, cpuResetAddress }, project.make(variant));
        for (let round = 0; round < 2; round++) {
          if (round > 0) await session.startCell("smp-demo");
          const before = (await session.serial(1).text()).length;
          await session.run(SECOND / 10);
          const lines = linesOf((await session.serial(1).text()).slice(before));
          expect(lines).toEqual([...LINES, `started: ${FRESH}`, `started: ${FRESH}`, "done"]);
        }
      } finally {
        await session.close();
      }
    });

    // Depends on neither compiler nor layout as much: once for each width.
    if (variant.compiler !== "gcc" || variant.reset === "0") return;

    it.each([
      ["x87", 16],
      ["sse", 19],
    ])("reports an exception that is not masked: %s", async (unit, vector) => {
      const session = await enabled();
      try {
        const image = project.make(variant);
        await launch(session, { ...tinyDemo, cpuResetAddress }, image, `do=${unit}`);
        await session.run(SECOND / 10);
        const lines = linesOf(await session.serial(1).text());
        expect(lines.slice(0, 5)).toEqual([...LINES, `--- EXCEPTION ${vector} ---`]);
      } finally {
        await session.close();
      }
    });
  });

  const high = VARIANTS.filter(({ compiler, reset }) => compiler === "gcc" && reset !== "0");
  it.skipIf(!HAS_QEMU).each(high)("says the same on QEMU: $bits", async (variant) => {
    const output = await runOnQemu({ image: project.make(variant) }, /done\r\n/);
    expect(output.trimEnd().split("\r\n")).toEqual([...LINES, "done"]);
  });
});
