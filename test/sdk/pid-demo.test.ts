// pid-demo, the SDK's example with floats: at both widths it says what the same steps say in JavaScript's arithmetic.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import { enabled, launch, linesOf, MACHINES } from "../inmates/cells.ts";
import { CAN_BUILD, Project, VARIANTS } from "./project.ts";

const MS = 1e6;
const STEP = 1 / 100;
const STEPS_PER_LINE = 50;
const LINES = 4;

/** The model of the example, in the order of its operations. */
function expected(): string[] {
  let [temperature, sum, last] = [20, 0, 60];
  const lines: string[] = [];
  for (let steps = 1; steps <= LINES * STEPS_PER_LINE; steps++) {
    const difference = 80 - temperature;
    const candidate = sum + difference * STEP;
    const slope = (difference - last) / STEP;
    const wanted = 0.08 * difference + 0.06 * candidate + 0.01 * slope;
    const power = Math.min(1, Math.max(0, wanted));
    if (power === wanted) sum = candidate;
    last = difference;
    temperature += (power * 60 - (temperature - 20) * 0.5) * STEP;
    if (steps % STEPS_PER_LINE > 0) continue;
    const [time, heat, part] = [steps * STEP, temperature, power].map((value) => value.toFixed(3));
    lines.push(`${time} s: ${heat} degrees, power ${part}`);
  }
  return lines;
}

describe.skipIf(!CAN_BUILD)("pid-demo in C", () => {
  let project: Project;
  beforeAll(async () => {
    project = (await Project.create("pid-demo")).use("sdk/examples/pid-demo.c");
  });
  afterAll(() => project.close());

  const high = VARIANTS.filter(({ reset }) => reset !== "0");
  it.each([...high.entries()])("by make, %i: %j", async (index, variant) => {
    const session = await enabled(MACHINES[index % MACHINES.length]);
    try {
      await launch(session, tinyDemo, project.make(variant));
      await session.run((LINES * STEPS_PER_LINE * 10 + 30) * MS);
      expect(linesOf(await session.serial(1).text())).toEqual(expected());
    } finally {
      await session.close();
    }
  });

  it("by CMake, for 32 bits", () => {
    const variant = { compiler: "gcc", bits: 32, reset: "0xffff0" } as const;
    expect(project.cmake(variant)).toHaveLength(0x10000);
  });
});
