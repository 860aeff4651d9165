import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import { Guest, PHYSICAL } from "./guest.ts";

const RAX = 0;
const RCX = 1;
const RDX = 2;
const RBX = 3;
const RSI = 6;
const RDI = 7;
const CODE = 0x1000;
const STACK = 0x7000n;
const HLT = 0xf4;
const FLAG_IF = 0x200n;
const FLAG_TF = 0x100n;
/** Linear address that leads to PHYSICAL. */
const LONG_CODE = 0x200000;

function flat(...code: number[]): Guest {
  const guest = new Guest().protect(32);
  guest.write(CODE, [...code, HLT]);
  guest.setGpr(4, STACK);
  return guest;
}

/** An IDT at 0x2000 whose vector's 32-bit interrupt gate leads to `handler` in a flat code segment; the GDT is at 0x2800. */
function withHandler(guest: Guest, vector: number, handler: number): void {
  const gdt = [
    0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0x9b, 0xcf, 0, 255, 255, 0, 0, 0, 0x93, 0xcf, 0,
  ];
  guest.write(0x2800, gdt);
  guest.write(0x2000 + vector * 8, [handler & 255, handler >> 8, 8, 0, 0, 0x8e, 0, 0]);
  guest.set(S.S_GDT_BASE, 0x2800n);
  guest.set32(S.S_GDT_LIMIT, 23);
  guest.set(S.S_IDT_BASE, 0x2000n);
  guest.set32(S.S_IDT_LIMIT, 0x7ff);
}

describe("the deadline", () => {
  it("stops after exactly so many instructions, wherever that is in a block", () => {
    for (let ticks = 1; ticks < 12; ticks++) {
      // inc eax (x8); cmp eax, 100; jne back
      const guest = flat(...Array(8).fill(0x40), 0x83, 0xf8, 100, 0x75, 0xf3);
      expect(guest.run(BigInt(CODE), BigInt(ticks))).toBe(S.EXIT_DEADLINE);
      const place = ticks % 10;
      expect(guest.gpr(RAX)).toBe(BigInt(Math.floor(ticks / 10) * 8 + Math.min(place, 8)));
      expect(guest.get(S.S_TIME)).toBe(BigInt(ticks));
      expect(guest.get(S.S_INSTRUCTIONS)).toBe(BigInt(ticks));
      const rip = place <= 8 ? CODE + place : CODE + 11;
      expect(guest.get(S.S_RIP)).toBe(BigInt(rip));
    }
  });

  it("interrupts a repeated string instruction between iterations", () => {
    const guest = flat(0xf3, 0xaa); // rep stosb
    guest.setGpr(RAX, 0x5an);
    guest.setGpr(RCX, 10n);
    guest.setGpr(RDI, 0x3000n);
    expect(guest.run(BigInt(CODE), 4n)).toBe(S.EXIT_DEADLINE);
    expect([guest.gpr(RCX), guest.gpr(RDI), guest.get(S.S_RIP)]).toEqual([
      6n,
      0x3004n,
      BigInt(CODE),
    ]);
    expect(guest.run(undefined, 6n)).toBe(S.EXIT_DEADLINE);
    expect([guest.gpr(RCX), guest.get(S.S_RIP)]).toEqual([0n, BigInt(CODE + 2)]);
    expect([...guest.read(0x3000, 11)]).toEqual([...Array(10).fill(0x5a), 0]);
  });

  it("may be moved by a bus call, and then counts at the next boundary", () => {
    // mov eax, [0xa0000] (device memory); inc ecx (x3)
    const guest = flat(0xa1, 0, 0, 0xa, 0, 0x41, 0x41, 0x41);
    guest.onBus = () => {
      guest.set(S.S_BUS_VALUE, 7n);
      guest.set(S.S_DEADLINE, guest.get(S.S_TIME) + 2n);
      return S.BUS_HANDLED;
    };
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_DEADLINE);
    expect([guest.gpr(RAX), guest.gpr(RCX), guest.get(S.S_TIME)]).toEqual([7n, 1n, 2n]);
  });
});

describe("a bus call", () => {
  it("sees the time, RIP and flags of its instruction", () => {
    // nop; sub edx, edx; add eax, [0xa0000]
    const guest = flat(0x90, 0x29, 0xd2, 0x03, 0x05, 0, 0, 0xa, 0);
    const calls: unknown[] = [];
    guest.onBus = (call) => {
      calls.push(call);
      guest.set(S.S_BUS_VALUE, 5n);
      return S.BUS_HANDLED;
    };
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    const seen = { kind: S.BUS_READ, size: 4, address: 0xa0000n, time: 2n, rip: BigInt(CODE + 3) };
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ ...seen, flags: 0x46n });
    expect(guest.gpr(RAX)).toBe(5n);
  });
});

describe("self-modifying code", () => {
  it("takes effect on the very next instruction of the same block", () => {
    // mov byte [CODE + 7], 0x42 (inc edx); the byte there is inc ecx
    const guest = flat(0xc6, 0x05, 7, 0x10, 0, 0, 0x42, 0x41, 0x90);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    expect([guest.gpr(RCX), guest.gpr(RDX) & 0xffn]).toEqual([0n, 0x13n]);
  });

  it("is seen by a block that ran before and is linked", () => {
    // mov ecx, 2; L: inc eax; mov byte [L], 0x42 (inc edx); dec ecx; jnz L
    const guest = flat(0xb9, 2, 0, 0, 0, 0x40, 0xc6, 0x05, 5, 0x10, 0, 0, 0x42, 0x49, 0x75, 0xf5);
    guest.setGpr(RDX, 0n);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    expect([guest.gpr(RAX), guest.gpr(RDX)]).toEqual([1n, 1n]);
  });

  it("leaves code alone when data beside it is written", () => {
    // mov ecx, 1000; L: inc dword [0x1800]; dec ecx; jnz L
    const guest = flat(0xb9, 0xe8, 3, 0, 0, 0xff, 0x05, 0, 0x18, 0, 0, 0x49, 0x75, 0xf7);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    expect(Buffer.from(guest.read(0x1800, 4)).readUInt32LE()).toBe(1000);
  });
});

describe("boundaries", () => {
  it("deliver a pending interrupt at the first with IF set, after the shadow of STI", () => {
    // sti; inc eax; inc eax
    const guest = flat(0xfb, 0x40, 0x40);
    withHandler(guest, 0x30, 0x1800);
    guest.write(0x1800, [HLT]);
    guest.onBus = ({ kind }) => {
      expect(kind).toBe(S.BUS_ACKNOWLEDGE);
      guest.set(S.S_BUS_VALUE, 0x30n);
      guest.set32(S.S_PENDING, 0);
      return S.BUS_HANDLED;
    };
    guest.set32(S.S_PENDING, S.PENDING_INTERRUPT);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    expect([guest.gpr(RAX), guest.get(S.S_RIP)]).toEqual([1n, 0x1801n]);
    expect(guest.get(S.S_FLAGS) & FLAG_IF).toBe(0n);
  });

  it("trap after every instruction under TF", () => {
    const guest = flat(0x40, 0x40, 0x40);
    withHandler(guest, 1, 0x1800);
    guest.write(0x1800, [0x43, 0xcf]); // inc ebx; iret
    guest.setGpr(3, 0n);
    guest.set(S.S_FLAGS, 2n | FLAG_TF);
    // Each takes a tick, and so do the delivery and the two instructions of the handler.
    expect(guest.run(BigInt(CODE), 12n)).toBe(S.EXIT_DEADLINE);
    expect([guest.gpr(RAX), guest.gpr(3)]).toEqual([3n, 3n]);
  });

  it("do not trap after SYSCALL whose mask clears TF, and do where it does not", () => {
    for (const [mask, traps] of [
      [FLAG_TF, false],
      [0n, true],
    ] as const) {
      const guest = new Guest().long(LONG_CODE);
      guest.write(PHYSICAL, [0x0f, 0x05]); // syscall
      guest.write(0x1800, [0x90, HLT]); // nop; hlt
      guest.set(S.S_STAR, 0x8n << 32n);
      guest.set(S.S_LSTAR, 0x1800n);
      guest.set(S.S_SFMASK, mask);
      guest.set(S.S_EFER, guest.get(S.S_EFER) | 1n);
      const block = Number(guest.exports.createGuest!());
      guest.exports.mapGuest!(block, 0n, 0n, 0x1000000n, 7);
      guest.view.setUint32(block + S.G_EXCEPTIONS, 0xffffffff, true);
      guest.set32(S.S_GUEST, block);
      guest.exports.sync!(0);
      guest.set(S.S_FLAGS, 2n | FLAG_TF);
      const exit = guest.run(BigInt(LONG_CODE));
      expect([exit === S.EXIT_EXCEPTION, guest.get(S.S_RIP)]).toEqual([
        traps,
        traps ? 0x1800n : 0x1802n,
      ]);
    }
  });

  it("have exact flags and registers at a fault", () => {
    // xor eax, eax; stc; div al -> #DE; the handler halts
    const guest = flat(0x31, 0xc0, 0xf9, 0xf6, 0xf0);
    withHandler(guest, 0, 0x1800);
    guest.write(0x1800, [HLT]);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    const esp = Number(guest.gpr(4));
    const frame = new DataView(guest.read(esp, 12).buffer);
    expect(frame.getUint32(0, true)).toBe(CODE + 3);
    expect(frame.getUint32(8, true) & 0x8c5).toBe(0x45);
  });
});

describe("real mode", () => {
  it("adds segments, wraps at 16 bits and returns near and far", () => {
    const guest = new Guest();
    // mov ax, 0x200; mov ds, ax; mov ss, ax; mov sp, 0x100; mov byte [5], 7; call +1; hlt; mov cl, [5]; ret
    const code = [
      0xb8,
      0,
      2,
      0x8e,
      0xd8,
      0x8e,
      0xd0,
      0xbc,
      0,
      1,
      0xc6,
      6,
      5,
      0,
      7,
      0xe8,
      1,
      0,
      HLT,
      0x8a,
      0x0e,
      5,
      0,
      0xc3,
    ];
    guest.set(S.S_SEGMENT + S.CS * S.SEGMENT_SIZE + S.SEG_BASE, 0n);
    guest.set32(S.S_SEGMENT + S.CS * S.SEGMENT_SIZE + S.SEG_SELECTOR, 0);
    guest.exports.sync!(0);
    guest.write(CODE, code);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    expect(guest.gpr(RCX) & 0xffn).toBe(7n);
    expect(guest.get(S.S_RIP)).toBe(BigInt(CODE + 19));
    expect([...guest.read(0x2005, 1)]).toEqual([7]);
  });

  it("wraps in the middle of straight code, wherever CS begins, whole and step by step", () => {
    for (const base of [0x1000, 0x1330])
      for (const ticks of [100n, 1n]) {
        const guest = new Guest();
        guest.set(S.S_SEGMENT + S.CS * S.SEGMENT_SIZE + S.SEG_BASE, BigInt(base));
        guest.exports.sync!(0);
        guest.write(base + 0xfffd, [0x40, 0x40, 0x40, 0x41, HLT]); // inc ax, three times; then inc cx; hlt
        guest.write(base, [0x43, HLT]); // inc bx; hlt
        let exit = guest.run(0xfffdn, ticks);
        while (exit === S.EXIT_DEADLINE) exit = guest.run(undefined, ticks);
        expect(exit).toBe(S.EXIT_HALTED);
        expect([RAX, RCX, RBX].map((register) => guest.gpr(register))).toEqual([3n, 0n, 1n]);
      }
  });
});

describe("the limit of CS", () => {
  const LIMIT = CODE + 3;
  /** Code at CODE; the vector and RIP that an exception in it leaves, whole and step by step. */
  const end = (code: readonly number[]) =>
    [100n, 1n].map((ticks) => {
      const guest = flat(...code);
      withHandler(guest, 13, 0x3000);
      guest.write(0x3000, [HLT]);
      guest.segment(S.CS, 0xc9b, 8, LIMIT);
      guest.exports.sync!(0);
      let exit = guest.run(BigInt(CODE), ticks);
      while (exit === S.EXIT_DEADLINE) exit = guest.run(undefined, ticks);
      const [error, rip] = new Uint32Array(guest.read(Number(guest.gpr(4)), 8).buffer);
      return { exit, error, rip: rip! - CODE, count: guest.gpr(RAX) };
    });

  it("is that of straight code: #GP(0) at the first instruction behind it", () => {
    const outcome = { exit: S.EXIT_HALTED, error: 0, rip: 4, count: 4n };
    expect(end([0x40, 0x40, 0x40, 0x40, 0x40, 0x40])).toEqual([outcome, outcome]);
  });

  it("is that of all of an instruction's bytes", () => {
    const outcome = { exit: S.EXIT_HALTED, error: 0, rip: 2, count: 2n };
    expect(end([0x40, 0x40, 0x05, 1, 0, 0, 0])).toEqual([outcome, outcome]);
  });
});

describe("what is missing", () => {
  it("stops with the instruction's bytes", () => {
    const guest = flat(0x90, 0xc5, 0xfc, 0x77); // vzeroall, which has no ModRM
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_UNIMPLEMENTED);
    expect(guest.get(S.S_RIP)).toBe(BigInt(CODE + 1));
    expect(guest.get32(S.S_EXIT_LENGTH)).toBe(3);
    const at = guest.s + S.S_EXIT_BYTES;
    expect([...guest.bytes.slice(at, at + 4)]).toEqual([0xc5, 0xfc, 0x77, 0]);
  });
});

describe("repeated moves", () => {
  it("give the same in one piece as element by element, overlapping or not", () => {
    for (const distance of [-8, -1, 0, 1, 3, 8, 5000]) {
      const guest = flat(0xf3, 0xa4); // rep movsb
      const before = Uint8Array.from({ length: 12000 }, (_, i) => (i * 7) & 255);
      guest.write(0x10000, before);
      guest.setGpr(RSI, 0x10100n);
      guest.setGpr(RDI, BigInt(0x10100 + distance));
      guest.setGpr(RCX, 5000n);
      expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
      const wanted = before.slice();
      for (let i = 0; i < 5000; i++) wanted[0x100 + distance + i] = wanted[0x100 + i]!;
      expect(Buffer.compare(guest.read(0x10000, 12000), wanted), `${distance}`).toBe(0);
    }
  });
});

describe("units that control registers switch off", () => {
  const TS = 8n;
  const EM = 4n;
  const MP = 2n;
  const OSFXSR = 0x200n;
  /** "#7" for an exception, "exit 14" where the CPU stopped, "" where it went on. */
  function outcome(code: number[], cr0: bigint, cr4 = 0n): string {
    const guest = flat(...code);
    const block = Number(guest.exports.createGuest!());
    guest.exports.mapGuest!(block, 0n, 0n, 0x100000n, 7);
    guest.view.setUint32(block + S.G_EXCEPTIONS, 0xffffffff, true);
    guest.set32(S.S_GUEST, block);
    guest.set(S.S_CR0, guest.get(S.S_CR0) | cr0);
    guest.set(S.S_CR4, cr4);
    guest.exports.sync!(0);
    guest.exports.flush!(0);
    const exit = guest.run(BigInt(CODE));
    if (exit === S.EXIT_HALTED) return "";
    return exit === S.EXIT_EXCEPTION ? `#${guest.get(S.S_EXIT_INFO1)}` : `exit ${exit}`;
  }
  const cases: [string, number[], bigint, bigint, string][] = [
    ["FNINIT", [0xdb, 0xe3], 0n, 0n, ""],
    ["FNINIT", [0xdb, 0xe3], EM, 0n, "#7"],
    ["FNINIT", [0xdb, 0xe3], TS, 0n, "#7"],
    ["FWAIT", [0x9b], EM, 0n, ""],
    ["FWAIT", [0x9b], TS, 0n, ""],
    ["FWAIT", [0x9b], TS | MP, 0n, "#7"],
    ["EMMS", [0x0f, 0x77], 0n, 0n, ""],
    ["EMMS", [0x0f, 0x77], EM | TS, 0n, "#6"],
    ["EMMS", [0x0f, 0x77], TS, 0n, "#7"],
    ["PXOR xmm", [0x66, 0x0f, 0xef, 0xc0], 0n, 0n, "#6"],
    ["PXOR xmm", [0x66, 0x0f, 0xef, 0xc0], TS, OSFXSR, "#7"],
    ["PXOR xmm", [0x66, 0x0f, 0xef, 0xc0], 0n, OSFXSR, ""],
    ["PSHUFB xmm", [0x66, 0x0f, 0x38, 0x00, 0xc0], 0n, 0n, "#6"],
    ["PSHUFB xmm", [0x66, 0x0f, 0x38, 0x00, 0xc0], TS, OSFXSR, "#7"],
    ["PSHUFB mm", [0x0f, 0x38, 0x00, 0xc0], EM, OSFXSR, "#6"],
    ["PSHUFB mm", [0x0f, 0x38, 0x00, 0xc0], 0n, 0n, ""],
    ["FXSAVE", [0x0f, 0xae, 0x05, 0, 0x30, 0, 0], EM, 0n, "#7"],
    ["STMXCSR", [0x0f, 0xae, 0x1d, 0, 0x30, 0, 0], 0n, 0n, "#6"],
    ["XSAVE", [0x0f, 0xae, 0x25, 0, 0x30, 0, 0], TS, 0n, "#6"],
  ];
  it.each(cases)("%s (%j) with CR0 | %i and CR4 %i: %s", (_name, code, cr0, cr4, wanted) => {
    expect(outcome(code, cr0, cr4)).toBe(wanted);
  });
});
