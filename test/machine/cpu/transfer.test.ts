import { beforeEach, describe, expect, test } from "vitest";
import * as R from "../../../abi/x86/registers.ts";
import * as S from "../../../machine/cpu/interface.ts";
import {
  ABSENT0,
  CODE0,
  CODE3,
  CODE16,
  CODE64,
  CODE64_3,
  CONFORMING0,
  DATA0,
  DATA3,
  descriptor,
  enterLong,
  enterProtected,
  FREE,
  GDT,
  gate,
  LDT,
  LOCAL_TABLE,
  LONG,
  READ_ONLY0,
  SMALL3,
  setDescriptor,
  setGate,
  stack,
  TASK,
  TASK2,
  TSS,
} from "./descriptors.ts";
import { TestCpu } from "./harness.ts";

const TSS2 = 0x5000;

let cpu: TestCpu;

beforeEach(() => {
  cpu = new TestCpu();
  enterProtected(cpu);
});

describe("segment registers", () => {
  test.each([
    ["data of level 0 at level 0", 0, S.DS, DATA0, "ok"],
    ["data of level 3 at level 0", 0, S.DS, DATA3, "ok"],
    ["data of level 0 at level 3", 3, S.DS, DATA0, "#13(0x10)"],
    ["an RPL beyond the DPL", 0, S.DS, DATA0 | 3, "#13(0x10)"],
    ["readable code", 0, S.ES, CODE0, "ok"],
    ["conforming code at level 3", 3, S.ES, CONFORMING0 | 3, "ok"],
    ["a system segment", 0, S.ES, TASK, "#13(0x30)"],
    ["an absent segment", 0, S.ES, ABSENT0, "#11(0x50)"],
    ["null data", 0, S.ES, 3, "ok"],
    ["beyond the table", 0, S.ES, 0x100, "#13(0x100)"],
    ["the last in the table", 0, S.ES, 0xf8, "#13(0xf8)"],
    ["a local selector without a table", 0, S.ES, 0x0c, "#13(0xc)"],
    ["a null stack", 0, S.SS, 0, "#13(0x0)"],
    ["a read-only stack", 0, S.SS, READ_ONLY0, "#13(0x48)"],
    ["a stack of another level", 0, S.SS, DATA3 | 3, "#13(0x20)"],
    ["a code stack", 0, S.SS, CODE0, "#13(0x8)"],
    ["a stack with another RPL", 3, S.SS, DATA3, "#13(0x20)"],
  ])("%s", (_name, level, segment, selector, outcome) => {
    enterProtected(cpu, level);
    const before = cpu.segment(segment);
    expect(cpu.try("loadSegment", segment, selector)).toBe(outcome);
    if (outcome === "ok") expect(cpu.segment(segment).selector).toBe(selector);
    else expect(cpu.segment(segment)).toEqual(before);
  });

  test("an absent stack is #SS", () => {
    setDescriptor(cpu, FREE, descriptor(0, 0xffff, 0x13));
    expect(cpu.try("loadSegment", S.SS, FREE)).toBe("#12(0x68)");
  });

  test("the cache has base, limit and attributes, and the table the accessed bit", () => {
    setDescriptor(cpu, FREE, descriptor(0x12345678, 0xabcde, 0x492));
    expect(cpu.try("loadSegment", S.GS, FREE)).toBe("ok");
    const found = cpu.segment(S.GS);
    expect(found).toEqual({ selector: FREE, attributes: 0x493, limit: 0xabcde, base: 0x12345678n });
    expect(cpu.peek(GDT + FREE + 5, 1)).toBe(0x93n);
  });

  test("a local descriptor table", () => {
    setDescriptor(cpu, LOCAL_TABLE, descriptor(LDT, 0xf, 0x82));
    cpu.poke(LDT + 8, 8, descriptor(0x4440, 0xff, 0x92));
    expect(cpu.try("lldt", LOCAL_TABLE)).toBe("ok");
    expect(cpu.try("loadSegment", S.FS, 0x0c)).toBe("ok");
    expect(cpu.segment(S.FS).base).toBe(0x4440n);
    expect(cpu.try("loadSegment", S.FS, 0x14)).toBe("#13(0x14)");
    expect(cpu.try("lldt", DATA0)).toBe("#13(0x10)");
    expect(cpu.try("lldt", 0)).toBe("ok");
    expect(cpu.try("loadSegment", S.FS, 0x0c)).toBe("#13(0xc)");
  });
});

describe("linear addresses", () => {
  const at = (segment: number, offset: number | bigint, size: number, write = 0): string => {
    const linear = cpu.x.linearAddress!(cpu.s, segment, BigInt(offset), size, write);
    const outcome = cpu.outcome();
    return outcome === "ok" ? `0x${BigInt.asUintN(64, BigInt(linear)).toString(16)}` : outcome;
  };

  test("limits of expand-up and expand-down segments", () => {
    cpu.setSegment(S.DS, 0, 0x93, 0xfff, 0x10000n);
    expect(at(S.DS, 0xffc, 4)).toBe("0x10ffc");
    expect(at(S.DS, 0xffd, 4)).toBe("#13(0x0)");
    cpu.setSegment(S.SS, 0, 0x97, 0xfff, 0x10000n);
    expect(at(S.SS, 0xfff, 1)).toBe("#12(0x0)");
    expect(at(S.SS, 0x1000, 4)).toBe("0x11000");
    expect(at(S.SS, 0xfffd, 4)).toBe("#12(0x0)");
    cpu.setSegment(S.SS, 0, 0x497, 0xfff, 0x10000n);
    expect(at(S.SS, 0xfffd, 4)).toBe("0x1fffd");
  });

  test("rights: read-only data, execute-only code, absent segments", () => {
    cpu.setSegment(S.DS, 0, 0x91, 0xffff, 0n);
    expect(at(S.DS, 0, 1)).toBe("0x0");
    expect(at(S.DS, 0, 1, 1)).toBe("#13(0x0)");
    cpu.setSegment(S.DS, 0, 0x99, 0xffff, 0n);
    expect(at(S.DS, 0, 1)).toBe("#13(0x0)");
    expect(at(S.CS, 0, 1, 1)).toBe("#13(0x0)");
    cpu.setSegment(S.DS, 0, 0, 0, 0n);
    expect(at(S.DS, 0, 1)).toBe("#13(0x0)");
  });

  test("64-bit code: only FS and GS have bases, addresses are canonical", () => {
    enterLong(cpu);
    cpu.setSegment(S.DS, 0, 0, 0, 0x1000n);
    cpu.setSegment(S.GS, 0, 0, 0, 0x1000n);
    expect(at(S.DS, 0x10, 8)).toBe("0x10");
    expect(at(S.GS, 0x10, 8)).toBe("0x1010");
    expect(at(S.DS, 0x7ffffffffff8n, 8)).toBe("0x7ffffffffff8");
    expect(at(S.DS, 0x7ffffffffff9n, 8)).toBe("#13(0x0)");
    expect(at(S.SS, 1n << 63n, 8)).toBe("#12(0x0)");
    expect(at(S.GS, 2n ** 64n - 0x1000n, 8)).toBe("0x0");
  });
});

describe("far transfers", () => {
  test.each([
    ["code of the same level", 0, CODE0, "ok"],
    ["code of an outer level", 0, CODE3, "#13(0x18)"],
    ["code of an inner level", 3, CODE0, "#13(0x8)"],
    ["conforming code of an inner level", 3, CONFORMING0, "ok"],
    ["an RPL beyond CPL", 0, CODE0 | 3, "#13(0x8)"],
    ["data", 0, DATA0, "#13(0x10)"],
    ["null", 0, 0, "#13(0x0)"],
    ["beyond the limit", 0, CODE16, "#13(0x0)"],
  ])("JMP to %s", (_name, level, selector, outcome) => {
    enterProtected(cpu, level);
    expect(cpu.try("farJump", selector, 0x123456n, 4)).toBe(outcome);
    expect(cpu.next).toBe(outcome === "ok" ? 0x123456n : 0x502n);
    if (outcome === "ok") expect(cpu.segment(S.CS).selector).toBe((selector & ~3) | level);
  });

  test("CALL pushes and RET takes back, with 16 and 32 bits", () => {
    expect(cpu.try("farCall", CODE0, 0x600n, 4)).toBe("ok");
    expect(stack(cpu, 4, 2)).toEqual([0x502n, BigInt(CODE0)]);
    expect(cpu.try("farReturn", 4, 8)).toBe("ok");
    expect([cpu.next, cpu.register(4)]).toEqual([0x502n, 0x9008n]);
    expect(cpu.try("farCall", CODE16, 0x600n, 2)).toBe("ok");
    expect(stack(cpu, 2, 2)).toEqual([0x502n, BigInt(CODE0)]);
  });

  test("RET to an outer level takes the stack and drops parameters from both", () => {
    [0x600, CODE3 | 3, 0, 0, 0x8800, DATA3 | 3].forEach((value, i) => {
      cpu.poke(0x9000 + i * 4, 4, value);
    });
    expect(cpu.try("farReturn", 4, 8)).toBe("ok");
    expect([cpu.word(S.S_CPL), cpu.register(4), cpu.next]).toEqual([3, 0x8808n, 0x600n]);
  });

  test("RET to an inner level is refused", () => {
    enterProtected(cpu, 3);
    [0x600, CODE0].forEach((value, i) => {
      cpu.poke(0x9000 + i * 4, 4, value);
    });
    expect(cpu.try("farReturn", 4, 0)).toBe("#13(0x8)");
  });

  test("a call gate to an inner level copies parameters", () => {
    enterProtected(cpu, 3);
    setDescriptor(cpu, FREE, gate(CODE0, 0x12345678n, 0xec, 2));
    [0x11, 0x22].forEach((value, i) => {
      cpu.poke(0x9000 + i * 4, 4, value);
    });
    expect(cpu.try("farCall", FREE | 3, 0n, 4)).toBe("ok");
    expect([cpu.word(S.S_CPL), cpu.next, cpu.register(4)]).toEqual([0, 0x12345678n, 0x7000n - 24n]);
    expect(stack(cpu, 4, 6)).toEqual([
      0x502n,
      BigInt(CODE3 | 3),
      0x11n,
      0x22n,
      0x9000n,
      BigInt(DATA3 | 3),
    ]);
    expect(cpu.segment(S.CS).selector).toBe(CODE0);
  });

  test.each([
    ["of a level beyond the gate's", gate(CODE0, 0n, 0x8c), FREE | 3, "#13(0x68)"],
    ["with an absent gate", gate(CODE0, 0n, 0x6c), FREE | 3, "#11(0x68)"],
    ["to data", gate(DATA0, 0n, 0xec), FREE | 3, "#13(0x10)"],
    ["to absent code", gate(0x70, 0n, 0xec), FREE | 3, "#11(0x70)"],
  ])("a call gate %s", (_name, value, selector, outcome) => {
    enterProtected(cpu, 3);
    setDescriptor(cpu, FREE, value);
    setDescriptor(cpu, 0x70, descriptor(0, 0xffff, 0x1b));
    expect(cpu.try("farCall", selector, 0n, 4)).toBe(outcome);
  });

  test("long mode: to 64-bit code and back to 32-bit code, through a 16-byte gate", () => {
    enterLong(cpu);
    expect(cpu.try("farJump", CODE0, 0x600n, 4)).toBe("ok");
    expect(cpu.try("farJump", CODE64, 0x700n, 4)).toBe("ok");
    enterLong(cpu, 3);
    setDescriptor(cpu, FREE, gate(CODE64, 0x5678n, 0xec));
    setDescriptor(cpu, FREE + 8, 0x1234n);
    expect(cpu.try("farCall", FREE | 3, 0n, 4)).toBe("ok");
    expect([cpu.next, cpu.register(4)]).toEqual([0x1234_0000_5678n, 0x7000n - 32n]);
    expect(stack(cpu, 8, 4)).toEqual([0x502n, BigInt(CODE64_3 | 3), 0x9000n, BigInt(DATA3 | 3)]);
    expect(cpu.segment(S.SS).selector).toBe(0);
  });

  test("code that is both 64- and 32-bit is refused in long mode", () => {
    enterLong(cpu);
    setDescriptor(cpu, FREE, descriptor(0, 0xffffffff, 0x9b | LONG | 0x400));
    expect(cpu.try("farJump", FREE, 0n, 4)).toBe("#13(0x68)");
  });
});

describe("tasks", () => {
  /** A second task, in 32-bit code at level 0 on its own stack. */
  beforeEach(() => {
    setDescriptor(cpu, TASK2, descriptor(TSS2, 0x67, 0x89));
    setDescriptor(cpu, TASK, descriptor(TSS, 0x67, 0x8b));
    const fields: [number, number][] = [
      [0x20, 0x1234],
      [0x24, 0x202],
      [0x28, 0xaaaa],
      [0x38, 0x6000],
      [0x48, DATA3],
      [0x4c, CODE0],
      [0x50, DATA0],
      [0x54, DATA0],
    ];
    for (const [offset, value] of fields) cpu.poke(TSS2 + offset, 4, value);
  });

  test("JMP saves one task and loads the other", () => {
    cpu.setRegister(0, 0x5555n);
    expect(cpu.try("farJump", TASK2, 0n, 4)).toBe("ok");
    expect([cpu.next, cpu.register(0), cpu.register(4)]).toEqual([0x1234n, 0xaaaan, 0x6000n]);
    expect(cpu.wide(S.S_FLAGS)).toBe(0x202n);
    expect([S.ES, S.CS, S.FS, S.TR].map((segment) => cpu.segment(segment).selector)).toEqual([
      DATA3,
      CODE0,
      0,
      TASK2,
    ]);
    expect([0x20, 0x28, 0x38, 0x4c].map((offset) => cpu.peek(TSS + offset, 4))).toEqual([
      0x502n,
      0x5555n,
      0x9000n,
      BigInt(CODE0),
    ]);
    expect([TASK, TASK2].map((selector) => cpu.peek(GDT + selector + 5, 1))).toEqual([
      0x89n,
      0x8bn,
    ]);
    expect(cpu.wide(S.S_CR0) & BigInt(R.CR0_TS)).toBe(BigInt(R.CR0_TS));
  });

  test("CALL links back, and IRET returns along the link", () => {
    expect(cpu.try("farCall", TASK2, 0n, 4)).toBe("ok");
    expect(cpu.peek(TSS2, 2)).toBe(BigInt(TASK));
    expect(cpu.wide(S.S_FLAGS)).toBe(0x4202n);
    expect(cpu.peek(GDT + TASK + 5, 1)).toBe(0x8bn);
    cpu.next = 0x2000n;
    expect(cpu.try("interruptReturn", 4)).toBe("ok");
    expect([cpu.next, cpu.segment(S.TR).selector]).toEqual([0x502n, TASK]);
    expect(cpu.peek(TSS2 + 0x24, 4)).toBe(0x202n);
    expect(cpu.peek(TSS2 + 0x20, 4)).toBe(0x2000n);
    expect(cpu.peek(GDT + TASK2 + 5, 1)).toBe(0x89n);
  });

  test("a task gate delivers an exception with its error code on the new stack", () => {
    setGate(cpu, 13, gate(TASK2, 0n, 0x85));
    cpu.setWord(S.S_FAULT, S.FAULT_EXCEPTION);
    cpu.setWord(S.S_FAULT_VECTOR, 13);
    cpu.setWord(S.S_FAULT_ERROR, 0x48);
    expect(cpu.try("deliverFault")).toBe("ok");
    expect(cpu.wide(S.S_RIP)).toBe(0x1234n);
    expect(stack(cpu, 4, 1)).toEqual([0x48n]);
    expect(cpu.peek(TSS + 0x20, 4)).toBe(0x500n);
  });

  test.each([
    ["busy", 0x8b, 0x67, "#13(0x90)"],
    ["absent", 0x09, 0x67, "#11(0x90)"],
    ["too short", 0x89, 0x66, "#10(0x90)"],
  ])("a task that is %s is refused by the old one", (_name, attributes, limit, outcome) => {
    setDescriptor(cpu, TASK2, descriptor(TSS2, limit, attributes));
    expect(cpu.try("farJump", TASK2, 0n, 4)).toBe(outcome);
    expect([cpu.register(4), cpu.segment(S.TR).selector]).toEqual([0x9000n, TASK]);
  });

  test("a bad segment is the new task's fault, at its first instruction", () => {
    cpu.poke(TSS2 + 0x54, 4, CODE16 + 0x300);
    expect(cpu.try("farJump", TASK2, 0n, 4)).toBe("#10(0x340)");
    expect([cpu.wide(S.S_RIP), cpu.segment(S.TR).selector]).toEqual([0x1234n, TASK2]);
  });

  test("a task in virtual-8086 mode", () => {
    cpu.poke(TSS2 + 0x24, 4, 0x20202);
    cpu.poke(TSS2 + 0x4c, 4, 0x1000);
    expect(cpu.try("farJump", TASK2, 0n, 4)).toBe("ok");
    expect([cpu.word(S.S_CPL), cpu.segment(S.CS).base]).toEqual([3, 0x10000n]);
  });

  test("a 16-bit task", () => {
    setDescriptor(cpu, TASK2, descriptor(TSS2, 0x2b, 0x81));
    const words: [number, number][] = [
      [0x0e, 0x77],
      [0x10, 0x202],
      [0x12, 0x1111],
      [0x1a, 0x6000],
      [0x22, DATA0],
      [0x24, CODE16],
      [0x26, DATA0],
      [0x28, DATA0],
      [0x2a, 0],
    ];
    for (const [offset, value] of words) cpu.poke(TSS2 + offset, 2, value);
    expect(cpu.try("farJump", TASK2, 0n, 4)).toBe("ok");
    expect([cpu.next, cpu.register(0) & 0xffffn, cpu.segment(S.CS).selector]).toEqual([
      0x77n,
      0x1111n,
      CODE16,
    ]);
  });
});

describe("questions about selectors", () => {
  test("LAR, LSL, VERR and VERW respect type and privilege", () => {
    enterProtected(cpu, 3);
    expect(cpu.x.lar!(cpu.s, DATA3)).toBe(0xcff300);
    expect(cpu.x.lar!(cpu.s, DATA0)).toBe(1);
    expect(cpu.x.lar!(cpu.s, CONFORMING0)).toBe(0xcf9e00);
    expect(cpu.x.lsl!(cpu.s, SMALL3)).toBe(0xfffn);
    expect(cpu.x.lsl!(cpu.s, DATA3)).toBe(0xffffffffn);
    expect(cpu.x.lsl!(cpu.s, 0)).toBe(-1n);
    expect([DATA3, CODE3, DATA0, 0, 0x300].map((at) => cpu.x.verr!(cpu.s, at))).toEqual([
      1, 1, 0, 0, 0,
    ]);
    expect([DATA3, CODE3, DATA0].map((at) => cpu.x.verw!(cpu.s, at))).toEqual([1, 0, 0]);
    expect(cpu.outcome()).toBe("ok");
    enterProtected(cpu, 0);
    expect(cpu.x.verw!(cpu.s, READ_ONLY0)).toBe(0);
    expect(cpu.x.lar!(cpu.s, TASK)).toBe(0x8900);
    expect(cpu.x.arpl!(cpu.s, 0x20, 0x3)).toBe(0x23);
  });

  test("they do not exist in real mode", () => {
    cpu.setWide(S.S_CR0, 0x10n);
    cpu.sync();
    for (const name of ["lar", "lsl", "verr", "verw"]) expect(cpu.try(name, DATA0)).toBe("#6");
    for (const name of ["sldt", "str"]) expect(cpu.try(name)).toBe("#6");
    expect(cpu.try("lldt", 0)).toBe("#6");
  });

  test("LTR marks the task busy and refuses a busy one", () => {
    expect(cpu.try("ltr", TASK)).toBe("ok");
    expect(cpu.peek(GDT + TASK + 5, 1)).toBe(0x8bn);
    expect(cpu.try("ltr", TASK)).toBe("#13(0x30)");
    expect(cpu.try("ltr", 0)).toBe("#13(0x0)");
    expect(cpu.x.str!(cpu.s)).toBe(TASK);
  });
});
