import { describe, expect, it } from "vitest";
import { CONSOLE_TYPE, CONSOLE_TYPE_8250, SYS_DEBUG_CONSOLE } from "../../abi/config.ts";
import { EBUSY, ENODEV } from "../../abi/errno.ts";
import { MSR_EFER } from "../../abi/x86/msr.ts";
import { EFER_SVME } from "../../abi/x86/registers.ts";
import * as svm from "../../abi/x86/svm.ts";
import { FakeMetal, type FakeOptions } from "./fake-metal.ts";

/** Where the fake core has the system configuration. */
const CONFIG = 0x2000;

describe("a processor is refused", () => {
  it.each<[string, FakeOptions, number, string]>([
    ["without AMD-V", { cpuid: { [`${svm.CPUID_FEATURES}:2`]: 0 } }, -ENODEV, "no AMD-V"],
    [
      "of another kind",
      { cpuid: { [`${svm.CPUID_EXTENDED}:0`]: 0x80000008 } },
      -ENODEV,
      "no AMD-V",
    ],
    [
      "without nested paging",
      { cpuid: { [`${svm.CPUID_SVM}:3`]: 0 } },
      -ENODEV,
      "no nested paging",
    ],
    ["without 1 GiB pages", { cpuid: { [`${svm.CPUID_FEATURES}:3`]: 0 } }, -ENODEV, "1 GiB pages"],
    ["locked by the firmware", { msrs: { [svm.MSR_VM_CR]: 0x18n } }, -ENODEV, "firmware"],
    ["in use", { msrs: { [MSR_EFER]: BigInt(EFER_SVME) } }, -EBUSY, "another hypervisor"],
  ])("%s", (_, options, result, words) => {
    const metal = new FakeMetal(options);
    metal.core.setUint16(CONFIG + SYS_DEBUG_CONSOLE + CONSOLE_TYPE, CONSOLE_TYPE_8250, true);
    expect(metal.enter()).toBe(result);
    expect(metal.printed).toContain(words);
  });

  it("and the core's own refusal is passed on", () => {
    expect(new FakeMetal({ init: -22 }).enter()).toBe(-22);
  });
});

describe("taking over", () => {
  it("gives the processor a page for the host's state, and switches AMD-V on", () => {
    const metal = new FakeMetal();
    expect(metal.enter()).toBeUndefined();
    expect(metal.msrs.get(MSR_EFER)).toBe(BigInt(EFER_SVME));
    expect(metal.msrs.get(svm.MSR_HOST_SAVE)! & 0xfffn).toBe(0n);
  });

  it("makes Linux a guest behind its call of the entry, with 0 as the result", () => {
    const metal = new FakeMetal();
    metal.enter();
    const field = (at: number) => metal.view.getBigUint64(metal.control + at, true);
    // The fake's value of each LINUX_* is its number.
    expect([field(svm.VMCB_RSP), field(svm.VMCB_RIP), field(svm.VMCB_RFLAGS)]).toEqual([
      6n,
      7n,
      8n,
    ]);
    expect([field(svm.VMCB_CR0), field(svm.VMCB_CR3), field(svm.VMCB_CR4)]).toEqual([9n, 10n, 11n]);
    expect(field(svm.VMCB_EFER)).toBe(12n | BigInt(EFER_SVME));
    expect(field(svm.VMCB_RAX)).toBe(0n);
  });

  it.each([
    ["with INVLPGB where guests may have it", 0x1000001, 0x81n],
    ["without where they may not", 0x1, 0x1n],
  ])("%s", (_, features, control) => {
    const metal = new FakeMetal({ cpuid: { "2147483658:3": features } });
    metal.enter();
    expect(metal.view.getBigUint64(metal.control + svm.VMCB_NESTED, true)).toBe(control);
  });
});
