// What a cell finds in its CPUs at its first instructions: the same on the emulated PC and, from a real Linux, on the metal,
// whatever the last owner has left. The clean state of docs/abi.md, section 4, with the timer's divide register as Linux leaves it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encode } from "../../config/index.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import { startSession } from "../../control/session.ts";
import { missingPackages } from "../../tools/inmates/toolchain.ts";
import { PATIENCE } from "../../tools/metal/capture.ts";
import { moduleFor } from "../../tools/metal/driver.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { findKernel } from "../../tools/metal/kernel.ts";
import { ROOT } from "../../tools/root.ts";
import { describeLinux } from "./linux.ts";
import { buildProbe, probeCell, type Registers, readProbe } from "./probe.ts";

/** Plants secrets before a CPU goes down, and masks the extended local vectors as Linux does on a real processor. */
const SILICON = { sources: join(ROOT, "test/metal/module"), file: "silicon.ko" };
const CPUS = [2, 3];
const SOILED = /soiled\r?\n/;
const DIVIDE = "msr83e";
const DIVIDE_BY_16 = 3n;
const DIVISOR = 16;
/** Virtual nanoseconds in which the probe is done with both CPUs. */
const PC_PATIENCE = 1e9;

/** The start state of docs/abi.md, section 4. Registers that are not here are zero. */
const START = {
  cr0: "60000010",
  dr6: "ffff0ff0",
  dr7: "400",
  efer0: "1000",
  gdtr0: "ffff",
  idtr0: "ffff",
  // As it is while the probe reads it: the entry has set LME, paging LMA.
  msrc0000080: "1500",
  msr1b: "fee00800",
  msr80f: "ff",
  msr832: "10000",
  msr833: "10000",
  msr834: "10000",
  msr835: "10000",
  msr836: "10000",
  msr837: "10000",
  msr83e: "3",
  msr277: "7040600070406",
  // x87 and SSE as FNINIT and reset leave them, with the bits that MXCSR may have.
  fx0: "37f",
  fx18: "ffff00001f80",
  xcr0: "1",
} as const;
/** Of the PC's processor, whoever owns it: the TSC runs at the nominal frequency, LFENCE serialises. */
const PC = { msrc0010015: "1000000", msrc0011029: "2" };

/** Names of registers whose values differ between CPUs or processors by nature. */
const OWN = [
  // Time, and what CPUs are called.
  ...["msr10", "msr802", "msr80d", "timer counts0", "timer cycles0", "khz of tsc0", "khz of apic0"],
  // The version of the local APIC, with the number of its local vectors; the last command, of nobody on the metal.
  ...["msr803", "msr830"],
  // QEMU notes an error at a read of a register that it has not, and no write clears it (AMD64 manual, section 16.4.6).
  "msr828",
];

/** MSRs that tell of the machine or the processor's model, and cannot be written by a cell. */
const OF_MACHINE =
  /^msr(35|8b|fe|179|17b|198|1a0|20[0-9a-f]|2[56][0-9a-f]|2ff|4[0-9a-f]{2}|c0010117)$/;

/** What the cell left in its CPUs (probe/main.c), or the half of it that fits. */
const LEFT = "e75ec2e7";
/** Registers that are a task's, or time. */
const MOVED = /^(xmm\w+|msrc0000102|tsc0)$/;
/** The timer's, which Linux sets later than a module can look: masked, and stopped. */
const TIMER: Readonly<Record<string, string>> = { apic320: "10000", apic380: "0" };
/** Cycles in which a round of the cell is over; the cell has moved its own time-stamp counter by 2^50. */
const ROUND = 1n << 45n;

/** Registers that the module tells of each CPU. */
const FOUND = 68;

interface Found {
  readonly cpu: number;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** What Linux said of its CPUs that went to a cell and came back (module/silicon.c). */
function readBack(log: string): Found[] {
  const lines = [...log.matchAll(/silicon: (\d+) (\S+) (\S+) (\S+)$/gm)];
  return lines.map(([, cpu, name, before, after]) => ({
    ...{ cpu: Number(cpu), name: name!, before: before!, after: after! },
  }));
}

/** What must be the same everywhere. */
const common = (registers: Registers) =>
  Object.fromEntries(
    [...registers]
      .filter(([name]) => !OWN.includes(name) && !OF_MACHINE.test(name))
      .map(([name, value]) => [name, value.toString(16)]),
  );

/** The timer, which the probe never sets up, ticks at apic_khz / 16. Frequencies as they are configured. */
function expectTimer(registers: Registers): void {
  const number = (name: string) => Number(registers.get(name));
  const milliseconds = number("timer cycles0") / number("khz of tsc0");
  const ratio = (number("khz of apic0") * milliseconds) / number("timer counts0");
  // Half and twice would be other dividers.
  expect(ratio).toBeGreaterThan(DIVISOR / Math.SQRT2);
  expect(ratio).toBeLessThan(DIVISOR * Math.SQRT2);
}

/** Both CPUs' registers on the emulated PC, twice: the second cell comes after one that has soiled everything. */
async function onPc(): Promise<Registers[]> {
  const session = await startSession({ cpu: "amd,x2apic=off" });
  const image = { data: buildProbe(), address: 0n };
  try {
    await session.enable(encode(qemuX86));
    for (let round = 1; round <= 2; round++) {
      await session.createCell(encode(probeCell(CPUS)));
      await session.loadCell("probe", [image]);
      await session.startCell("probe");
      await session.serial(1).waitFor(new RegExp(`(?:[\\s\\S]*soiled){${round}}`), PC_PATIENCE);
      await session.destroyCell("probe");
    }
    return readProbe(await session.serial(1).text());
  } finally {
    await session.close();
  }
}

describe.skipIf(missingPackages([64]).length > 0)("what a cell inherits, emulated PC", () => {
  let found: Registers[];
  beforeAll(async () => {
    found = await onPc();
  });

  test("both CPUs, before and after a cell that soiled them, and after INIT, are the same", () => {
    expect(found).toHaveLength(4);
    for (const registers of found) expect(common(registers)).toEqual(common(found[0]!));
  });

  test("the timer divides by 16", () => {
    for (const registers of found) {
      expect(registers.get(DIVIDE)).toBe(DIVIDE_BY_16);
      expectTimer(registers);
    }
  });

  test("it is the start state", () => {
    expect(common(found[0]!)).toEqual({ ...START, ...PC });
  });
});

describeLinux("what a cell inherits, from a real Linux", () => {
  let guest: Guest;
  let found: Registers[];
  beforeAll(async () => {
    const extra = new Map([
      ["jailhouse/probe.cell", { data: encode(probeCell(CPUS)) }],
      ["jailhouse/probe.bin", { data: Buffer.from(buildProbe()) }],
      ["jailhouse/silicon.ko", { data: readFileSync(moduleFor(findKernel(), SILICON)) }],
    ]);
    guest = await Guest.boot({ jailhouse: true, extra });
    await guest.check("insmod driver/jailhouse.ko && jailhouse enable configs/qemu-x86.cell");
    await guest.check("insmod silicon.ko");
    for (let round = 0; round < 2; round++) {
      const start = guest.com2.text.length;
      await guest.check("jailhouse cell create probe.cell");
      await guest.check("jailhouse cell load probe probe.bin -a 0");
      await guest.check("jailhouse cell start probe");
      await guest.com2.waitFor(SOILED, PATIENCE, start);
      await guest.check("jailhouse cell destroy probe");
    }
    found = readProbe(guest.com2.text);
  });
  afterAll(() => guest?.close());

  test("is what the emulated PC gives", () => {
    expect(found).toHaveLength(4);
    for (const registers of found) expect(common(registers)).toEqual(START);
  });

  test("and back: Linux has what it had before, and finds nothing of the cell", async () => {
    const back = readBack(await guest.check("dmesg"));
    expect(back.map(({ cpu, name }) => `${cpu} ${name}`)).toHaveLength(2 * CPUS.length * FOUND);
    expect(back.filter(({ after }) => after.includes(LEFT))).toEqual([]);
    const own = back.filter(({ name }) => !MOVED.test(name));
    expect(own.filter(({ name, before, after }) => after !== (TIMER[name] ?? before))).toEqual([]);
    for (const { before, after } of back.filter(({ name }) => name === "tsc0")) {
      const passed = BigInt(`0x${after}`) - BigInt(`0x${before}`);
      expect(passed).toBeGreaterThan(0n);
      expect(passed).toBeLessThan(ROUND);
    }
  });

  test("and Linux, which masked its extended local vectors all the while, goes on", async () => {
    expect(await guest.check("cat /sys/devices/system/cpu/online")).toBe("0-3\n");
    expect(guest.com1.text).not.toContain("FATAL");
  });

  test("the last command of the local APIC is nobody's", () => {
    for (const registers of found) expect(registers.get("msr830")).toBe(0x440fen);
  });

  // How fast it ticks is for the emulated PC to show: here the host may stop the guest between two reads.
  test("has a timer that divides by 16", () => {
    for (const registers of found) {
      expect(registers.get(DIVIDE)).toBe(DIVIDE_BY_16);
      expect(registers.get("timer counts0")).toBeGreaterThan(0n);
    }
  });
});
