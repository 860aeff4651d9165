// Other processors than the one of el2.test.ts: one with pointer authentication, whose bits in HCR_EL2 have to stay as they are;
// and a Linux that runs at EL2 itself, which is refused with the reason.
import { expect, test } from "vitest";
import { ARM64_PACKAGES, BUILD_PACKAGES } from "../../tools/metal/packages.ts";
import { describeWith } from "../metal/linux.ts";
import { type BoardOptions, startBoard } from "./board.ts";

const TIMEOUT = 500_000;
/** All that QEMU has, with an authentication that costs little time there. */
const NEWEST = "max,pauth-impdef=on";

async function play(options: BoardOptions): Promise<string> {
  const board = await startBoard(options);
  try {
    return (await board.ended(TIMEOUT)).join("\n");
  } finally {
    await board.close();
  }
}

describeWith([...ARM64_PACKAGES, ...BUILD_PACKAGES], "processors", () => {
  test("one with pointer authentication works as well", async () => {
    const text = await play({ cpu: NEWEST, append: ["kvm-arm.mode=nvhe"] });
    expect(text).toContain("probe: EL2 is free: 1");
    expect(text).toContain("probe: CPU 5 has failed after 0 accesses");
    expect(text).toContain("probe: done");
  });

  test("a Linux at EL2 is refused with the reason", async () => {
    const text = await play({ cpu: NEWEST });
    expect(text).toContain("probe: Linux runs at EL2: boot it with kvm-arm.mode=nvhe");
    expect(text).toContain("probe: ended with 1");
    expect(text).not.toContain("Initializing Jailhouse");
  });
});
