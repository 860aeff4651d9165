// The emulated platform as a machine's owner sees it: what is left of a refused take-over.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encode } from "../../config/index.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import { type LocalSession, startSession } from "../../control/session.ts";
import { systemWith } from "./systems.ts";

const LDR = 0xfee000d0;

const hypervisorAt = (physicalStart: bigint, size: bigint) => ({
  hypervisorMemory: { ...qemuX86.hypervisorMemory, physicalStart, size },
});

describe("a refused enable", () => {
  /** One for all, as it was at its start for each: to look at all of a new machine's memory for the first time takes seconds. */
  let session: LocalSession;
  let fresh: Awaited<ReturnType<LocalSession["snapshot"]>>;
  beforeAll(async () => {
    session = await startSession({ cpu: "amd,x2apic=off" });
    fresh = await session.snapshot();
  });
  beforeEach(() => session.restore(fresh));
  afterAll(() => session.close());

  it.each([
    ["memory beyond the RAM", systemWith(hypervisorAt(0x3ff00000n, 0x600000n)), "ENOMEM"],
    ["too little memory", systemWith(hypervisorAt(0x3a000000n, 0x10000n)), "ENOMEM"],
    ["memory of the root cell", systemWith(hypervisorAt(0x39f00000n, 0x600000n)), "EINVAL"],
    ["a CPU that is not the root cell's", systemWith({}, [0, 1]), "EINVAL"],
    ["the other APIC mode", systemWith({ x86: { ...qemuX86.x86!, apicMode: 2 } }), "EIO"],
  ])("for %s leaves the machine bit for bit as it was", async (_, config, code) => {
    const { machine } = session;
    const pool = machine.pc.exports.poolUsed();
    const before = machine.fingerprint();
    await expect(session.enable(config)).rejects.toMatchObject({ code });
    expect(machine.fingerprint()).toBe(before);
    expect(machine.pc.exports.poolUsed()).toBe(pool);
    await session.enable(encode(qemuX86));
    await session.disable();
  });

  it("half-way, at the third CPU, lets the other two go", async () => {
    const { machine } = session;
    machine.pc.writePhysical(2, LDR, 4, 0x01000000n);
    const pool = machine.pc.exports.poolUsed();
    const before = machine.fingerprint();
    await expect(session.enable(systemWith({}))).rejects.toMatchObject({
      code: "EIO",
      hint: expect.stringContaining("CPU 2... (APIC ID 2) FAILED"),
    });
    expect(machine.fingerprint()).toBe(before);
    expect(machine.pc.exports.poolUsed()).toBe(pool);
    machine.pc.writePhysical(2, LDR, 4, 0x04000000n);
    await session.enable(encode(qemuX86));
    await session.disable();
  });
});
