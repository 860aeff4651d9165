import { beforeEach, describe, expect, test } from "vitest";
import * as R from "../../../abi/x86/registers.ts";
import * as S from "../../../machine/cpu/interface.ts";
import {
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
  gate,
  IDT,
  READ_ONLY0,
  setDescriptor,
  setGate,
  stack,
  TSS,
} from "./descriptors.ts";
import { NO_ERROR, TestCpu } from "./harness.ts";

const INTERRUPT = 0x8e;
const TRAP = 0x8f;
const IF = BigInt(R.FLAG_IF);
const RF = BigInt(R.FLAG_RF);

let cpu: TestCpu;

beforeEach(() => {
  cpu = new TestCpu();
});

/** Sets a fault as an instruction would, and delivers it. */
function fault(vector: number, error = NO_ERROR): string {
  cpu.setWord(S.S_FAULT, S.FAULT_EXCEPTION);
  cpu.setWord(S.S_FAULT_VECTOR, vector);
  cpu.setWord(S.S_FAULT_ERROR, error);
  return cpu.try("deliverFault");
}

describe("real mode", () => {
  beforeEach(() => {
    cpu.setWide(S.S_RIP, 0x1234n);
    cpu.next = 0x1236n;
    cpu.setRegister(4, 0xffff_0100n);
    cpu.setWide(S.S_FLAGS, 0x302n);
    cpu.poke(0x21 * 4, 4, 0x2000_5678n);
    cpu.poke(6 * 4, 4, 0x3000_9abcn);
  });

  test("INT pushes flags, CS and the next IP, and clears IF and TF", () => {
    expect(cpu.try("softwareInterrupt", 0x21)).toBe("ok");
    expect(cpu.next).toBe(0x5678n);
    expect(cpu.segment(S.CS)).toMatchObject({ selector: 0x2000, base: 0x20000n });
    expect(cpu.register(4)).toBe(0xffff_00fan);
    expect([0xfa, 0xfc, 0xfe].map((at) => cpu.peek(at, 2))).toEqual([0x1236n, 0xf000n, 0x302n]);
    expect(cpu.wide(S.S_FLAGS)).toBe(2n);
  });

  test("an exception pushes its own IP and never an error code", () => {
    expect(fault(6)).toBe("ok");
    expect(cpu.wide(S.S_RIP)).toBe(0x9abcn);
    expect(cpu.peek(0xfa, 2)).toBe(0x1234n);
    cpu.setRegister(4, 0x100n);
    expect(fault(13, 0)).toBe("ok");
    expect(cpu.register(4)).toBe(0xfan);
  });

  test("a table that is too short shuts the CPU down", () => {
    cpu.setWord(S.S_IDT_LIMIT, 3);
    expect(fault(6)).toBe("ok");
    expect(cpu.word(S.S_ACTIVITY)).toBe(S.ACTIVITY_SHUTDOWN);
  });

  test("IRET comes back with 16 and 32 bits", () => {
    cpu.x.softwareInterrupt!(cpu.s, 0x21);
    expect(cpu.try("interruptReturn", 2)).toBe("ok");
    expect([cpu.next, cpu.segment(S.CS).base, cpu.register(4)]).toEqual([
      0x1236n,
      0xf0000n,
      0xffff_0100n,
    ]);
    expect(cpu.wide(S.S_FLAGS)).toBe(0x302n);
    cpu.setRegister(4, 0x200n);
    [0x1111, 0x4444, 0x240000 | 0x3202].forEach((value, i) => {
      cpu.poke(0x200 + i * 4, 4, value);
    });
    expect(cpu.try("interruptReturn", 4)).toBe("ok");
    expect(cpu.wide(S.S_FLAGS)).toBe(0x243202n);
    expect(cpu.segment(S.CS).base).toBe(0x44440n);
  });
});

describe("32-bit protected mode", () => {
  beforeEach(() => enterProtected(cpu));

  test("an interrupt gate at the same level", () => {
    setGate(cpu, 13, gate(CODE0, 0x12345678n, INTERRUPT));
    cpu.setWide(S.S_FLAGS, 0x4302n);
    expect(fault(13, 0x18)).toBe("ok");
    expect(cpu.wide(S.S_RIP)).toBe(0x12345678n);
    expect(cpu.register(4)).toBe(0x8ff0n);
    expect(stack(cpu, 4, 4)).toEqual([0x18n, 0x500n, BigInt(CODE0), 0x4302n | RF]);
    expect(cpu.wide(S.S_FLAGS)).toBe(2n);
  });

  test("a trap gate leaves IF", () => {
    setGate(cpu, 3, gate(CODE0, 0x600n, TRAP));
    cpu.setWide(S.S_FLAGS, 0x202n);
    expect(cpu.try("softwareInterrupt", 3)).toBe("ok");
    expect(cpu.wide(S.S_FLAGS)).toBe(0x202n);
    expect(stack(cpu, 4, 1)).toEqual([0x502n]);
  });

  test("a 16-bit gate pushes words and has 16 bits of offset", () => {
    setGate(cpu, 10, gate(CODE16, 0xffff_0042n, 0x86));
    expect(fault(10, 0x28)).toBe("ok");
    expect(cpu.wide(S.S_RIP)).toBe(0x42n);
    expect(cpu.register(4)).toBe(0x8ff8n);
    expect(stack(cpu, 2, 2)).toEqual([0x28n, 0x500n]);
  });

  test("from level 3 the stack comes from the TSS", () => {
    enterProtected(cpu, 3);
    setGate(cpu, 14, gate(CODE0, 0x700n, INTERRUPT));
    cpu.setWide(S.S_FLAGS, 0x3202n);
    expect(fault(14, 7)).toBe("ok");
    expect(cpu.word(S.S_CPL)).toBe(0);
    expect(cpu.segment(S.SS).selector).toBe(DATA0);
    expect(cpu.register(4)).toBe(0x7000n - 24n);
    expect(stack(cpu, 4, 6)).toEqual([
      7n,
      0x500n,
      BigInt(CODE3 | 3),
      0x3202n | RF,
      0x9000n,
      BigInt(DATA3 | 3),
    ]);
    cpu.setRegister(4, cpu.register(4) + 4n);
    expect(cpu.try("interruptReturn", 4)).toBe("ok");
    expect([cpu.word(S.S_CPL), cpu.next, cpu.register(4)]).toEqual([3, 0x500n, 0x9000n]);
    expect(cpu.segment(S.SS)).toMatchObject({ selector: DATA3 | 3 });
  });

  test("a return outward empties data segments of inner levels", () => {
    const frame = [0x600, CODE3 | 3, 0x202, 0x8800, DATA3 | 3];
    frame.forEach((value, i) => {
      cpu.poke(0x9000 + i * 4, 4, value);
    });
    cpu.x.loadSegment!(cpu.s, S.ES, DATA3 | 3);
    expect(cpu.try("interruptReturn", 4)).toBe("ok");
    expect(cpu.segment(S.DS)).toMatchObject({ selector: 0, attributes: 0 });
    expect(cpu.segment(S.ES)).toMatchObject({ selector: DATA3 | 3 });
  });

  test("a conforming handler keeps the level", () => {
    enterProtected(cpu, 3);
    setGate(cpu, 6, gate(CONFORMING0, 0x700n, INTERRUPT));
    expect(fault(6)).toBe("ok");
    expect(cpu.word(S.S_CPL)).toBe(3);
    expect(cpu.segment(S.CS).selector).toBe(CONFORMING0 | 3);
    expect(cpu.register(4)).toBe(0x9000n - 12n);
  });

  test.each([
    ["software interrupt through a gate of level 0", gate(CODE0, 0n, INTERRUPT), "#13(0x102)"],
    ["an empty gate", 0n, "#13(0x102)"],
    ["an absent gate", gate(CODE0, 0n, 0x6e), "#11(0x102)"],
    ["a null selector", gate(0, 0n, 0xee), "#13(0x0)"],
    ["a data segment", gate(DATA0, 0n, 0xee), "#13(0x10)"],
    ["an outer level is fine at that level", gate(CODE3, 0n, 0xee), "ok"],
    ["beyond the table", gate(0x200, 0n, 0xee), "#13(0x200)"],
    ["beyond the limit", gate(CODE16, 0x10000n, 0xee), "#13(0x0)"],
  ])("%s", (_name, value, outcome) => {
    enterProtected(cpu, 3);
    setGate(cpu, 0x20, value);
    const [rsp, cs] = [cpu.register(4), cpu.segment(S.CS).selector];
    expect(cpu.try("softwareInterrupt", 0x20)).toBe(outcome);
    if (outcome !== "ok") expect([cpu.register(4), cpu.segment(S.CS).selector]).toEqual([rsp, cs]);
  });

  test.each([
    ["a null stack", 0, "#10(0x0)"],
    ["a stack of level 3", DATA3 | 3, "#10(0x20)"],
    ["a read-only stack", READ_ONLY0, "#10(0x48)"],
    ["a stack beyond the table", 0x300, "#10(0x300)"],
    ["an absent stack", 0x50, "#12(0x50)"],
  ])("from level 3 with %s in the TSS", (_name, selector, outcome) => {
    enterProtected(cpu, 3);
    setGate(cpu, 0x20, gate(CODE0, 0n, 0xee));
    cpu.poke(TSS + 8, 4, selector);
    expect(cpu.try("softwareInterrupt", 0x20)).toBe(outcome);
  });

  test("a TSS that is too short is #TS with its selector", () => {
    enterProtected(cpu, 3);
    setGate(cpu, 0x20, gate(CODE0, 0n, 0xee));
    cpu.setSegment(S.TR, 0x30, 0x8b, 8, BigInt(TSS));
    expect(cpu.try("softwareInterrupt", 0x20)).toBe("#10(0x30)");
  });
});

describe("escalation", () => {
  beforeEach(() => enterProtected(cpu));

  test("a fault while an exception without severity is delivered is delivered itself, marked external", () => {
    setGate(cpu, 13, gate(CODE0, 0x700n, INTERRUPT));
    expect(fault(6)).toBe("ok");
    expect(cpu.wide(S.S_RIP)).toBe(0x700n);
    expect(stack(cpu, 4, 1)).toEqual([BigInt(6 * 8 + 3)]);
  });

  test.each([
    [13, 13],
    [0, 13],
    [14, 13],
    [10, 11],
  ])("exception %i whose gate faults becomes a double fault", (vector) => {
    setGate(cpu, 8, gate(CODE0, 0x800n, INTERRUPT));
    expect(fault(vector, 0)).toBe("ok");
    expect(cpu.wide(S.S_RIP)).toBe(0x800n);
    expect(stack(cpu, 4, 2)).toEqual([0n, 0x500n]);
  });

  test("a page fault while #GP is delivered is delivered as such", () => {
    setGate(cpu, 14, gate(CODE0, 0x900n, INTERRUPT));
    setGate(cpu, 13, gate(CODE0, 0x700n, INTERRUPT));
    // Only the first 4 MiB are mapped, but for the page of the interrupt table that holds gate 13.
    cpu.setWide(S.S_IDT_BASE, 0x400000n - 104n);
    cpu.poke(0x10000, 4, 0x87);
    cpu.setWide(S.S_CR3, 0x10000n);
    cpu.setWide(S.S_CR4, 0x10n);
    cpu.setWide(S.S_CR0, 0x80000001n);
    cpu.sync();
    // Gate 14 is unreachable too: #PF within #PF is a double fault, whose gate is the one below the edge.
    cpu.poke(0x400000 - 104 + 64, 8, gate(CODE0, 0x800n, INTERRUPT));
    expect(fault(13, 0)).toBe("ok");
    expect(cpu.wide(S.S_RIP)).toBe(0x800n);
    expect(cpu.wide(S.S_CR2)).toBe(0x400000n - 104n + 112n);
  });

  test("a triple fault shuts down, or exits under a hypervisor", () => {
    expect(fault(13, 0)).toBe("ok");
    expect(cpu.word(S.S_ACTIVITY)).toBe(S.ACTIVITY_SHUTDOWN);
    expect(cpu.wide(S.S_RIP)).toBe(0x500n);
    const guest = Number(cpu.x.createGuest!());
    cpu.view.setUint32(guest + S.G_EXCEPTIONS, 0, true);
    cpu.x.mapGuest!(guest, 0n, 0n, 0x1000000n, 7);
    cpu.setWord(S.S_GUEST, guest);
    cpu.setWord(S.S_ACTIVITY, S.ACTIVITY_RUNNING);
    cpu.sync();
    expect(fault(13, 0)).toBe("exit 12 0x0 0x0");
  });

  test("an intercepted exception exits undelivered, the double fault too", () => {
    const guest = Number(cpu.x.createGuest!());
    cpu.x.mapGuest!(guest, 0n, 0n, 0x1000000n, 7);
    cpu.view.setUint32(guest + S.G_EXCEPTIONS, (1 << 17) | (1 << 8), true);
    cpu.setWord(S.S_GUEST, guest);
    cpu.sync();
    expect(fault(17, 0)).toBe("exit 11 0x11 0x0");
    expect(fault(13, 4)).toBe("exit 11 0x8 0x0");
    expect(cpu.register(4)).toBe(0x9000n);
  });
});

describe("long mode", () => {
  const handler = 0x1234_5678_9abcn;

  function setLongGate(vector: number, selector: number, attributes: number, ist = 0): void {
    setGate(cpu, vector, gate(selector, handler, attributes, ist), true);
    cpu.poke(IDT + vector * 16 + 8, 8, handler >> 32n);
  }

  test("at the same level the stack is aligned and SS and RSP are pushed", () => {
    enterLong(cpu);
    cpu.setRegister(4, 0x9009n);
    setLongGate(14, CODE64, INTERRUPT);
    expect(fault(14, 2)).toBe("ok");
    expect(cpu.wide(S.S_RIP)).toBe(handler);
    expect(cpu.register(4)).toBe(0x9000n - 48n);
    const expected = [2n, 0x500n, BigInt(CODE64), 2n | RF, 0x9009n, BigInt(DATA0)];
    expect(stack(cpu, 8, 6)).toEqual(expected);
    expect(cpu.segment(S.SS).selector).toBe(DATA0);
    cpu.setRegister(4, cpu.register(4) + 8n);
    expect(cpu.try("interruptReturn", 8)).toBe("ok");
    expect([cpu.next, cpu.register(4)]).toEqual([0x500n, 0x9009n]);
  });

  test("from level 3 SS becomes null and RSP0 is used; IRET restores both", () => {
    enterLong(cpu, 3);
    setLongGate(0x80, CODE64, 0xee);
    expect(cpu.try("softwareInterrupt", 0x80)).toBe("ok");
    expect(cpu.segment(S.SS)).toMatchObject({ selector: 0, attributes: 0 });
    expect([cpu.word(S.S_CPL), cpu.register(4)]).toEqual([0, 0x7000n - 40n]);
    expect(cpu.try("interruptReturn", 8)).toBe("ok");
    expect([cpu.word(S.S_CPL), cpu.next, cpu.register(4)]).toEqual([3, 0x502n, 0x9000n]);
    expect(cpu.segment(S.SS).selector).toBe(DATA3 | 3);
    expect(cpu.segment(S.CS).selector).toBe(CODE64_3 | 3);
  });

  test("an interrupt stack table entry is used at every level", () => {
    enterLong(cpu);
    cpu.poke(TSS + 0x24 + 8, 8, 0x6008n);
    setLongGate(2, CODE64, INTERRUPT, 2);
    cpu.setWord(S.S_PENDING, S.PENDING_NMI);
    expect(cpu.x.deliverPending!(cpu.s)).toBe(1);
    expect(cpu.outcome()).toBe("ok");
    expect(cpu.register(4)).toBe(0x6000n - 40n);
    expect(cpu.segment(S.SS).selector).toBe(DATA0);
  });

  test("a handler in 32-bit code is refused", () => {
    enterLong(cpu, 3);
    setLongGate(0x80, CODE0, 0xee);
    expect(cpu.try("softwareInterrupt", 0x80)).toBe("#13(0x8)");
  });

  test("IRET to 32-bit code needs a stack segment, and keeps 32 bits", () => {
    enterLong(cpu);
    const frame = (stackSelector: number): string => {
      const values = [0x600n, BigInt(CODE3 | 3), 0x202n, 0x1_0000_8800n, BigInt(stackSelector)];
      values.forEach((value, i) => {
        cpu.poke(0x9000 + i * 8, 8, value);
      });
      return cpu.try("interruptReturn", 8);
    };
    expect(frame(3)).toBe("#13(0x0)");
    expect(frame(DATA3 | 3)).toBe("ok");
    expect([cpu.next, cpu.register(4), cpu.word(S.S_CPL)]).toEqual([0x600n, 0x8800n, 3]);
  });

  test("IRET to a non-canonical address or with NT set is #GP(0)", () => {
    enterLong(cpu);
    const values = [1n << 47n, BigInt(CODE64), 0x202n, 0x8800n, BigInt(DATA0)];
    values.forEach((value, i) => {
      cpu.poke(0x9000 + i * 8, 8, value);
    });
    expect(cpu.try("interruptReturn", 8)).toBe("#13(0x0)");
    cpu.poke(0x9000, 8, 0x600n);
    cpu.setWide(S.S_FLAGS, 0x4002n);
    expect(cpu.try("interruptReturn", 8)).toBe("#13(0x0)");
    cpu.setWide(S.S_FLAGS, 2n);
    expect(cpu.try("interruptReturn", 8)).toBe("ok");
  });
});

describe("interrupts from outside", () => {
  beforeEach(() => {
    enterProtected(cpu);
    setGate(cpu, 0x30, gate(CODE0, 0x700n, INTERRUPT));
    setGate(cpu, 2, gate(CODE0, 0x800n, INTERRUPT));
    cpu.answer = ({ kind }) => ({
      result: S.BUS_HANDLED,
      ...(kind === S.BUS_ACKNOWLEDGE ? { value: 0x30n } : {}),
    });
  });

  test("one waits for IF and for the end of the shadow", () => {
    cpu.setWord(S.S_PENDING, S.PENDING_INTERRUPT);
    expect(cpu.x.deliverPending!(cpu.s)).toBe(0);
    expect(cpu.try("sti")).toBe("ok");
    expect(cpu.x.deliverPending!(cpu.s)).toBe(0);
    cpu.setWord(S.S_SHADOW, 0);
    expect(cpu.x.deliverPending!(cpu.s)).toBe(1);
    expect(cpu.wide(S.S_RIP)).toBe(0x700n);
    expect(stack(cpu, 4, 3)).toEqual([0x500n, BigInt(CODE0), 2n | IF]);
    expect(cpu.accesses).toHaveLength(1);
  });

  test("one wakes a halted CPU, but not one that waits for a start-up IPI", () => {
    cpu.setWide(S.S_FLAGS, 0x202n);
    cpu.setWord(S.S_PENDING, S.PENDING_INTERRUPT);
    cpu.setWord(S.S_ACTIVITY, S.ACTIVITY_WAIT_FOR_SIPI);
    expect(cpu.x.deliverPending!(cpu.s)).toBe(0);
    expect(cpu.try("hlt")).toBe("ok");
    expect(cpu.word(S.S_ACTIVITY)).toBe(S.ACTIVITY_HALTED);
    expect(cpu.x.deliverPending!(cpu.s)).toBe(1);
    expect(cpu.word(S.S_ACTIVITY)).toBe(S.ACTIVITY_RUNNING);
  });

  test("an NMI blocks the next until IRET", () => {
    cpu.setWord(S.S_PENDING, S.PENDING_NMI);
    expect(cpu.x.deliverPending!(cpu.s)).toBe(1);
    expect(cpu.wide(S.S_RIP)).toBe(0x800n);
    expect(cpu.word(S.S_PENDING)).toBe(0);
    cpu.setWord(S.S_PENDING, S.PENDING_NMI);
    expect(cpu.x.deliverPending!(cpu.s)).toBe(0);
    expect(cpu.try("interruptReturn", 4)).toBe("ok");
    expect(cpu.x.deliverPending!(cpu.s)).toBe(1);
  });

  test("one whose stack the cell's map does not grant is kept and delivered later", () => {
    const guest = Number(cpu.x.createGuest!());
    cpu.view.setUint32(guest + S.G_EXCEPTIONS, 0, true);
    cpu.x.mapGuest!(guest, 0n, 0n, 0x5000n, 7);
    cpu.setWord(S.S_GUEST, guest);
    cpu.setWide(S.S_FLAGS, 0x202n);
    cpu.sync();
    cpu.setWord(S.S_PENDING, S.PENDING_INTERRUPT);
    expect(cpu.x.deliverPending!(cpu.s)).toBe(1);
    expect(cpu.outcome()).toBe("exit 3 0x8ffc 0x1");
    cpu.setWord(S.S_PENDING, 0);
    cpu.x.mapGuest!(guest, 0x8000n, 0x8000n, 0x1000n, 7);
    expect(cpu.x.deliverPending!(cpu.s)).toBe(1);
    expect(cpu.outcome()).toBe("ok");
    expect(cpu.wide(S.S_RIP)).toBe(0x700n);
    expect(cpu.accesses).toHaveLength(1);
    expect(cpu.x.deliverPending!(cpu.s)).toBe(0);
  });

  test("an exception raised from outside is delivered at once, a failure at the next run", () => {
    setGate(cpu, 13, gate(CODE0, 0x900n, INTERRUPT));
    cpu.x.raise!(0, 13, 0);
    expect(cpu.wide(S.S_RIP)).toBe(0x900n);
    expect(stack(cpu, 4, 2)).toEqual([0n, 0x500n]);
    const guest = Number(cpu.x.createGuest!());
    cpu.view.setUint32(guest + S.G_EXCEPTIONS, 0, true);
    cpu.setWord(S.S_GUEST, guest);
    cpu.sync();
    cpu.x.raise!(0, 13, 0);
    expect(cpu.outcome()).toBe("ok");
    expect(cpu.x.deliverPending!(cpu.s)).toBe(1);
    expect(cpu.outcome()).toMatch(/^exit 3 0x2068 0x0$/);
  });
});

describe("virtual-8086 mode", () => {
  beforeEach(() => {
    enterProtected(cpu);
    const flags = R.FLAG_VM | R.FLAG_IOPL | R.FLAG_IF | 2;
    const frame = [0x100, 0x2000, flags, 0x80, 0x3000, 0x111, 0x222, 0x333, 0x444];
    frame.forEach((value, i) => {
      cpu.poke(0x9000 + i * 4, 4, value);
    });
    expect(cpu.try("interruptReturn", 4)).toBe("ok");
    cpu.setWide(S.S_RIP, cpu.next);
  });

  test("IRET enters it with all segments as paragraphs", () => {
    expect([cpu.word(S.S_CPL), cpu.next, cpu.register(4)]).toEqual([3, 0x100n, 0x80n]);
    expect(cpu.segment(S.CS)).toEqual({
      selector: 0x2000,
      attributes: 0xf3,
      limit: 0xffff,
      base: 0x20000n,
    });
    expect([S.SS, S.ES, S.DS, S.FS, S.GS].map((segment) => cpu.segment(segment).base)).toEqual([
      0x30000n,
      0x1110n,
      0x2220n,
      0x3330n,
      0x4440n,
    ]);
  });

  test("an exception leaves it with nine values and empty data segments", () => {
    setGate(cpu, 13, gate(CODE0, 0x700n, INTERRUPT));
    expect(fault(13, 0)).toBe("ok");
    expect(cpu.register(4)).toBe(0x7000n - 40n);
    const flags = BigInt(R.FLAG_VM | R.FLAG_IOPL | R.FLAG_IF | R.FLAG_RF | 2);
    expect(stack(cpu, 4, 10)).toEqual([
      0n,
      0x100n,
      0x2000n,
      flags,
      0x80n,
      0x3000n,
      0x111n,
      0x222n,
      0x333n,
      0x444n,
    ]);
    expect(cpu.wide(S.S_FLAGS)).toBe(0x3002n);
    expect(cpu.segment(S.DS)).toMatchObject({ selector: 0, attributes: 0 });
    cpu.setRegister(4, cpu.register(4) + 4n);
    expect(cpu.try("interruptReturn", 4)).toBe("ok");
    expect(cpu.segment(S.GS).base).toBe(0x4440n);
  });

  test("a handler that is not at level 0 is refused", () => {
    setGate(cpu, 0x20, gate(CODE3, 0x700n, 0xee));
    expect(cpu.try("softwareInterrupt", 0x20)).toBe("#13(0x18)");
  });

  test("below IOPL 3 the flag instructions and IRET are #GP(0)", () => {
    cpu.setWide(S.S_FLAGS, BigInt(R.FLAG_VM | 2));
    for (const name of ["cli", "sti", "pushedFlags"]) expect(cpu.try(name)).toBe("#13(0x0)");
    expect(cpu.try("popFlags", 0n, 2)).toBe("#13(0x0)");
    expect(cpu.try("interruptReturn", 2)).toBe("#13(0x0)");
  });
});

test("a gate to code that is both 64- and 32-bit is refused", () => {
  enterLong(cpu, 3);
  setDescriptor(cpu, 0x68, descriptor(0, 0xffffffff, 0xe9b));
  setGate(cpu, 0x80, gate(0x68, 0n, 0xee), true);
  expect(cpu.try("softwareInterrupt", 0x80)).toBe("#13(0x68)");
});
