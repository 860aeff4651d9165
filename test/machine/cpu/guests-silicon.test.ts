// Guests of AMD-V on processors with what those of the last years have and no other emulator: INVLPGB, machine checks, bits of EFER.
import { beforeEach, describe, expect, it, test } from "vitest";
import * as V from "../../../abi/x86/svm.ts";
import * as S from "../../../machine/cpu/interface.ts";
import {
  CODE,
  CR4,
  EFER_GUEST,
  HLT,
  HOST,
  type Host,
  makeHost,
  NOP,
  RBX,
  STGI,
  VMMCALL_EXIT,
} from "./svm-host.ts";

let host: Host;
beforeEach(() => {
  host = makeHost();
});

const code = () => host.field(V.VMCB_EXIT_CODE);

describe("INVLPGB and TLBSYNC", () => {
  const INVLPGB = [0x0f, 0x01, 0xfe];
  const TLBSYNC = [0x0f, 0x01, 0xff];
  const ENABLED = 0x80n;
  const [UD, GP] = [0x46n, 0x4dn];
  /** mov eax, what; mov ecx, count. */
  const named = (what: number, count: number) => [
    ...[0xb8, what & 0xff, what >> 8, 0, 0, 0xb9, count, 0, 0, 0, ...INVLPGB],
  ];
  const enter = (...bytes: number[]) => {
    host.want(0x46);
    host.want(0x4d);
    host.enter(bytes);
    return code();
  };

  it.each([INVLPGB, TLBSYNC])("are #UD in a guest that is not let execute them", (...bytes) => {
    expect(enter(...bytes)).toBe(UD);
  });

  it("are executed by one that is", () => {
    host.put(V.VMCB_NESTED, ENABLED);
    expect(enter(...named(1, 7), ...TLBSYNC)).toBe(VMMCALL_EXIT);
  });

  it.each([
    ["bits that mean nothing", 0x40, 0],
    ["more pages than CPUID says", 1, 8],
  ])("raise #GP of %s", (_, what, count) => {
    host.put(V.VMCB_NESTED, ENABLED);
    expect(enter(...named(what, count))).toBe(GP);
    host.want(0xa1);
    host.put(V.VMCB_RIP, BigInt(CODE));
    expect(enter(...named(what, count))).toBe(0xa1n);
  });

  it.each([
    ["INVLPGB", INVLPGB, 0xa0],
    ["TLBSYNC", TLBSYNC, 0xa4],
  ] as const)("are exits where that is wanted: %s", (_, bytes, exit) => {
    host.put(V.VMCB_NESTED, ENABLED);
    host.want(exit);
    expect(enter(...bytes)).toBe(BigInt(exit));
  });
});

describe("a machine check", () => {
  const STATUS = 0xbe00000000000000n;
  const MC = 0x52n;
  const MCE = 0x40n;
  /** An error in bank 1. */
  const check = () => host.exports.machineCheck!(0, 1, STATUS, 0x1234n);
  const handled = () => host.gpr(RBX);
  const mce = () => host.set(S.S_CR4, host.get(S.S_CR4) | MCE);

  it("is held while the global interrupt flag is clear", () => {
    mce();
    host.set32(S.S_GIF, 0);
    check();
    host.write(HOST, [NOP, NOP, HLT]);
    host.run(BigInt(HOST));
    expect(handled()).toBe(0n);
    host.write(HOST, [NOP, ...STGI, NOP, HLT]);
    host.run(BigInt(HOST));
    expect(handled()).toBe(1n);
  });

  it("is the guest's exit where it is intercepted, else the guest's own", () => {
    host.want(0x52);
    host.put(V.VMCB_CR4, CR4 | MCE);
    check();
    mce();
    host.set32(S.S_GIF, 0);
    host.enter([NOP, NOP]);
    expect(code()).toBe(MC);
    expect(host.field(V.VMCB_RIP)).toBe(BigInt(CODE));
  });

  it("ends the CPU where nobody wants it, or another is in progress", () => {
    host.write(HOST, [NOP, NOP, HLT]);
    check();
    host.run(BigInt(HOST));
    expect(host.get32(S.S_ACTIVITY)).toBe(S.ACTIVITY_SHUTDOWN);
  });
});

test("a bit of EFER that the processor lacks is none of a guest's", () => {
  host.put(V.VMCB_EFER, EFER_GUEST | 0x200000n);
  host.enter([]);
  expect(code()).toBe(VMMCALL_EXIT);
  host.without("autoibrs");
  host.put(V.VMCB_RIP, BigInt(CODE));
  host.enter([]);
  expect(code()).toBe(0xffffffffffffffffn);
});
