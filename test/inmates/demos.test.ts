// Every demo in a cell of the emulated PC, on each kind of machine: the exact texts of ABI section 5.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CellConfig } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import ioapicDemo from "../../configs/x86/ioapic-demo.ts";
import rogueDemo from "../../configs/x86/rogue-demo.ts";
import smpDemo from "../../configs/x86/smp-demo.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import type { CellInfo, Session } from "../../control/api.ts";
import { expectApicDemo } from "./apic-demo.ts";
import { demo, enabled, isIntel, launch, linesOf, MACHINES } from "./cells.ts";

const MS = 1e6;
const SECOND = 1e9;
/** The top bit of the PM timer's 24 changes every 2^23 ticks of 3.579545 MHz. */
const PM_HALF_PERIOD = (2 ** 23 / 3579545) * SECOND;
const PM_LINE = /^PM Timer: ([ \d]{11,})$/;

/** What rogue-demo says of a violation, what the hypervisor says, and whether the CPU is parked. */
const VIOLATIONS = [
  {
    rule: "ram",
    says: ["about to write to RAM that is not mine: 0x3a000000"],
    report: "FATAL: Invalid MMIO/RAM write, addr: 0x000000003a000000 size: 4",
  },
  {
    rule: "mmio",
    says: ["about to read a device that is not mine: 0xfed00000"],
    report: "FATAL: Invalid MMIO/RAM read, addr: 0x00000000fed00000 size: 4",
  },
  {
    rule: "port",
    says: ["about to write to a port that is not mine: 0x3f8"],
    report: "FATAL: Invalid PIO write, port: 3f8 size: 1",
  },
  {
    rule: "triple",
    says: ["about to cause a triple fault"],
    report:
      "FATAL: Unexpected #VMEXIT, exitcode 7f, exitinfo1 0x0000000000000000 exitinfo2 0x0000000000000000",
  },
  {
    rule: "readonly",
    says: ["about to write to what I may only read: 0x180000"],
    report: "FATAL: Invalid MMIO/RAM write, addr: 0x0000000000180000 size: 4",
  },
  {
    rule: "msr",
    says: ["about to write to an MSR that is not mine: 0x1b"],
    report: "FATAL: Unhandled MSR write: 1b",
  },
  {
    rule: "jump",
    says: ["about to jump to where there is nothing: 0x80000000"],
    report:
      "FATAL: unable to get MMIO instruction\n" +
      "FATAL: Invalid MMIO/RAM read, addr: 0x0000000080000000 size: 0",
  },
] as const;

/** What each demo says once it works, on a cell that was destroyed and created again as on the first. */
const AGAIN = [
  { image: "apic-demo", config: apicDemo, port: 0, says: /Timer fired/ },
  { image: "tiny-demo", config: tinyDemo, port: 1, says: /PM Timer: / },
  { image: "32-bit-demo", config: tinyDemo, port: 1, says: /32-bit mode/ },
  { image: "smp-demo", config: smpDemo, port: 1, says: /Received IPI/ },
  { image: "ioapic-demo", config: ioapicDemo, port: 1, says: /ACPI IRQ received/ },
] as const;

/** Intel's processors put the triple fault otherwise. */
const VTX_TRIPLE_FAULT =
  "FATAL: Unhandled VM-Exit, reason 2\nqualification 0\nvectoring info: 0 interrupt info: 0";

/** What only earns a warning. */
const WARNINGS = [
  {
    rule: "ipi",
    says: ["about to interrupt a CPU that is not mine: 0x0", "still here"],
    report: /^WARNING: CPU 2 specified IPI destination outside cell boundaries, ICR\.hi=0\n$/,
  },
  {
    rule: "hypercall",
    says: ["about to make a hypercall that does not exist: 0xbad", "it returned -38", "still here"],
    report: /^CPU 2: Unknown hypercall 2989, RIP: 0x00000000000f[\da-f]{4}\n$/,
  },
  { rule: "none", says: ["no rule to break: say violation=..."], report: /^$/ },
] as const;

const DUMP = [
  /^RIP: 0x[\da-f]{16} RSP: 0x[\da-f]{16} FLAGS: [\da-f]+$/,
  /^RAX: 0x[\da-f]{16} RBX: 0x[\da-f]{16} RCX: 0x[\da-f]{16}$/,
  /^RDX: 0x[\da-f]{16} RSI: 0x[\da-f]{16} RDI: 0x[\da-f]{16}$/,
  /^CS: 18 BASE: 0x0000000000000000 AR-BYTES: a0?9b EFER\.LMA 1$/,
  /^CR0: 0x[\da-f]{16} CR3: 0x[\da-f]{16} CR4: 0x[\da-f]{16}$/,
  /^EFER: 0x000000000000[01]500$/,
  /^Parking CPU 2 \(Cell: "rogue-demo"\)$/,
  /^Denial: [0-9a-f]{128}$/,
];

describe.each(MACHINES)("on $cpu", (machine) => {
  const isXapic = machine.cpu.includes("x2apic=off");
  let session: Session;
  beforeEach(async () => {
    session = await enabled(machine);
  });
  afterEach(() => session.close());

  async function cellNamed(name: string): Promise<CellInfo | undefined> {
    return (await session.cells()).find((cell) => cell.name === name);
  }

  /** What the hypervisor has printed since the cell was started. */
  async function consoleAfterStart({ name }: CellConfig): Promise<string> {
    const text = await session.consoleText();
    const mark = `Started cell "${name}"\n`;
    return text.slice(text.lastIndexOf(mark) + mark.length);
  }

  it("exits-demo times each kind of exit, and the counters agree", async () => {
    await launch(session, apicDemo, demo("exits-demo"), "rounds=2 count=50");
    await session.serial(0).waitFor(/Exits done\r\n/);
    const kinds = ["no exit", "CPUID", "hypercall", "x2APIC write"];
    if (isXapic) kinds.push("xAPIC write");
    const text = await session.serial(0).text();
    const found = [...text.matchAll(/^(.*): (\d+) ns\r$/gm)];
    expect(found.map(([, kind]) => kind)).toEqual(kinds.flatMap((kind) => [kind, kind]));
    const { total } = await session.statistics("apic-demo");
    expect(total.cpuid).toBeGreaterThanOrEqual(100);
    expect(total.hypercall).toBe(100);
    if (isXapic) expect(total.xapic).toBe(100);
    expect((await cellNamed("apic-demo"))?.state).toBe("shut down");
  });

  it("apic-demo calibrates, ticks ten times a second and is asked twice", async () => {
    await launch(session, apicDemo, demo("apic-demo"));
    const first = isIntel(machine) ? ["Initial number of SMIs: 0"] : [];
    await expectApicDemo(session, first);
  });

  it("tiny-demo greets and counts ten seconds", async () => {
    await launch(session, tinyDemo, demo("tiny-demo"));
    const serial = session.serial(1);
    await session.run(100 * MS);
    const moments: number[] = [];
    for (let count = 1; count <= 10; count++) {
      const lines = linesOf(await serial.text());
      expect(lines).toHaveLength(count + 1);
      expect(lines[0]).toBe("Hello from this tiny cell!");
      moments.push(Number(PM_LINE.exec(lines[count]!)![1]));
      await session.run(SECOND);
    }
    for (const [index, moment] of moments.slice(1).entries()) {
      const passed = moment - moments[index]!;
      expect(Math.abs(passed - SECOND), `line ${index + 2}`).toBeLessThan(2 * MS);
    }
    await session.run(2 * SECOND);
    expect(linesOf(await serial.text())).toHaveLength(11);
    expect(await cellNamed("tiny-demo")).toMatchObject({ state: "running", cpusFailed: [] });
    await session.destroyCell("tiny-demo");
  });

  it("32-bit-demo proves that it is one", async () => {
    await launch(session, tinyDemo, demo("32-bit-demo"));
    await session.run(50 * MS);
    const efer = isIntel(machine) ? "0" : "1000";
    expect(await session.serial(1).text()).toBe(`This runs in 32-bit mode (EFER: ${efer})\r\n`);
  });

  it("smp-demo finds, starts and interrupts the other CPUs, again without a load", async () => {
    await launch(session, smpDemo, demo("smp-demo"));
    const serial = session.serial(1);
    let seen = 0;
    for (let round = 0; round < 2; round++) {
      await session.run(200 * MS);
      const text = await serial.text();
      const lines = linesOf(text.slice(seen));
      const [, primary] = /^SMP demo, primary CPU: ([123])$/.exec(lines[0]!)!;
      expect(lines.slice(1, 3)).toEqual(["Waiting for the rest...", "Found 2 other CPU(s)"]);
      const others = [1, 2, 3].filter((cpu) => cpu !== Number(primary));
      const order = lines
        .filter((line) => line.startsWith(" Starting"))
        .map((line) => Number(line.at(-1)));
      expect([...order].sort()).toEqual(others);
      const each = order.flatMap((cpu) => [
        ` Starting CPU ${cpu}`,
        `Hello from CPU ${cpu}!`,
        `Received IPI on ${cpu}`,
      ]);
      expect(lines.slice(3)).toEqual(each);
      seen = text.length;
      expect(await cellNamed("smp-demo")).toMatchObject({
        cpusAssigned: [1, 2, 3],
        cpusFailed: [],
      });
      await session.startCell("smp-demo");
    }
    await session.destroyCell("smp-demo");
    expect((await session.status()).offline).toEqual([]);
  });

  it("ioapic-demo gets the PM timer's interrupt every 2.3 seconds", async () => {
    await launch(session, ioapicDemo, demo("ioapic-demo"));
    const serial = session.serial(1);
    const lines = ["Note: ACPI IRQs are broken for Linux now."];
    await session.run(100 * MS);
    expect(linesOf(await serial.text())).toEqual(lines);
    const moments: number[] = [];
    for (let count = 1; count <= 4; count++) {
      lines.push("ACPI IRQ received, status: 0001");
      await serial.waitFor(lines.join("\r\n"), 3 * SECOND);
      moments.push(await session.time());
    }
    for (const [index, moment] of moments.slice(1).entries())
      expect(Math.abs(moment - moments[index]! - PM_HALF_PERIOD)).toBeLessThan(2 * MS);
    expect(linesOf(`${await serial.text()}\r\n`.replace(/(\r\n)+$/, "\r\n"))).toEqual(lines);
    await session.destroyCell("ioapic-demo");
    const before = await serial.text();
    await session.run(5 * SECOND);
    expect(await serial.text()).toBe(before);
  });

  it.each(AGAIN)(
    "$image does the same when it is created again",
    async ({ image, config, port, says }) => {
      const serial = session.serial(port);
      for (const round of [1, 2]) {
        const before = (await serial.text()).length;
        await launch(session, config, demo(image));
        await session.run(3 * SECOND);
        expect((await serial.text()).slice(before), `round ${round}`).toMatch(says);
        await session.destroyCell(config.name).catch(() => session.destroyCell(config.name));
      }
    },
  );

  it.each(VIOLATIONS)("rogue-demo is parked for $rule", async ({ rule, says, report: onAmd }) => {
    const isVtx = isIntel(machine) && rule === "triple";
    const report = isVtx ? VTX_TRIPLE_FAULT : onAmd;
    await launch(session, rogueDemo, demo("rogue-demo"), `violation=${rule}`);
    await session.run(50 * MS);
    expect(linesOf(await session.serial(1).text())).toEqual(says.map((text) => `Rogue: ${text}`));
    const words = await consoleAfterStart(rogueDemo);
    expect(words.startsWith(`${report}\n`), words).toBe(true);
    const dump = words
      .slice(report.length + 1)
      .trimEnd()
      .split("\n");
    expect(dump).toHaveLength(DUMP.length);
    for (const [index, line] of dump.entries()) expect(line).toMatch(DUMP[index]!);
    const parked = { state: "failed", cpusAssigned: [2], cpusFailed: [2] };
    expect(await cellNamed("rogue-demo")).toMatchObject(parked);
    await session.destroyCell("rogue-demo");
    expect((await session.status()).offline).toEqual([]);
  });

  it.each(WARNINGS)("rogue-demo lives on after $rule", async ({ rule, says, report }) => {
    await launch(session, rogueDemo, demo("rogue-demo"), `violation=${rule} delay=20`);
    await session.run(10 * MS);
    expect(await session.serial(1).text()).toBe("");
    await session.run(90 * MS);
    expect(linesOf(await session.serial(1).text())).toEqual(says.map((text) => `Rogue: ${text}`));
    expect(await consoleAfterStart(rogueDemo)).toMatch(report);
    expect(await cellNamed("rogue-demo")).toMatchObject({ state: "running", cpusFailed: [] });
  });
});
