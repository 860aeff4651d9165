// Each kind of violation, by real machine code on the emulated PC: what the console says, line by line, what becomes of the
// CPU and its cell, and that nobody else notices.
import { describe, expect, test } from "vitest";
import type { MachineOptions } from "../../control/api.ts";
import { readReports } from "../../control/console-reports.ts";
import { ATTACK, type ROGUES, rogue } from "./programs.ts";
import { cellNamed, countTicks, openMachine, openStage, play, ROGUE_RAM } from "./stage.ts";

/** Registers of a report, without leading zeros. AR: access rights of CS; LMA: that bit of EFER. */
type Registers = Readonly<Record<keyof typeof ORDINARY, string>>;

interface Violation {
  readonly program: keyof typeof ROGUES;
  /** The lines before the registers. */
  readonly lines: readonly string[];
  /** Registers that differ from those of an ordinary program. */
  readonly registers?: Partial<Registers>;
}

type VirtualisationInstruction = readonly [name: string, code: string, exit: number];

/** Where a program leaves the result of what is no violation. */
const RESULT = 0x6000;
const LSTAR = 0xc0000082;
const AMD = { EFER: "1000" };
const INTEL = { EFER: "0" };
const ORDINARY = {
  ...{ RIP: "100", RSP: "7000", FLAGS: "2" },
  ...{ RAX: "a1a2a3a4", RBX: "b1b2b3b4", RCX: "c1c2c3c4" },
  ...{ RDX: "d1d2d3d4", RSI: "51525354", RDI: "d15d15d1" },
  ...{ CS: "8", AR: "c9b", LMA: "0", CR0: "11", CR3: "0", CR4: "0", EFER: "0" },
};

const VIOLATIONS: readonly Violation[] = [
  {
    program: "ram",
    lines: ["FATAL: Invalid MMIO/RAM write, addr: 0x000000003a000000 size: 4"],
  },
  {
    program: "mmio",
    lines: ["FATAL: Invalid MMIO/RAM read, addr: 0x00000000fed00000 size: 4"],
  },
  {
    program: "readonly",
    lines: ["FATAL: Invalid MMIO/RAM write, addr: 0x0000000000180000 size: 2"],
  },
  {
    program: "unsupported",
    lines: [
      "FATAL: unsupported instruction (0xff 0x35 0x00 0x00)",
      "FATAL: Invalid MMIO/RAM read, addr: 0x00000000fed00000 size: 0",
    ],
  },
  {
    program: "cross",
    lines: [
      "FATAL: device access across pages or by page tables",
      "FATAL: Invalid MMIO/RAM write, addr: 0x0000000000101000 size: 0",
    ],
    registers: { RBX: "100ffe" },
  },
  {
    program: "tables",
    lines: [
      "FATAL: device access across pages or by page tables",
      "FATAL: Invalid MMIO/RAM read, addr: 0x0000000000101000 size: 0",
    ],
    registers: { RIP: "103", RAX: "80000011", CR0: "80000011", CR3: "101000" },
  },
  {
    program: "port",
    lines: ["FATAL: Invalid PIO write, port: 3f8 size: 1"],
    registers: { RDX: "3f8" },
  },
  {
    program: "straddle",
    lines: ["FATAL: Invalid PIO write, port: 2fe size: 4"],
    registers: { RDX: "2fe" },
  },
  {
    program: "pci",
    lines: [
      "FATAL: Invalid PCI config write, device 00:00.0, reg: 0x4, size: 2",
      "FATAL: Invalid PIO write, port: cfc size: 2",
    ],
    registers: { RAX: "80000004", RDX: "cfc" },
  },
  { program: "msr", lines: ["FATAL: Unhandled MSR write: 1b"], registers: { RCX: "1b" } },
  { program: "mtrr", lines: ["FATAL: Unhandled MSR write: 200"], registers: { RCX: "200" } },
  {
    program: "pat",
    lines: ["FATAL: Invalid PAT value: d1d2d3d4a1a2a3a4"],
    registers: { RCX: "277" },
  },
  {
    program: "jump",
    lines: [
      "FATAL: unable to get MMIO instruction",
      "FATAL: Invalid MMIO/RAM read, addr: 0x0000000080000000 size: 0",
    ],
    registers: { RIP: "80000000", RAX: "80000000" },
  },
];

/** Of SVM (AMD64 Architecture Programmer's Manual, volume 2, appendix C): machine code, and the exit's code. */
const SVM: readonly VirtualisationInstruction[] = [
  ["vmrun", "0f01d8", 0x80],
  ["vmload", "0f01da", 0x82],
  ["vmsave", "0f01db", 0x83],
  ["clgi", "0f01dd", 0x85],
  ["skinit", "0f01de", 0x86],
  ["invlpga", "0f01df", 0x7a],
];
/** Of VMX (SDM, volume 3, appendix C): machine code, and the exit's reason. */
const VMX: readonly VirtualisationInstruction[] = [
  ["vmclear [esp]", "660fc73424", 19],
  ["vmlaunch", "0f01c2", 20],
  ["vmptrld [esp]", "0fc73424", 21],
  ["vmptrst [esp]", "0fc73c24", 22],
  ["vmread ebx, eax", "0f78c3", 23],
  ["vmresume", "0f01c3", 24],
  ["vmwrite eax, ebx", "0f79c3", 25],
  ["vmxon [esp]", "f30fc73424", 27],
  ["invept eax, [esp]", "660f38800424", 50],
  ["invvpid eax, [esp]", "660f38810424", 53],
];

/** A program with `code` for its violation. */
function rogueWith(code: string): Uint8Array {
  const image = Buffer.from(rogue("ram"));
  image.write(code, ATTACK, "hex");
  return image;
}

const hex16 = (registers: Registers, name: keyof Registers) =>
  `${name}: 0x${registers[name].padStart(16, "0")}`;

/** The dump of ABI section 8. */
function dump(registers: Registers): string[] {
  const wide = (...names: (keyof Registers)[]) =>
    names.map((name) => hex16(registers, name)).join(" ");
  return [
    `${wide("RIP", "RSP")} FLAGS: ${registers.FLAGS}`,
    wide("RAX", "RBX", "RCX"),
    wide("RDX", "RSI", "RDI"),
    `CS: ${registers.CS} BASE: 0x0000000000000000 AR-BYTES: ${registers.AR} EFER.LMA ${registers.LMA}`,
    wide("CR0", "CR3", "CR4"),
    wide("EFER"),
  ];
}

function report(lines: readonly string[], registers: Registers): string[] {
  return [
    "CPU 2 received SIPI, vector 100",
    'Started cell "rogue"',
    ...lines,
    ...dump(registers),
    'Parking CPU 2 (Cell: "rogue")',
    expect.stringMatching(/^Denial: [0-9a-f]{128}$/),
    "",
  ];
}

/** What the log says of the access, by its record or, where that line is lost, by the words. */
function accessOf(log: string): unknown {
  const { kind, address, write, cpu } = readReports(log).reports[0]!.denial;
  return { kind, address, write, cpu };
}

interface Machine {
  readonly name: string;
  readonly options: MachineOptions;
  readonly registers: Partial<Registers>;
  /** What the console says of an exit that nobody handles. */
  readonly unhandled: (code: number) => readonly string[];
  readonly tripleFault: number;
  readonly own: readonly VirtualisationInstruction[];
  readonly foreign: readonly VirtualisationInstruction[];
  readonly hypercall: "vmmcall" | "vmcall";
}

const MACHINES: readonly Machine[] = [
  {
    name: "AMD, x2APIC",
    options: {},
    registers: AMD,
    unhandled: (code) => [
      `FATAL: Unexpected #VMEXIT, exitcode ${code.toString(16)}, exitinfo1 0x0000000000000000 exitinfo2 0x0000000000000000`,
    ],
    tripleFault: 0x7f,
    own: SVM,
    foreign: VMX,
    hypercall: "vmmcall",
  },
  {
    name: "Intel, xAPIC",
    options: { cpu: "intel,x2apic=off" },
    registers: { ...INTEL, AR: "c09b" },
    unhandled: (reason) => [
      `FATAL: Unhandled VM-Exit, reason ${reason}`,
      "qualification 0",
      "vectoring info: 0 interrupt info: 0",
    ],
    tripleFault: 2,
    own: VMX,
    foreign: SVM,
    hypercall: "vmcall",
  },
];

describe.each(MACHINES)("$name", (machine) => {
  const { options, registers, unhandled, hypercall } = machine;
  const ordinary = { ...ORDINARY, ...registers };

  async function expectFailure({ program, ...outcome }: Violation): Promise<void> {
    await expectFailureOf(rogue(program), outcome);
  }

  async function expectFailureOf(
    image: Uint8Array,
    { lines, registers: own }: Omit<Violation, "program">,
  ): Promise<void> {
    const session = await openStage(options);
    const text = await play(session, image);
    expect(text.split("\n")).toEqual(report(lines, { ...ordinary, ...own }));
    expect(accessOf(text.replace(/^Denial: .*$/m, ""))).toEqual(accessOf(text));
    expect(await cellNamed(session, "rogue")).toMatchObject({ state: "failed", cpusFailed: [2] });
    expect(await cellNamed(session, "apic-demo")).toMatchObject({
      state: "running/locked",
      cpusFailed: [],
    });
    expect(await countTicks(session)).toBeGreaterThanOrEqual(2);
    expect(await session.consoleText()).toContain("Parking CPU 2");
    await session.close();
  }

  test.each(VIOLATIONS)("$program", expectFailure);

  test("triple fault", () =>
    expectFailure({ program: "triple", lines: unhandled(machine.tripleFault) }));

  test.each(machine.own)("%s", (_name, code, exit) =>
    expectFailureOf(rogueWith(code), { lines: unhandled(exit) }),
  );

  test.each(machine.foreign)("%s, which is another maker's, is undefined", async (_name, code) => {
    // There is no handler for that, and none for what follows from it.
    await expectFailureOf(rogueWith(code), { lines: unhandled(machine.tripleFault) });
  });

  test("64-bit code", async () => {
    const cr = { CR0: "80000011", CR3: "8000", CR4: "20" };
    const isAmd = !options.cpu?.startsWith("intel");
    await expectFailure({
      program: "ramLong",
      lines: ["FATAL: Invalid MMIO/RAM write, addr: 0x000000003a000000 size: 4"],
      registers: {
        ...cr,
        CS: "18",
        AR: isAmd ? "a9b" : "a09b",
        LMA: "1",
        EFER: isAmd ? "1500" : "500",
      },
    });
  });

  test.each([
    {
      program: "ipi" as const,
      line: "WARNING: CPU 2 specified IPI destination outside cell boundaries, ICR.hi=0",
    },
    { program: hypercall, line: "CPU 2: Unknown hypercall 2989, RIP: 0x0000000000000100" },
  ])("$program is refused, and its cell goes on", async ({ program, line }) => {
    const session = await openStage(options);
    const text = await play(session, rogue(program));
    expect(text.split("\n").slice(2)).toEqual([line, ""]);
    expect(await cellNamed(session, "rogue")).toMatchObject({ state: "running", cpusFailed: [] });
    expect(await countTicks(session)).toBeGreaterThanOrEqual(2);
    await session.close();
  });

  test("what a cell leaves in a CPU's registers the next owner does not see", async () => {
    const session = await openMachine(options);
    const left: number[] = [];
    for (let round = 0; round < 2; round++) {
      await play(session, rogue("keepsake"));
      left.push(
        new DataView(session.machine.pc.readRam(ROGUE_RAM + RESULT, 4).buffer).getUint32(0, true),
      );
      expect(session.machine.pc.readMsr(2, LSTAR)).toBe(0x5ec2e7n);
      await session.destroyCell("rogue", { force: true });
      expect(session.machine.pc.readMsr(2, LSTAR)).toBe(0n);
    }
    expect(left).toEqual([0, 0]);
    await session.close();
  });

  test("a failed cell can be started again, and fail again", async () => {
    const session = await openStage(options);
    await play(session, rogue("port"));
    await session.loadCell("rogue", [{ data: rogue("ipi"), address: 0n }]);
    expect(await cellNamed(session, "rogue")).toMatchObject({ state: "shut down", cpusFailed: [] });
    await session.startCell("rogue");
    await session.run(1e6);
    expect(await cellNamed(session, "rogue")).toMatchObject({ state: "running", cpusFailed: [] });
    await session.loadCell("rogue", [{ data: rogue("port"), address: 0n }]);
    await session.startCell("rogue");
    await session.run(1e6);
    expect(await cellNamed(session, "rogue")).toMatchObject({ state: "failed", cpusFailed: [2] });
    expect(await countTicks(session)).toBeGreaterThanOrEqual(2);
    await session.close();
  });
});
