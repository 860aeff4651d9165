// The platform's part for VT-x on a VMCS that is a map: refusals by capability, exits, events, permissions, and every reason why a
// guest cannot be entered.
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { CONSOLE_TYPE, CONSOLE_TYPE_8250, SYS_DEBUG_CONSOLE } from "../../abi/config.ts";
import { EBUSY, ENODEV } from "../../abi/errno.ts";
import {
  ACCESS_FETCH,
  ACCESS_INDIRECT,
  ACCESS_WRITE,
  EXIT_INVALID_STATE,
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
import { CAPABILITIES, FakeIntel, type IntelExit, segment } from "./fake-intel.ts";
import type { FakeOptions } from "./fake-metal.ts";

/** Where the fake core has the system configuration. */
const CONFIG = 0x2000;
const RANGES = 0x4000;
const CELL = 1;
const PAGE = 0x1000n;
const [ES, CS, FS, TR, LDTR, GDTR] = [0, 1, 4, 7, 6, 8];
const EXTERNAL_INTERRUPT = (vmx.EVENT_VALID | 0x31) >>> 0;
const GENERAL_PROTECTION =
  (vmx.EVENT_VALID | vmx.EVENT_EXCEPTION | vmx.EVENT_HAS_CODE | VECTOR_GP) >>> 0;
const NMI = (vmx.EVENT_VALID | vmx.EVENT_NMI | 2) >>> 0;
const exception = (vector: number, more = 0) =>
  (vmx.EVENT_VALID | vmx.EVENT_EXCEPTION | vector | more) >>> 0;

let metal: FakeIntel;

function create(options?: FakeOptions): FakeIntel {
  const fake = new FakeIntel(options);
  fake.core.setUint16(CONFIG + SYS_DEBUG_CONSOLE + CONSOLE_TYPE, CONSOLE_TYPE_8250, true);
  return fake;
}

beforeEach(() => {
  metal = create();
  expect(metal.enter()).toBeUndefined();
  // The state of Linux that the fake has is none that a processor takes; from the first exit on it is a valid one.
  const valid = new FakeIntel().fields;
  metal.onGuest = () => {
    for (const [encoding, value] of valid) metal.fields.set(encoding, value);
    metal.onGuest = () => {};
  };
  metal.playExits({ reason: vmx.REASON_NMI_WINDOW });
});

/** What the core was asked to handle. */
function handled(exit: IntelExit): (string | number | bigint)[] | undefined {
  metal.handled.length = 0;
  metal.playExits(exit);
  return metal.handled[0];
}

describe("a processor is refused", () => {
  /** Without bits of what a capability MSR says may be set. */
  const without = (msr: number, bits: number): FakeOptions => ({
    msrs: { [msr]: CAPABILITIES[msr]! & ~(BigInt(bits >>> 0) << 32n) },
  });
  /** Without bits of an MSR's lower half; with others. */
  const changed = (msr: number, clear: number, set = 0): FakeOptions => ({
    msrs: { [msr]: (CAPABILITIES[msr]! & ~BigInt(clear >>> 0)) | BigInt(set >>> 0) },
  });
  it.each<[string, FakeOptions, string]>([
    ["without VT-x", { cpuid: { [`${vmx.CPUID_FEATURES}:2`]: 0 } }, "no VT-x"],
    [
      "by the firmware, with VT-x off",
      changed(vmx.MSR_FEATURE_CONTROL, vmx.FEATURE_CONTROL_VMX),
      "firmware has disabled VT-x",
    ],
    [
      "by the firmware, with VT-x for measured launches only",
      changed(vmx.MSR_FEATURE_CONTROL, vmx.FEATURE_CONTROL_VMX, 2),
      "firmware has disabled VT-x",
    ],
    ["of the first generation", without(vmx.MSR_VMX_BASIC, vmx.VMX_BASIC_HIGH_TRUE), "too old"],
    ["without virtual NMIs", without(vmx.MSR_VMX_TRUE_PIN, 0x20), "virtual NMIs"],
    ["without exits of NMIs", without(vmx.MSR_VMX_TRUE_PIN, 0x8), "virtual NMIs"],
    ["without bitmaps of MSRs", without(vmx.MSR_VMX_TRUE_PROC, vmx.PROC_MSRS), "lacks controls"],
    ["without bitmaps of ports", without(vmx.MSR_VMX_TRUE_PROC, vmx.PROC_PORTS), "lacks controls"],
    ["with exits of CR3", changed(vmx.MSR_VMX_TRUE_PROC, 0, vmx.PROC_CR3_WRITES), "lacks controls"],
    ["without EPT", without(vmx.MSR_VMX_PROC2, vmx.PROC2_EPT), "no EPT"],
    [
      "without unrestricted guests, as of a hypervisor below",
      without(vmx.MSR_VMX_PROC2, vmx.PROC2_UNRESTRICTED),
      "no unrestricted guest",
    ],
    [
      "that keeps RDTSCP from guests",
      {
        ...without(vmx.MSR_VMX_PROC2, vmx.PROC2_RDTSCP),
        cpuid: { "2147483648:0": 0x80000008, "2147483649:3": (1 << 26) | (1 << 27) },
      },
      "RDTSCP",
    ],
    [
      "that keeps UMWAIT from guests",
      {
        ...without(vmx.MSR_VMX_PROC2, vmx.PROC2_USER_WAIT),
        cpuid: { "0:0": 0x20, "7:2": 0x20 },
      },
      "UMWAIT",
    ],
    ["that does not switch PAT", without(vmx.MSR_VMX_TRUE_EXIT, 0x40000), "EFER and PAT"],
    ["that does not switch EFER", without(vmx.MSR_VMX_TRUE_ENTRY, 0x8000), "EFER and PAT"],
    ["without INVEPT", changed(vmx.MSR_VMX_EPT_VPID, 0x100000), "INVEPT"],
    ["without 1 GiB pages", changed(vmx.MSR_VMX_EPT_VPID, 0x20000), "1 GiB pages"],
    ["that wants a bit of CR4", changed(vmx.MSR_VMX_CR4_FIXED, 0, 0x4000), "unknown bits"],
  ])("%s", (_, options, words) => {
    const fake = create(options);
    const result = fake.enter();
    expect(fake.printed).toContain(words);
    expect(result).toBe(-ENODEV);
    expect(fake.field(vmx.VMCS_PIN)).toBe(0n);
  });

  it("in use by another hypervisor", () => {
    const fake = create();
    fake.controls.set(4, 0x2000n);
    expect(fake.enter()).toBe(-EBUSY);
    expect(fake.printed).toContain("KVM");
  });
});

describe("controls", () => {
  it("are what has to be set and what is needed; instructions that CPUID announces are the guest's", () => {
    expect(metal.field(vmx.VMCS_PIN)).toBe(0x3en);
    expect(metal.field(vmx.VMCS_PROC2)).toBe(
      BigInt(vmx.PROC2_EPT | vmx.PROC2_VPID | vmx.PROC2_UNRESTRICTED),
    );
    const cpuid = {
      ...{ "0:0": 0x20, "2147483648:0": 0x80000008, "2147483649:3": (1 << 26) | (1 << 27) },
      ...{ "7:1": 0x400, "7:2": 0x20, "13:0": 0x8 },
    };
    const fake = create({ cpuid });
    fake.enter();
    const own = vmx.PROC2_RDTSCP | vmx.PROC2_INVPCID | vmx.PROC2_XSAVES | vmx.PROC2_USER_WAIT;
    expect(fake.field(vmx.VMCS_PROC2) & BigInt(own)).toBe(BigInt(own));
  });

  it("have no identifier of translations where there is none", () => {
    const fake = create({
      msrs: { [vmx.MSR_VMX_PROC2]: BigInt(0xffff_ffff & ~vmx.PROC2_VPID) << 32n },
    });
    fake.enter();
    expect(fake.field(vmx.VMCS_PROC2) & BigInt(vmx.PROC2_VPID)).toBe(0n);
    expect(fake.fields.has(vmx.VMCS_VPID)).toBe(false);
  });
});

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

describe("a guest that cannot be entered", () => {
  const failed = (reason: number): IntelExit => ({ reason: vmx.REASON_ENTRY_FAILED + reason });
  const flat = 0xc093n;

  it.each<[string, [number, bigint][]]>([
    ["CR0 has PG without PE", [[vmx.VMCS_CR0, 0x8000_0030n]]],
    ["CR0 has a reserved bit", [[vmx.VMCS_CR0, 0x1_8000_0031n]]],
    ["CR4 has a bit that the processor does not take", [[vmx.VMCS_CR4, 0x80_2020n]]],
    ["EFER has LMA without CR0.PG and CR4.PAE", [[vmx.VMCS_CR4, 0x2000n]]],
    [
      "CR4 has PCIDE outside of long mode",
      [
        [vmx.VMCS_CR4, 0x2_2020n],
        [vmx.VMCS_EFER, 0n],
      ],
    ],
    ["CR3 is no physical address", [[vmx.VMCS_CR3, 1n << 50n]]],
    ["DR7 has bits above 31", [[vmx.VMCS_DR7, 1n << 32n]]],
    ["SYSENTER_ESP is not canonical", [[vmx.VMCS_SYSENTER_ESP, 1n << 47n]]],
    ["SYSENTER_EIP is not canonical", [[vmx.VMCS_SYSENTER_EIP, 1n << 62n]]],
    ["EFER has a reserved bit", [[vmx.VMCS_EFER, 0x1d01n]]],
    ["EFER has LME without LMA, or LMA without LME", [[vmx.VMCS_EFER, 0xc01n]]],
    ["PAT has a type that there is not", [[vmx.VMCS_PAT, 0x0207_0406_0007_0406n]]],
    ["CS is no accessed code segment", [[segment(CS).rights, 0xa09an]]],
    ["CS is not present", [[segment(CS).rights, 0xa01bn]]],
    ["CS is of 64 and of 32 bits", [[segment(CS).rights, 0xe09bn]]],
    ["CS has a base above 4 GiB", [[segment(CS).base, 1n << 32n]]],
    ["a segment's limit does not fit its granularity", [[segment(ES).limit, 0xffff_f000n]]],
    ["a data segment is not an accessed one", [[segment(ES).rights, flat & ~1n]]],
    ["a data segment is not present", [[segment(ES).rights, flat & ~0x80n]]],
    ["a data segment's base is out of range", [[segment(FS).base, 1n << 47n]]],
    ["TR is no busy task state segment", [[segment(TR).rights, 0x89n]]],
    ["TR is not a present task state segment", [[segment(TR).rights, 0xbn]]],
    ["TR is in an LDT", [[segment(TR).selector, 4n]]],
    ["TR's limit does not fit its granularity", [[segment(TR).limit, 0x10_0000n]]],
    ["TR's base is not canonical", [[segment(TR).base, 1n << 47n]]],
    ["LDTR is no present LDT", [[segment(LDTR).rights, 0x83n]]],
    [
      "LDTR's base is not canonical",
      [
        [segment(LDTR).rights, 0x82n],
        [segment(LDTR).base, 1n << 47n],
      ],
    ],
    ["the base of GDTR or IDTR is not canonical", [[segment(GDTR).base, 1n << 47n]]],
    ["the limit of GDTR or IDTR is above 0xffff", [[segment(GDTR).limit, 0x1_0000n]]],
    ["RIP is out of range", [[vmx.VMCS_RIP, 1n << 47n]]],
    ["RFLAGS has a reserved bit", [[vmx.VMCS_RFLAGS, 0n]]],
    ["RFLAGS has VM in long mode", [[vmx.VMCS_RFLAGS, 0x2_0002n]]],
    ["there is no such activity state", [[vmx.VMCS_ACTIVITY, 4n]]],
    ["the interruptibility state has a reserved bit", [[vmx.VMCS_INTERRUPTIBILITY, 3n]]],
    ["blocking by STI without RFLAGS.IF", [[vmx.VMCS_INTERRUPTIBILITY, 1n]]],
    [
      "PAE's first table has a reserved bit",
      [
        [vmx.VMCS_EFER, 0n],
        [segment(CS).rights, 0xc09bn],
        [vmx.VMCS_RIP, 0x1000n],
        [0x280a, 3n],
      ],
    ],
    ["its state is not valid, by a check that is not known here", []],
  ])("has its reason told: %s", (words, fields) => {
    for (const [encoding, value] of fields) metal.fields.set(encoding, value);
    metal.printed = "";
    metal.playExits({ reason: vmx.REASON_NMI_WINDOW });
    const call = handled(failed(vmx.REASON_INVALID_STATE));
    metal.exports.flushConsole!();
    expect(metal.printed).toContain(words);
    expect(call).toEqual(["exitUnhandled", 0, EXIT_INVALID_STATE, 33n, 0n, 0n]);
  });

  it("because of an MSR has that told", () => {
    expect(handled(failed(vmx.REASON_INVALID_MSR))?.[2]).toBe(EXIT_INVALID_STATE);
    metal.exports.flushConsole!();
    expect(metal.printed).toContain("an MSR could not be loaded");
  });

  it.each([
    [4, "has been launched"],
    [5, "has not been launched"],
    [7, "a control has a value"],
    [8, "the host's state"],
    [26, "after MOV SS"],
    [99, "VMLAUNCH or VMRESUME has failed"],
  ])("because VMLAUNCH or VMRESUME fails has its error %i told", (error, words) => {
    metal.fields.set(vmx.VMCS_ERROR, BigInt(error));
    metal.failures = 1;
    metal.handled.length = 0;
    metal.playExits();
    metal.exports.flushConsole!();
    expect(metal.printed).toContain(words);
    expect(metal.handled[0]).toEqual(["exitUnhandled", 0, EXIT_INVALID_STATE, 0n, 0n, 0n]);
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
