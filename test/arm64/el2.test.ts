// The core at EL2 under Debian's Linux, in QEMU's board virt: it answers, it denies in the same words as on x86, and Linux gets its
// processors back. What Linux does is in module/main.c. All in one file: one board at a time.
import { afterAll, beforeAll, expect, test } from "vitest";
import { EINVAL, ENOSYS } from "../../abi/errno.ts";
import { ARM64_PACKAGES, BUILD_PACKAGES } from "../../tools/metal/packages.ts";
import { describeWith } from "../metal/linux.ts";
import { type Board, type BoardOptions, startBoard } from "./board.ts";
import { CPUS } from "./system.ts";

const PACKAGES = [...ARM64_PACKAGES, ...BUILD_PACKAGES];
/** A time is there against a board that hangs; nothing is measured. */
const TIMEOUT = 500_000;
const REGISTERS = Array.from({ length: 31 }, (_, number) => `X${number}`);

/** Lines of the kernel's log without their times. */
const messages = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/^\[ *\d+\.\d+\] /, ""));

describeWith(PACKAGES, "the core at EL2", () => {
  let board: Board;
  let lines: string[] = [];
  /** Index of the first line that is exactly this, from `start` on. */
  const find = (line: string, start = 0) => {
    const found = lines.indexOf(line, start);
    expect(found, `"${line}" in\n${lines.slice(start).join("\n")}`).toBeGreaterThanOrEqual(0);
    return found;
  };

  beforeAll(async () => {
    board = await startBoard();
    lines = messages(await board.ended(TIMEOUT));
  }, TIMEOUT);
  afterAll(() => board?.close());

  test("a configuration that the core refuses leaves everything as it was", () => {
    const start = find("Refused: the interrupt controller is neither a GICv2 nor a GICv3");
    for (const cpu of CPUS) find(`probe: CPU ${cpu} entered: ${-EINVAL}`, start);
    find("probe: EL2 is free: 1", start);
  });

  test("takes over all processors, with the boot log of x86", () => {
    const first = find("Code location: 0x0000000070000000", find("probe: EL2 is free: 1"));
    expect(lines[first - 1]).toMatch(/^Initializing Jailhouse hypervisor v\S+ on CPU \d$/);
    for (const cpu of CPUS) {
      find(` CPU ${cpu}... (MPIDR 0x${cpu}) OK`, first);
      find(`probe: CPU ${cpu} entered: 0`, find("Activating hypervisor", first));
    }
  });

  test("answers hypercalls", () => {
    find("probe: cells: 1");
    expect(lines).toContainEqual(expect.stringMatching(/^probe: pages: [1-9]\d+$/));
    find(`probe: nobody's call: ${-ENOSYS}`);
    expect(lines).toContainEqual(
      expect.stringMatching(/^CPU 0: Unknown hypercall 99, PC: 0xffff[0-9a-f]{12}$/),
    );
  });

  test("carries out what a region smaller than a page grants", () => {
    find("probe: the clock goes on: 1");
  });

  test("gives EL2 back to Linux", () => {
    const start = find("Shutting down hypervisor");
    for (const cpu of CPUS) {
      find(` Releasing CPU ${cpu}`, start);
      find(`probe: CPU ${cpu} left: 0`, start);
    }
    find("probe: EL2 is free: 1", start);
  });

  /** The report that a line begins: its registers, whom it parked, and the record. */
  function expectReport(start: number, cpu: number, accesses: number): void {
    const end = find(`Parking CPU ${cpu} (Cell: "qemu-virt")`, start);
    const report = lines.slice(start + 1, end).join(" ");
    const names = [...report.matchAll(/(\w+): 0x[0-9a-f]{16}(?= |$)/g)].map(([, name]) => name);
    expect(names).toEqual(["PC", "SP", ...REGISTERS]);
    expect(report).toMatch(/ PSTATE: [0-9a-f]{1,8} /);
    expect(lines[end + 1]).toMatch(/^Denial: [0-9a-f]{128}$/);
    expect(lines[end + 2]).toBe(`probe: CPU ${cpu} has failed after ${accesses} accesses`);
  }

  test.each([
    [1, "a write in a region below a page", "write, addr: 0x0000000009010004 size: 4"],
    [2, "a read where there is no region", "read, addr: 0x000000000b000000 size: 8"],
    [3, "a write to a page", "write, addr: 0x0000000009020008 size: 2"],
  ])("CPU %i is denied %s", (cpu, _what, access) => {
    expectReport(find(`FATAL: Invalid MMIO/RAM ${access}`), cpu, 1);
  });

  test("an access that the processor does not describe is refused with the reason", () => {
    const start = find("FATAL: Invalid MMIO/RAM read, addr: 0x000000000b000000 size: 0");
    expect(lines[start - 1]).toMatch(
      /^FATAL: unsupported instruction, the processor does not describe it, ESR: 0x[0-9a-f]{16}$/,
    );
    expectReport(start, 4, 1);
  });

  test("any other trap is refused", () => {
    const start = lines.findIndex((line) => line.startsWith("FATAL: Unexpected trap"));
    expect(lines[start]).toMatch(/, ESR: 0x000000005a000001 FAR: 0x[0-9a-f]{16}$/);
    expectReport(start, 5, 0);
  });

  test("nobody else notices", () => {
    find("probe: CPU 0 state: 0");
    find("probe: done");
  });
});

/** All that QEMU has, with an authentication that costs little time there. */
const NEWEST = "max,pauth-impdef=on";

/** Boots a board and plays the probe. */
async function play(options: BoardOptions): Promise<string> {
  const board = await startBoard(options);
  try {
    return (await board.ended(TIMEOUT)).join("\n");
  } finally {
    await board.close();
  }
}

// One with pointer authentication, whose bits in HCR_EL2 have to stay as they are; and a Linux at EL2.
describeWith(PACKAGES, "other processors", () => {
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
