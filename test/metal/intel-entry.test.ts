// Every reason why a guest cannot be entered under VT-x is told.
import { beforeEach, describe, expect, it } from "vitest";
import { EXIT_INVALID_STATE } from "../../abi/platform.ts";
import * as vmx from "../../abi/x86/vmx.ts";
import { enteredIntel, type FakeIntel, type IntelExit, segment } from "./fake-intel.ts";

const [ES, CS, FS, TR, LDTR, GDTR] = [0, 1, 4, 7, 6, 8];

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
