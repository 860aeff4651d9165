// What Intel's processors have and lack, by recorded registers, and what follows.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalTarget } from "../control/linux/local.ts";
import type { ExitStatus } from "./failure.ts";
import { factsOf, showHardware } from "./hardware-check.ts";
import * as intel from "./testing/intel-processors.ts";
import { Surroundings } from "./testing/surroundings.ts";

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});
afterEach(() => world.close());

const BOARD: Readonly<Record<string, string>> = {
  "proc/sys/kernel/osrelease": "6.1.0-56-amd64\n",
  "proc/modules": "e1000e 327680 0 - Live 0x0\n",
  "sys/module/e1000e/refcnt": "0\n",
  "proc/cmdline": "console=ttyS0 memmap=82M$0x3a000000\n",
  "sys/firmware/acpi/tables/APIC": "",
  "sys/firmware/acpi/tables/MCFG": "",
  "sys/class/tty/ttyS0/type": "4\n",
};

/** Checks a machine with that processor. `canRead`: Linux' msr module is there. */
async function check(
  { flags, msrs }: intel.IntelProcessor,
  files: Readonly<Record<string, string>> = {},
  canRead = true,
) {
  const cpuinfo = `processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: ${flags}\n`;
  for (const [path, text] of Object.entries({ ...BOARD, "proc/cpuinfo": cpuinfo, ...files })) {
    const file = join(world.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const target = new LocalTarget({ ...world.host, root: world.directory });
  const facts = await factsOf({
    gather: (patterns) => target.gather(patterns),
    readMsr: async (number) => (canRead ? msrs[number] : undefined),
  });
  let out = "";
  let status = 0;
  try {
    const say = (text: string) => {
      out += text;
    };
    showHardware({ out: say, columns: undefined }, facts);
  } catch (error) {
    status = (error as ExitStatus).status;
  }
  return { status, out };
}

/** Lines that are neither "ok" nor optional, without what is the same everywhere. */
const complaints = (out: string) =>
  out
    .split("\n")
    .filter((line) => /MISSING|cannot/.test(line))
    .map((line) => line.replace(/ {2,}/g, "  ").trim());

describe("a processor of Intel's that has everything", () => {
  it.each([
    ["a desktop's", intel.DESKTOP],
    ["Bochs' Haswell", intel.BOCHS_HASWELL],
    ["Bochs' Ice Lake", intel.BOCHS_ICELAKE],
    ["one with Intel TXT besides", intel.TXT_TOO],
    ["one whose firmware left the decision open", intel.LEFT_OPEN],
    ["one with keys of memory encryption for no trust domain", intel.KEYS_ONLY],
  ])("%s", async (_name, processor) => {
    const { status, out } = await check(processor);
    expect(complaints(out)).toEqual([]);
    expect(out).toMatch(/^Intel processor with VT-x +ok\n {2}enabled by the firmware +ok\n/m);
    expect([status, out]).toEqual([0, expect.stringMatching(/\nCheck passed!\n$/)]);
  });
});

const EXECUTION =
  "Controls of execution  MISSING: cells could not be kept to what they may do: without";

describe("what follows from", () => {
  it.each<[string, intel.IntelProcessor, readonly string[]]>([
    [
      "VT-x that the firmware has locked off",
      intel.LOCKED_OFF,
      [
        "enabled by the firmware  MISSING: switch VT-x (Intel Virtualization Technology) on in the firmware's setup",
      ],
    ],
    [
      "VT-x for measured launches only",
      intel.TXT_ONLY,
      [
        "enabled by the firmware  MISSING: VT-x is for measured launches only (Intel TXT): switch it on outside of them in the firmware's setup",
      ],
    ],
    [
      "no EPT",
      intel.NO_EPT,
      [
        "Extended page tables (EPT)  MISSING: cells could not be kept in their memory",
        "as the hypervisor has them  MISSING: its tables could not be used: without 4 levels, write-back, 2 MiB pages, 1 GiB pages, INVEPT, INVEPT of all contexts",
        "Unrestricted guest  MISSING: cells could not start in real mode",
      ],
    ],
    [
      "no unrestricted guests",
      intel.RESTRICTED,
      ["Unrestricted guest  MISSING: cells could not start in real mode"],
    ],
    [
      "trust domains",
      intel.TDX_HOST,
      [
        "No trust domains (TDX)  MISSING: the driver refuses: switch Intel TDX off in the firmware's setup",
      ],
    ],
    [
      "a hypervisor below without XSAVES, which Linux uses",
      intel.NESTED_WITHOUT_XSAVES,
      [
        "Linux' own instructions  MISSING: Linux uses what would raise #UD below the hypervisor: without xsaves (the hypervisor below may hide it)",
      ],
    ],
    [
      "a hypervisor below without virtual NMIs",
      intel.NESTED_WITHOUT_NMIS,
      [
        "NMIs of guests  MISSING: a CPU could not be stopped: without virtual NMIs (the hypervisor below may hide it)",
      ],
    ],
    [
      "a hypervisor below that does not switch PAT",
      intel.NESTED_WITHOUT_PAT,
      [
        "Controls of exits and entries  MISSING: registers of guests and hypervisor could not be kept apart: without save PAT, load PAT (the hypervisor below may hide it)",
      ],
    ],
    [
      "a hypervisor below without bitmaps of MSRs",
      intel.NESTED_WITHOUT_BITMAPS,
      [`${EXECUTION} MSR bitmaps (the hypervisor below may hide it)`],
    ],
    [
      "a hypervisor below without pages of 1 GiB",
      intel.NESTED_WITHOUT_GIB,
      [
        "as the hypervisor has them  MISSING: its tables could not be used: without 1 GiB pages (the hypervisor below may hide it)",
      ],
    ],
    [
      "CR3 that always exits",
      intel.CR3_EXITS,
      [`${EXECUTION} no CR3-load exiting, no CR3-store exiting`],
    ],
  ])("%s", async (_name, processor, expected) => {
    const { status, out } = await check(processor);
    expect(complaints(out)).toEqual(expected);
    expect([status, out]).toEqual([2, expect.stringContaining("\nCheck FAILED!\n")]);
  });

  it("no VT-x at all", async () => {
    const { status, out } = await check(intel.NO_VT_X);
    expect(out).toMatch(
      /^Intel processor with VT-x +MISSING: there is no virtualisation that the hypervisor could use, or the firmware's setup has it off$/m,
    );
    expect(status).toBe(2);
  });

  it("VT-x of the first generation", async () => {
    const { out } = await check(intel.FIRST);
    expect(complaints(out)).toEqual(
      expect.arrayContaining([
        "with TRUE controls  MISSING: its VT-x is too old",
        "Extended page tables (EPT)  MISSING: cells could not be kept in their memory",
        "Unrestricted guest  MISSING: cells could not start in real mode",
      ]),
    );
  });

  it("KVM that is loaded", async () => {
    const { status, out } = await check(intel.DESKTOP, { "sys/module/kvm_intel/refcnt": "0\n" });
    expect(complaints(out)).toEqual([
      "VT-x not used by KVM  MISSING: unload it first: rmmod kvm_intel kvm",
    ]);
    expect(status).toBe(2);
  });

  it("interrupts that a VT-d unit remaps", async () => {
    const { out } = await check(intel.DESKTOP, {
      "sys/firmware/acpi/tables/DMAR": "",
      "proc/interrupts": "  8:   0   IR-IO-APIC   8-edge      rtc0\n",
    });
    expect(out).toMatch(/^IOMMU \(DMAR\) +unused: devices of cells need the flag/m);
    expect(complaints(out)).toEqual([
      "IOMMU not used by Linux  MISSING: the hypervisor stops Linux when it touches the unit: boot with intel_iommu=off nointremap",
    ]);
  });

  it("registers that cannot be read", async () => {
    const { status, out } = await check(intel.DESKTOP, {}, false);
    const remedy = "cannot be told: as root, with Linux' module: modprobe msr";
    expect(out).toMatch(/^Intel processor with VT-x +ok$/m);
    expect(complaints(out)).toEqual(
      expect.arrayContaining([
        `enabled by the firmware  ${remedy}`,
        `Extended page tables (EPT)  ${remedy}`,
        `No trust domains (TDX)  ${remedy}`,
      ]),
    );
    expect(complaints(out).filter((line) => line.includes("MISSING"))).toEqual([]);
    expect(status).toBe(1);
  });
});
