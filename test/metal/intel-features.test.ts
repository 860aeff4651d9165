// Which processors VT-x is refused on, by their capability MSRs, and which controls the others get.
import { beforeEach, describe, expect, it } from "vitest";
import { EBUSY, ENODEV } from "../../abi/errno.ts";
import * as vmx from "../../abi/x86/vmx.ts";
import { CAPABILITIES, createIntel, enteredIntel, type FakeIntel } from "./fake-intel.ts";
import type { FakeOptions } from "./fake-metal.ts";

let metal: FakeIntel;

beforeEach(() => {
  metal = enteredIntel();
});

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
    const fake = createIntel(options);
    const result = fake.enter();
    expect(fake.printed).toContain(words);
    expect(result).toBe(-ENODEV);
    expect(fake.field(vmx.VMCS_PIN)).toBe(0n);
  });

  it("in use by another hypervisor", () => {
    const fake = createIntel();
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
    const fake = createIntel({ cpuid });
    fake.enter();
    const own = vmx.PROC2_RDTSCP | vmx.PROC2_INVPCID | vmx.PROC2_XSAVES | vmx.PROC2_USER_WAIT;
    expect(fake.field(vmx.VMCS_PROC2) & BigInt(own)).toBe(BigInt(own));
  });

  it("have no identifier of translations where there is none", () => {
    const fake = createIntel({
      msrs: { [vmx.MSR_VMX_PROC2]: BigInt(0xffff_ffff & ~vmx.PROC2_VPID) << 32n },
    });
    fake.enter();
    expect(fake.field(vmx.VMCS_PROC2) & BigInt(vmx.PROC2_VPID)).toBe(0n);
    expect(fake.fields.has(vmx.VMCS_VPID)).toBe(false);
  });
});
