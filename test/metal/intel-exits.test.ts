// Exits of a guest under VT-x, events, and permissions of MSRs, on a VMCS that is a map.
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
  ACCESS_FETCH,
  ACCESS_INDIRECT,
  ACCESS_WRITE,
  EXIT_OTHER,
  EXIT_TRIPLE_FAULT,
  EXIT_VIRTUALISATION_END,
  MSR_ACCESS_READ,
  MSR_ACCESS_WRITE,
  NO_ERROR_CODE,
  PIO_IN,
  PIO_REP,
  PIO_STRING,
  RANGE_LENGTH,
  RANGE_PHYS,
  RANGE_VIRT,
  REG_CR0,
  REG_CR4,
  REG_RCX,
  REG_RIP,
} from "../../abi/platform.ts";
import { VECTOR_AC, VECTOR_DB, VECTOR_GP, VECTOR_MC, VECTOR_UD } from "../../abi/x86/registers.ts";
import * as vmx from "../../abi/x86/vmx.ts";
import { enteredIntel, type FakeIntel, type IntelExit, segment } from "./fake-intel.ts";

const RANGES = 0x4000;
const CELL = 1;
const PAGE = 0x1000n;
const CS = 1;
const EXTERNAL_INTERRUPT = (vmx.EVENT_VALID | 0x31) >>> 0;
const GENERAL_PROTECTION =
  (vmx.EVENT_VALID | vmx.EVENT_EXCEPTION | vmx.EVENT_HAS_CODE | VECTOR_GP) >>> 0;
const NMI = (vmx.EVENT_VALID | vmx.EVENT_NMI | 2) >>> 0;
const exception = (vector: number, more = 0) =>
  (vmx.EVENT_VALID | vmx.EVENT_EXCEPTION | vector | more) >>> 0;

let metal: FakeIntel;

beforeEach(() => {
  metal = enteredIntel();
});

/** What the core was asked to handle. */
function handled(exit: IntelExit): (string | number | bigint)[] | undefined {
  metal.handled.length = 0;
  metal.playExits(exit);
  return metal.handled[0];
}

describe("an exit becomes a call of the core", () => {
  const LINEAR = BigInt(vmx.FAULT_HAS_LINEAR | vmx.FAULT_IS_PAGE);
  const WALK = BigInt(vmx.FAULT_HAS_LINEAR);
  const fault = (qualification: bigint, more: Partial<IntelExit> = {}) => ({
    ...{ reason: vmx.REASON_NESTED_FAULT, qualification, physical: 0xfee0_0020n },
    ...more,
  });
  it.each<[string, IntelExit, (string | number | bigint)[]]>([
    ["CPUID", { reason: vmx.REASON_CPUID, length: 3 }, ["exitCpuid", 0, 3]],
    ["RDMSR", { reason: vmx.REASON_RDMSR, length: 2 }, ["exitMsrRead", 0, 2]],
    ["WRMSR", { reason: vmx.REASON_WRMSR, length: 2 }, ["exitMsrWrite", 0, 2]],
    ["VMCALL", { reason: vmx.REASON_VMCALL, length: 3 }, ["hypercall", 0, 3]],
    ["XSETBV", { reason: vmx.REASON_XSETBV, length: 3 }, ["exitXsetbv", 0, 3]],
    [
      "IN EAX, 0x60",
      { reason: vmx.REASON_PORT, qualification: 0x60_000bn, length: 2 },
      ["exitPio", 0, 0x60, 4, PIO_IN, 2],
    ],
    [
      "REP OUTSB",
      { reason: vmx.REASON_PORT, qualification: 0x3f8_0030n, length: 2 },
      ["exitPio", 0, 0x3f8, 1, PIO_STRING | PIO_REP, 2],
    ],
    ["a read of no memory", fault(LINEAR | 1n), ["exitMmio", 0, 0xfee0_0020n, 0]],
    ["a write", fault(LINEAR | 2n), ["exitMmio", 0, 0xfee0_0020n, ACCESS_WRITE]],
    ["a fetch", fault(LINEAR | 4n), ["exitMmio", 0, 0xfee0_0020n, ACCESS_FETCH]],
    [
      "a page table's entry",
      fault(WALK | 2n),
      ["exitMmio", 0, 0xfee0_0020n, ACCESS_WRITE | ACCESS_INDIRECT],
    ],
    [
      "an access without a linear address, whatever its other bit says",
      fault(BigInt(vmx.FAULT_IS_PAGE) | 1n),
      ["exitMmio", 0, 0xfee0_0020n, ACCESS_INDIRECT],
    ],
    [
      "a stack on the way to an interrupt's handler",
      fault(LINEAR | 2n, { vectoring: EXTERNAL_INTERRUPT }),
      ["exitMmio", 0, 0xfee0_0020n, ACCESS_WRITE | ACCESS_INDIRECT],
    ],
    [
      "#DB",
      { reason: vmx.REASON_EVENT, event: exception(VECTOR_DB) },
      ["exitException", 0, VECTOR_DB, NO_ERROR_CODE],
    ],
    [
      "#AC",
      { reason: vmx.REASON_EVENT, event: exception(VECTOR_AC, vmx.EVENT_HAS_CODE), error: 0 },
      ["exitException", 0, VECTOR_AC, 0],
    ],
    [
      "a machine check during an entry",
      { reason: vmx.REASON_ENTRY_FAILED + vmx.REASON_MACHINE_CHECK },
      ["exitException", 0, VECTOR_MC, NO_ERROR_CODE],
    ],
    [
      "a triple fault",
      { reason: vmx.REASON_TRIPLE_FAULT },
      ["exitUnhandled", 0, EXIT_TRIPLE_FAULT, 2n, 0n, 0n],
    ],
    [
      "VMXOFF",
      { reason: vmx.REASON_VMXOFF },
      ["exitUnhandled", 0, EXIT_VIRTUALISATION_END, 26n, 0n, 0n],
    ],
    [
      "GETSEC, with what was being delivered",
      { reason: 11, qualification: 5n, vectoring: EXTERNAL_INTERRUPT },
      ["exitUnhandled", 0, EXIT_OTHER, 11n, 5n, BigInt(EXTERNAL_INTERRUPT)],
    ],
    [
      "CLTS, which cannot exit",
      { reason: vmx.REASON_CONTROL, qualification: 0x20n },
      ["exitUnhandled", 0, EXIT_OTHER, 28n, 0x20n, 0n],
    ],
  ])("%s", (_, exit, call) => {
    expect(handled(exit)).toEqual(call);
  });

  it("MOV to a control register has the value of the register, in 32-bit code its lower half", () => {
    const value = 0x1234_5678_8000_0031n;
    metal.exports.writeRegister!(0, REG_RCX, value);
    const exit = { reason: vmx.REASON_CONTROL, qualification: 0x104n, length: 3 };
    expect(handled(exit)).toEqual(["exitCr", 0, REG_CR4, value, 3]);
    metal.fields.set(segment(CS).rights, 0xc09bn);
    expect(handled({ ...exit, qualification: 0x100n })).toEqual([
      ...["exitCr", 0, REG_CR0, value & 0xffff_ffffn, 3],
    ]);
  });

  it("HLT and MWAIT, when they are watched, are over at once, and nothing blocks what comes next", () => {
    metal.fields.set(vmx.VMCS_RIP, 0x1000n);
    metal.fields.set(vmx.VMCS_INTERRUPTIBILITY, BigInt(vmx.INTERRUPTIBILITY_STI));
    expect(handled({ reason: vmx.REASON_HLT, length: 1 })).toBeUndefined();
    expect(metal.field(vmx.VMCS_RIP)).toBe(0x1001n);
    expect(metal.field(vmx.VMCS_INTERRUPTIBILITY)).toBe(0n);
  });
});

describe("events", () => {
  const next = () => metal.entries.at(-1)!;

  it("that an exit has interrupted are delivered again, with their error codes", () => {
    metal.playExits({ reason: vmx.REASON_CPUID, vectoring: EXTERNAL_INTERRUPT });
    expect(next()[0]).toBe(EXTERNAL_INTERRUPT);
    metal.playExits({
      ...{ reason: vmx.REASON_CPUID, vectoring: GENERAL_PROTECTION, vectoringError: 0x18 },
    });
    expect(next().slice(0, 2)).toEqual([GENERAL_PROTECTION, 0x18]);
  });

  it.each([
    ["INT n", vmx.EVENT_SOFTWARE],
    ["INT1", vmx.EVENT_PRIVILEGED],
    ["INT3", vmx.EVENT_SOFTWARE_EXCEPTION],
  ])("of %s are not: they come by themselves", (_, type) => {
    metal.playExits({ reason: vmx.REASON_CPUID, vectoring: (vmx.EVENT_VALID | type | 3) >>> 0 });
    expect(next()[0]).toBe(0);
  });

  it("are delivered once", () => {
    metal.playExits(
      { reason: vmx.REASON_CPUID, vectoring: EXTERNAL_INTERRUPT },
      { reason: vmx.REASON_CPUID },
    );
    expect(next()[0]).toBe(0);
  });

  it("of an NMI: it is unblocked, or it could not be delivered again", () => {
    metal.fields.set(vmx.VMCS_INTERRUPTIBILITY, BigInt(vmx.INTERRUPTIBILITY_NMI));
    metal.playExits({ reason: vmx.REASON_CPUID, vectoring: NMI });
    expect(next()[0]).toBe(NMI);
    expect(metal.field(vmx.VMCS_INTERRUPTIBILITY)).toBe(0n);
  });

  it("an IRET that faults is executed again, with NMIs blocked", () => {
    const blocking = BigInt(vmx.FAULT_UNBLOCKED | vmx.FAULT_HAS_LINEAR | vmx.FAULT_IS_PAGE);
    metal.playExits({ reason: vmx.REASON_NESTED_FAULT, qualification: blocking });
    expect(metal.field(vmx.VMCS_INTERRUPTIBILITY)).toBe(BigInt(vmx.INTERRUPTIBILITY_NMI));
  });

  it("that the core raises go first, with their error codes", () => {
    metal.exports.injectException!(0, VECTOR_GP, 0x12);
    metal.playExits();
    expect(next().slice(0, 2)).toEqual([GENERAL_PROTECTION, 0x12]);
    metal.exports.injectException!(0, VECTOR_UD, NO_ERROR_CODE);
    metal.playExits();
    expect(next()[0]).toBe(exception(VECTOR_UD));
  });

  it("an NMI that nobody here has sent is the guest's, and waits for what blocks it", () => {
    metal.playExits({ reason: vmx.REASON_EVENT, event: NMI });
    expect(next()[0]).toBe(NMI);
    metal.fields.set(vmx.VMCS_INTERRUPTIBILITY, BigInt(vmx.INTERRUPTIBILITY_NMI));
    metal.playExits({ reason: vmx.REASON_EVENT, event: NMI });
    expect(next()[0]).toBe(0);
    expect(metal.field(vmx.VMCS_PROC) & BigInt(vmx.PROC_NMI_WINDOW)).not.toBe(0n);
    metal.fields.set(vmx.VMCS_INTERRUPTIBILITY, 0n);
    metal.playExits({ reason: vmx.REASON_NMI_WINDOW });
    expect(next()[0]).toBe(NMI);
    metal.playExits({ reason: vmx.REASON_CPUID });
    expect(metal.field(vmx.VMCS_PROC) & BigInt(vmx.PROC_NMI_WINDOW)).toBe(0n);
  });

  it("RIP ends an interrupt shadow, and a single step that waited for the instruction comes", () => {
    metal.fields.set(vmx.VMCS_INTERRUPTIBILITY, BigInt(vmx.INTERRUPTIBILITY_MOV_SS));
    metal.fields.set(vmx.VMCS_RFLAGS, 0x102n);
    metal.playExits({ reason: vmx.REASON_CPUID });
    metal.exports.writeRegister!(0, REG_RIP, 5n);
    metal.playExits();
    expect(metal.field(vmx.VMCS_INTERRUPTIBILITY)).toBe(0n);
    expect(metal.field(vmx.VMCS_PENDING_DEBUG)).toBe(BigInt(vmx.PENDING_STEP));
  });
});

describe("permissions of MSRs", () => {
  /** Whether an access exits, by the manual (section 25.6.9): four bitmaps of 1 KiB, 1 = exit. */
  function exits(maps: number, msr: number, isWrite: boolean): boolean {
    const isHigh = msr >= 0xc000_0000;
    const number = isHigh ? msr - 0xc000_0000 : msr;
    if (number > 0x1fff) return true;
    const at = maps + (isWrite ? 0x800 : 0) + (isHigh ? 0x400 : 0) + (number >>> 3);
    return (metal.view.getUint8(at) & (1 << (number & 7))) !== 0;
  }

  const EDGES = [0, 0x10, 0x1fff, 0x2000, 0xbfff_ffff, 0xc000_0000, 0xc000_1fff, 0xc000_2000];
  const anyMsr = fc
    .tuple(fc.constantFrom(...EDGES), fc.integer({ min: -9, max: 9 }))
    .map(([edge, distance]) => (edge + distance) >>> 0);
  const step = fc.record({
    grant: fc.boolean(),
    first: anyMsr,
    count: fc.integer({ min: 1, max: 20 }),
    access: fc.constantFrom(MSR_ACCESS_READ, MSR_ACCESS_WRITE, MSR_ACCESS_READ | MSR_ACCESS_WRITE),
  });

  it("are what was granted last; what is in no bitmap always exits", () => {
    metal.core.setBigUint64(RANGES + RANGE_PHYS, 0n, true);
    metal.core.setBigUint64(RANGES + RANGE_VIRT, 0n, true);
    metal.core.setBigUint64(RANGES + RANGE_LENGTH, PAGE, true);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), fc.array(anyMsr), (steps, asked) => {
        metal.exports.reserve!(CELL, RANGES, 1);
        metal.exports.assignCpu!(0, CELL);
        metal.playExits();
        const maps = metal.linear(metal.field(vmx.VMCS_MSRS));
        const allowed = new Set<string>();
        for (const { grant, first, count, access } of steps) {
          metal.exports[grant ? "grantMsrs" : "revokeMsrs"]!(CELL, first | 0, count, access);
          for (let msr = first; msr < first + count; msr++)
            for (const kind of [MSR_ACCESS_READ, MSR_ACCESS_WRITE]) {
              const inRange = msr <= 0x1fff || (msr >= 0xc000_0000 && msr <= 0xc000_1fff);
              if (!(access & kind) || !inRange) continue;
              if (grant) allowed.add(`${msr} ${kind}`);
              else allowed.delete(`${msr} ${kind}`);
            }
        }
        for (const msr of asked) {
          expect(exits(maps, msr, false)).toBe(!allowed.has(`${msr} ${MSR_ACCESS_READ}`));
          expect(exits(maps, msr, true)).toBe(!allowed.has(`${msr} ${MSR_ACCESS_WRITE}`));
        }
        metal.exports.releaseCpu!(0);
        metal.exports.release!(CELL);
      }),
    );
  });
});
