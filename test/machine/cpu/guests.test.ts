// Guests of AMD-V (AMD64 APM volume 2, chapter 15), where the boot image of svm.test.ts cannot look: events from outside, the global
// interrupt flag, translations that are kept, decode assists, and what other emulators do not have.
import { beforeEach, describe, expect, it, test } from "vitest";
import * as V from "../../../abi/x86/svm.ts";
import * as S from "../../../machine/cpu/interface.ts";
import {
  BASE,
  CLGI,
  CODE,
  CONTROL,
  DATA,
  FLAG_IF,
  HLT,
  HOST,
  type Host,
  ICEBP,
  IDT,
  INIT,
  INTR,
  IO_MAP,
  makeHost,
  NESTED,
  NMI,
  NOP,
  RAX,
  RBX,
  STGI,
  STI,
  SVME,
  VMMCALL_EXIT,
} from "./svm-host.ts";

let host: Host;
beforeEach(() => {
  host = makeHost();
});

const code = () => host.field(V.VMCB_EXIT_CODE);

describe("an exit", () => {
  it("leads to the instruction after VMRUN, with the global interrupt flag clear", () => {
    expect(host.enter([])).toBe(S.EXIT_HALTED);
    expect([code(), host.get32(S.S_GIF), host.get32(S.S_IN_GUEST)]).toEqual([VMMCALL_EXIT, 0, 0]);
    expect(host.get(S.S_RIP)).toBe(BigInt(HOST + 4));
    expect(host.gpr(RAX)).toBe(BigInt(CONTROL));
  });

  it("of ICEBP is one of its own", () => {
    host.want(ICEBP);
    host.enter([0xf1]);
    expect([code(), host.field(V.VMCB_RIP)]).toEqual([BigInt(ICEBP), BigInt(CODE)]);
  });

  it.each([
    ["out dx, al", [0xee], false, 0x0123_0210n],
    ["in eax, dx", [0xed], false, 0x0123_0241n],
    ["outsb", [0x6e], false, 0x0123_0214n],
    ["rep outsw, 32-bit addresses", [0x67, 0x66, 0xf3, 0x6f], false, 0x0123_012cn],
    ["fs outsb, decode assists", [0x64, 0x6e], true, 0x0123_1214n],
    ["insd, decode assists", [0x6d], true, 0x0123_0245n],
  ])(
    "of %s tells the address size, and the segment with decode assists",
    (_, bytes, assists, info) => {
      if (!assists) host.without("decodeassists");
      host.want(0x7b);
      host.write(IO_MAP, new Uint8Array(0x3000).fill(0xff));
      host.setGpr(2, 0x123n);
      host.setGpr(1, 2n);
      host.setGpr(6, BigInt(DATA));
      host.setGpr(7, BigInt(DATA));
      host.enter(bytes);
      expect([code(), host.field(V.VMCB_EXIT_INFO_1)]).toEqual([0x7bn, info]);
      expect(host.field(V.VMCB_EXIT_INFO_2)).toBe(BigInt(CODE + bytes.length));
    },
  );

  it.each([
    ["mov cr3, r9", [0x41, 0x0f, 0x22, 0xd9], 0x13, 0x8000000000000009n],
    ["mov rbx, cr0", [0x0f, 0x20, 0xc3], 0x00, 0x8000000000000003n],
    ["mov dr7, rdx", [0x0f, 0x23, 0xfa], 0x37, 0x8000000000000002n],
    ["mov rsi, dr0", [0x0f, 0x21, 0xc6], 0x20, 0x8000000000000006n],
    ["clts", [0x0f, 0x06], 0x10, 0n],
    ["int 0x42", [0xcd, 0x42], 0x75, 0x42n],
    ["invlpg [0x5000]", [0x0f, 0x01, 0x3c, 0x25, 0, 0x50, 0, 0], 0x79, 0x5000n],
  ])("of %s tells its operand with decode assists", (_, bytes, exit, info) => {
    for (const assists of [true, false]) {
      host.without(...(assists ? [] : ["decodeassists"]));
      host.put(V.VMCB_RIP, BigInt(CODE));
      host.want(exit);
      host.enter(bytes);
      expect([code(), host.field(V.VMCB_EXIT_INFO_1)]).toEqual([BigInt(exit), assists ? info : 0n]);
    }
  });

  it("of a nested fault comes with the instruction's bytes with decode assists", () => {
    nested();
    host.word(NESTED + 0x3000 + (DATA >> 12) * 8, 0n);
    host.enter([0x8a, 0x04, 0x25, 0, 0x50, 0, 0]); // mov al, [0x5000]
    expect([code(), host.field(V.VMCB_EXIT_INFO_2)]).toEqual([0x400n, BigInt(DATA)]);
    expect([...host.read(CONTROL + 0xd0, 8)]).toEqual([15, 0x8a, 0x04, 0x25, 0, 0x50, 0, 0]);
  });
});

/** Nested paging with identity. */
function nested(): void {
  host.put(V.VMCB_NESTED, 1n);
  host.put(V.VMCB_NESTED_CR3, BigInt(NESTED));
  for (const level of [0, 1, 2])
    host.word(NESTED + level * 0x1000, BigInt(NESTED + (level + 1) * 0x1000) | 7n);
  for (let page = 0; page < 512; page++)
    host.word(NESTED + 0x3000 + page * 8, BigInt(page << 12) | 7n);
}

describe("an NMI", () => {
  it("is an exit where it is intercepted, and the host's after STGI", () => {
    host.want(NMI);
    host.set32(S.S_PENDING, S.PENDING_NMI);
    host.set32(S.S_GIF, 0);
    host.enter([NOP], [NOP, NOP, ...STGI, NOP]);
    expect([code(), host.field(V.VMCB_RIP)]).toEqual([BigInt(NMI), BigInt(CODE)]);
    expect([host.gpr(RBX), host.get32(S.S_PENDING)]).toEqual([1n, 0]);
  });

  it("waits for the global interrupt flag", () => {
    host.set32(S.S_PENDING, S.PENDING_NMI);
    host.write(HOST, [...CLGI, NOP, NOP, ...STGI, NOP, HLT]);
    host.set32(S.S_GIF, 0);
    host.run(BigInt(HOST), 3n);
    expect(host.gpr(RBX)).toBe(0n);
    host.run(undefined);
    expect(host.gpr(RBX)).toBe(1n);
  });
});

describe("an external interrupt", () => {
  const acknowledged: number[] = [];
  beforeEach(() => {
    acknowledged.length = 0;
    host.onBus = ({ kind }) => {
      if (kind !== S.BUS_ACKNOWLEDGE) return S.BUS_IGNORED;
      acknowledged.push(kind);
      host.set(S.S_BUS_VALUE, 0x40n);
      host.set32(S.S_PENDING, 0);
      return S.BUS_HANDLED;
    };
    host.set32(S.S_PENDING, S.PENDING_INTERRUPT);
  });

  it("is an exit where it is intercepted, and not acknowledged", () => {
    host.want(INTR);
    host.put(V.VMCB_RFLAGS, 2n | FLAG_IF);
    host.enter([NOP]);
    expect([code(), acknowledged.length, host.get32(S.S_PENDING)]).toEqual([BigInt(INTR), 0, 1]);
  });

  it("waits for the guest's IF, or with virtual masking for the host's", () => {
    host.want(INTR);
    host.enter([NOP, STI, NOP]);
    expect([code(), host.field(V.VMCB_RIP)]).toEqual([BigInt(INTR), BigInt(CODE + 3)]);
    for (const [flags, exit] of [
      [0n, VMMCALL_EXIT],
      [FLAG_IF, BigInt(INTR)],
    ] as const) {
      host.put(V.VMCB_RIP, BigInt(CODE));
      host.put(V.VMCB_RFLAGS, 2n);
      host.put(0x60, 0x1000000n);
      host.set32(S.S_GIF, 0);
      host.set(S.S_FLAGS, 2n | flags);
      host.enter([NOP]);
      expect(code()).toBe(exit);
    }
  });

  it("is the guest's where nobody intercepts it", () => {
    host.put(V.VMCB_RFLAGS, 2n | FLAG_IF);
    host.put(V.VMCB_IDTR, 0xfffn << 32n);
    host.put(V.VMCB_IDTR + 8, BigInt(IDT));
    host.put(V.VMCB_GDTR, 0xfffn << 32n);
    host.put(V.VMCB_GDTR + 8, 0x4000n);
    host.enter([NOP]);
    expect([code(), acknowledged.length, host.gpr(RBX)]).toEqual([VMMCALL_EXIT, 1, 1n]);
  });
});

describe("INIT", () => {
  it("is an exit where it is intercepted", () => {
    host.want(INIT);
    host.set32(S.S_PENDING, S.PENDING_INIT);
    host.set32(S.S_GIF, 0);
    host.enter([NOP]);
    expect([code(), host.get32(S.S_PENDING)]).toEqual([BigInt(INIT), S.PENDING_INIT]);
  });

  it("waits for the global interrupt flag, and is then carried out by the machine", () => {
    host.set32(S.S_PENDING, S.PENDING_INIT);
    host.set32(S.S_GIF, 0);
    host.write(HOST, [NOP, ...STGI, NOP, HLT]);
    expect(host.run(BigInt(HOST))).toBe(S.EXIT_INIT);
    expect(host.get(S.S_RIP)).toBe(BigInt(HOST + 4));
  });
});

describe("translations", () => {
  const READ = [0x8a, 0x04, 0x25, 0, 0x50, 0, 0]; // mov al, [0x5000]
  const read = (): bigint => {
    host.put(V.VMCB_RIP, BigInt(CODE));
    host.enter(READ);
    return code() === VMMCALL_EXIT ? host.field(V.VMCB_RAX) & 0xffn : -1n;
  };
  beforeEach(() => {
    nested();
    host.write(DATA, [1]);
    host.write(DATA + 0x1000, [2]);
    expect(read()).toBe(1n);
    host.word(NESTED + 0x3000 + (DATA >> 12) * 8, BigInt(DATA + 0x1000) | 7n);
  });

  it("of a guest outlive its exits, as on silicon, until its hypervisor has them flushed", () => {
    expect(read()).toBe(1n);
    host.write(CONTROL + V.VMCB_TLB_CONTROL, [3]);
    expect(read()).toBe(2n);
  });

  it("are another guest's by another identifier", () => {
    host.put(V.VMCB_ASID, 2n);
    expect(read()).toBe(2n);
  });

  it("of the host outlive its guests, and their flushes", () => {
    // mov al, [BASE]: the host's table leads there, and then elsewhere, without a flush.
    host.write(0x600000, [7]);
    host.write(0x800000, [8]);
    const look = [
      0xa0,
      ...[0, 8, 16, 24, 32, 40, 48, 56].map((shift) => Math.floor(BASE / 2 ** shift) & 0xff),
    ];
    const entry = 0x8000 + 2 * 0x1000 + (BASE >> 21) * 8;
    host.write(HOST + 0x100, [...look, HLT]);
    host.run(BigInt(HOST + 0x100));
    host.word(entry, 0x800087n);
    host.write(CONTROL + V.VMCB_TLB_CONTROL, [3]);
    read();
    host.run(BigInt(HOST + 0x100));
    expect(host.gpr(RAX) & 0xffn).toBe(7n);
    host.write(CONTROL + V.VMCB_TLB_CONTROL, [1]);
    read();
    host.run(BigInt(HOST + 0x100));
    expect(host.gpr(RAX) & 0xffn).toBe(8n);
  });

  it("of one address go with INVLPGA", () => {
    // mov eax, 0x5000; mov ecx, 1; invlpga
    host.write(HOST + 0x100, [0xb8, 0, 0x50, 0, 0, 0xb9, 1, 0, 0, 0, 0x0f, 0x01, 0xdf, HLT]);
    host.run(BigInt(HOST + 0x100));
    expect(read()).toBe(2n);
  });
});

describe("the registers of AMD-V", () => {
  const write = (msr: number, value: bigint) => {
    host.set(S.S_BUS_VALUE, value);
    return Number(host.exports.writeMsr!(0, msr));
  };

  it("are pages, and a switch that can be locked", () => {
    expect(write(V.MSR_HOST_SAVE, 0x11008n)).toBe(S.BUS_FAULT);
    expect(write(V.MSR_HOST_SAVE, 1n << 40n)).toBe(S.BUS_FAULT);
    expect(write(V.MSR_HOST_SAVE, 0x12000n)).toBe(S.BUS_HANDLED);
    // Not while EFER.SVME is set.
    expect(write(V.MSR_VM_CR, 0x10n)).toBe(S.BUS_FAULT);
    host.set(S.S_EFER, host.get(S.S_EFER) & ~SVME);
    expect(write(V.MSR_VM_CR, 0x18n)).toBe(S.BUS_HANDLED);
    expect(write(V.MSR_VM_CR, 0n)).toBe(S.BUS_HANDLED);
    expect(host.get(S.S_VM_CR)).toBe(0x18n);
    expect(write(0xc0000080, host.get(S.S_EFER) | SVME)).toBe(S.BUS_FAULT);
  });

  test("SKINIT is not there", () => {
    host.write(HOST, [0x0f, 0x01, 0xde, HLT]);
    host.run(BigInt(HOST), 2n);
    expect(host.gpr(RBX)).toBe(1n);
  });
});
