// Native code for the module of VT-x: a VMCS is a map of fields.
import { CONSOLE_TYPE, CONSOLE_TYPE_8250 } from "../../abi/config.ts";
import { MSR_EFER } from "../../abi/x86/msr.ts";
import * as vmx from "../../abi/x86/vmx.ts";
import {
  compiled,
  DEBUG_CONSOLE,
  FakeMetal,
  type FakeOptions,
  type Members,
} from "./fake-metal.ts";

const INTEL = compiled("metal-intel.wasm");
const RUN_EXITED = 0;
const RUN_FAILED = 1;
const RUN_KEPT_OUT = 2;

/** The upper half of a capability MSR: what may be set. */
const may = (high: number, low = 0) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** Capabilities of a processor that has all (SDM volume 3, appendix A); what has to be set is what the manual calls default. */
export const CAPABILITIES: Readonly<Record<number, bigint>> = {
  [vmx.MSR_FEATURE_CONTROL]: BigInt(vmx.FEATURE_CONTROL_LOCKED | vmx.FEATURE_CONTROL_VMX),
  [vmx.MSR_VMX_BASIC]: may(vmx.VMX_BASIC_HIGH_TRUE, 0x12),
  [vmx.MSR_VMX_CR0_FIXED]: 0x8000_0021n,
  [vmx.MSR_VMX_CR0_FIXED + 1]: 0xffff_ffffn,
  [vmx.MSR_VMX_CR4_FIXED]: 0x2000n,
  [vmx.MSR_VMX_CR4_FIXED + 1]: 0x37_27ffn,
  [vmx.MSR_VMX_PROC2]: may(0xffff_ffff),
  [vmx.MSR_VMX_EPT_VPID]: 0xf01_0673_4141n,
  [vmx.MSR_VMX_TRUE_PIN]: may(0xff, 0x16),
  [vmx.MSR_VMX_TRUE_PROC]: may(0xfff9_fffe, 0x0400_6172),
  [vmx.MSR_VMX_TRUE_EXIT]: may(0x01ff_ffff, 0x3_6dfb),
  [vmx.MSR_VMX_TRUE_ENTRY]: may(0x3_ffff, 0x11fb),
  [MSR_EFER]: 0xd01n,
};

const SELECTORS = 0x800;
const LIMITS = 0x4800;
const RIGHTS = 0x4814;
const BASES = 0x6806;
const [CS, TR, LDTR] = [1, 7, 6];
/** Of segments ES to TR: encodings of the fields of one. */
export const segment = (number: number) => ({
  selector: SELECTORS + number * vmx.VMCS_STEP,
  limit: LIMITS + number * vmx.VMCS_STEP,
  rights: RIGHTS + number * vmx.VMCS_STEP,
  base: BASES + number * vmx.VMCS_STEP,
});

/** The state of a guest in 64-bit mode that a processor takes. */
export const VALID: readonly (readonly [number, bigint])[] = [
  ...Array.from({ length: 6 }, (_, number) => [segment(number).rights, 0xc093n] as const),
  ...Array.from({ length: 6 }, (_, number) => [segment(number).limit, 0xffff_ffffn] as const),
  [segment(CS).rights, 0xa09bn],
  [segment(TR).rights, 0x8bn],
  [segment(TR).limit, 0x206fn],
  [segment(LDTR).rights, BigInt(vmx.RIGHTS_UNUSABLE)],
  [vmx.VMCS_CR0, 0x8000_0031n],
  [vmx.VMCS_CR4, 0x2020n],
  [vmx.VMCS_EFER, 0xd01n],
  [vmx.VMCS_PAT, 0x0007_0406_0007_0406n],
  [vmx.VMCS_RFLAGS, 0x2n],
  [vmx.VMCS_RIP, 0xffff_8000_0000_1000n],
];

/** Facts of an exit by the fields that tell them. */
export interface IntelExit {
  readonly reason: number;
  readonly qualification?: bigint;
  readonly length?: number;
  readonly event?: number;
  readonly error?: number;
  /** What was being delivered. */
  readonly vectoring?: number;
  readonly vectoringError?: number;
  readonly physical?: bigint;
}

export class FakeIntel extends FakeMetal {
  /** The VMCS, by encoding. */
  readonly fields = new Map<number, bigint>(VALID);
  /** What the guest begins with at each entry: the event, its error code, its instruction's length. */
  readonly entries: number[][] = [];
  /** How many entries the processor refuses. */
  failures = 0;
  /** 1: an NMI is kept. */
  nmi = 0;
  /** Facts of exits that are to come. */
  readonly exits: IntelExit[] = [];

  constructor({ msrs, cpuid, ...options }: FakeOptions = {}) {
    const features = { [`${vmx.CPUID_FEATURES}:2`]: vmx.FEATURE_VMX, ...cpuid };
    super({ ...options, cpuid: features, msrs: { ...CAPABILITIES, ...msrs } }, INTEL);
  }

  /** Plays exits. */
  playExits(...exits: IntelExit[]): void {
    this.exits.push(...exits);
    this.play(...exits.map(({ reason }) => ({ code: reason })));
  }

  field(encoding: number): bigint {
    return this.fields.get(encoding) ?? 0n;
  }

  #run(): number {
    const begin = [vmx.VMCS_ENTRY_EVENT, vmx.VMCS_ENTRY_ERROR, vmx.VMCS_ENTRY_LENGTH];
    if (this.nmi) return RUN_KEPT_OUT;
    if (this.failures > 0) {
      this.failures--;
      return RUN_FAILED;
    }
    this.entries.push(begin.map((encoding) => Number(this.field(encoding))));
    this.nextExit();
    const exit = this.exits.shift()!;
    const put = (encoding: number, value: number | bigint = 0) =>
      this.fields.set(encoding, BigInt(typeof value === "number" ? value >>> 0 : value));
    put(vmx.VMCS_REASON, exit.reason);
    put(vmx.VMCS_QUALIFICATION, exit.qualification);
    put(vmx.VMCS_LENGTH, exit.length);
    put(vmx.VMCS_EXIT_EVENT, exit.event);
    put(vmx.VMCS_EXIT_ERROR, exit.error);
    put(vmx.VMCS_VECTORING_EVENT, exit.vectoring);
    put(vmx.VMCS_VECTORING_ERROR, exit.vectoringError);
    put(vmx.VMCS_PHYSICAL, exit.physical);
    // As the processor: an event is delivered once.
    put(vmx.VMCS_ENTRY_EVENT, 0);
    return RUN_EXITED;
  }

  protected override vendorMembers(): Members {
    const nothing = () => {};
    const names = ["vmxOff", "clearVmcs", "invalidateTables", "writeDebugStatus"];
    return {
      ...Object.fromEntries(names.map((name) => [name, nothing])),
      vmxOn: () => 1,
      makeCurrent: () => 1,
      readField: (encoding: number) => BigInt.asUintN(64, this.field(encoding >>> 0)),
      writeField: (encoding: number, value: bigint) => {
        this.fields.set(encoding >>> 0, BigInt.asUintN(64, value));
      },
      exitAddress: () => 0n,
      codeSelector: () => 16,
      tableAddress: () => 0n,
      linuxExtra: () => 0n,
      hasNmi: () => this.nmi,
      takeNmi: () => {
        this.nmi = 0;
      },
      runGuest: () => this.#run(),
    };
  }
}

/** A processor whose hypervisor has a console. */
export function createIntel(options?: FakeOptions): FakeIntel {
  const fake = new FakeIntel(options);
  fake.core.setUint16(DEBUG_CONSOLE + CONSOLE_TYPE, CONSOLE_TYPE_8250, true);
  return fake;
}

/** One whose guest has run: Linux' state as the fake has it is none that a processor takes, from the first exit on it is VALID. */
export function enteredIntel(): FakeIntel {
  const metal = createIntel();
  if (metal.enter() !== undefined) throw new Error("refused");
  metal.onGuest = () => {
    for (const [encoding, value] of VALID) metal.fields.set(encoding, value);
    metal.onGuest = () => {};
  };
  metal.playExits({ reason: vmx.REASON_NMI_WINDOW });
  return metal;
}
