// Breakpoints of the debug registers after the manuals, where QEMU differs (images/debug.asm lists what) and where it does not.
import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import {
  ACCESS,
  AWAY,
  CODE,
  CR4_DE,
  DATA,
  describeEvent,
  dr7Of,
  EAX,
  ECX,
  EDI,
  EDX,
  ESP,
  EXECUTE,
  events,
  FLAG_IF,
  FLAG_RF,
  FLAG_TF,
  GDT,
  HLT,
  IDT,
  IO,
  little,
  load,
  MOV_SS_DX,
  machine,
  NOP,
  run,
  type Setting,
  STACK,
  store,
  VECTOR_DB,
  WRITE,
  withData,
} from "./debugged.ts";
import { Guest, PHYSICAL } from "./guest.ts";

describe("breakpoints of code (SDM, volume 3, 17.3.1.1)", () => {
  const at = (offset: number): Setting => ({
    breakpoints: [{ kind: EXECUTE, at: CODE + offset }],
    resume: FLAG_RF,
  });

  it("are faults, before the instruction, with RF as it was; RF passes them once", () => {
    expect(events([NOP, NOP, NOP], at(1))).toEqual(["#DB B0 at 1"]);
    expect(run([0x40, 0x40, 0x40], at(1)).guest.gpr(EAX)).toBe(3n);
    expect(events([NOP, NOP], { ...at(1), resume: 0n })).toHaveLength(30);
  });

  it("are met each time, in loops, and by jumps from other pages", () => {
    // mov ecx, 3; dec ecx; jnz
    expect(events([0xb9, 3, 0, 0, 0, 0x49, 0x75, 0xfd], at(5))).toEqual(
      Array(3).fill("#DB B0 at 5"),
    );
    const jump = [0xe9, ...little(AWAY - CODE - 5), NOP];
    const prepare = (guest: Guest) => guest.write(AWAY, [0xe9, ...little(CODE + 5 - AWAY - 5)]);
    for (const ticks of [1n, 2n, 1000n])
      expect(events(jump, { ...at(5), prepare, ticks })).toEqual(["#DB B0 at 5"]);
  });

  it("come before the faults of the instruction, whose image has RF", () => {
    expect(events([NOP, 0x0f, 0x0b], at(1))).toEqual(["#DB B0 at 1", "#6 at 1, RF"]);
    expect(events([NOP, 0x0f, 0x0b])).toEqual(["#6 at 1, RF"]);
  });

  it("are passed by a whole repeated string instruction, in the middle of which images have RF", () => {
    const prepare = (guest: Guest) => {
      withData(guest);
      guest.setGpr(ECX, 5n);
    };
    for (const ticks of [1n, 2n, 1000n])
      expect(events([NOP, 0xf3, 0xaa, NOP], { ...at(1), prepare, ticks })).toEqual(["#DB B0 at 1"]);
    const interrupted = machine([0xf3, 0xaa], { flags: FLAG_IF, prepare });
    interrupted.onBus = () => {
      interrupted.set(S.S_BUS_VALUE, 0x20n);
      interrupted.set32(S.S_PENDING, 0);
      return S.BUS_HANDLED;
    };
    expect(interrupted.run(BigInt(CODE), 2n)).toBe(S.EXIT_DEADLINE);
    interrupted.set32(S.S_PENDING, S.PENDING_INTERRUPT);
    expect(interrupted.run(undefined)).toBe(S.EXIT_HALTED);
    expect(describeEvent(interrupted, 0x20, Number(interrupted.gpr(ESP)))).toBe("#32 at 0, RF");
    expect(interrupted.gpr(ECX)).toBe(3n);
  });

  it("are not met behind a load of SS, and are behind STI", () => {
    const setting = { ...at(3), prepare: withData };
    expect(events([NOP, ...MOV_SS_DX, NOP, NOP], setting)).toEqual([]);
    expect(events([NOP, NOP, 0xfb, NOP], setting)).toEqual(["#DB B0 at 3"]);
  });

  it("are not met where an instruction that RF or a load of SS exempts starts again after an exit", () => {
    const UNMAPPED = 0x20000;
    for (const code of [[...MOV_SS_DX, ...store(UNMAPPED)], store(UNMAPPED)]) {
      const at = CODE + code.length - 5;
      const guest = machine(code, { breakpoints: [{ kind: EXECUTE, at }], prepare: withData });
      if (at === CODE) guest.set(S.S_FLAGS, 2n | FLAG_RF);
      const block = Number(guest.exports.createGuest!());
      guest.exports.mapGuest!(block, 0n, 0n, BigInt(UNMAPPED), 7);
      guest.set32(S.S_GUEST, block);
      guest.exports.sync!(0);
      expect(guest.run(BigInt(CODE))).toBe(S.EXIT_MEMORY);
      expect(guest.get(S.S_RIP)).toBe(BigInt(at));
      guest.exports.mapGuest!(block, BigInt(UNMAPPED), BigInt(UNMAPPED), 0x1000n, 7);
      guest.exports.flush!(0);
      expect(guest.run(undefined)).toBe(S.EXIT_HALTED);
      expect(guest.get(S.S_RIP)).toBe(BigInt(CODE + code.length + 1));
    }
  });

  it("are found at linear addresses: with CS's base, and not in another page at the same place", () => {
    const prepare = (guest: Guest) => {
      guest.set(S.S_SEGMENT + S.CS * S.SEGMENT_SIZE + S.SEG_BASE, 0x100n);
      guest.write(CODE + 0x100, [NOP, NOP, NOP, HLT]);
      guest.exports.sync!(0);
    };
    expect(events([NOP, NOP, NOP], { ...at(0x101), prepare })).toEqual(["#DB B0 at 1"]);
    expect(events([NOP, NOP, NOP], { ...at(0x101) })).toEqual([]);
  });

  it("are set and taken away by MOV, for code that was executed before", () => {
    // mov ecx, 2; L: nop; mov dr7, eax; loop L; with EAX enabling DR0 at the NOP
    const code = [0xb9, 2, 0, 0, 0, NOP, 0x0f, 0x23, 0xf8, 0xe2, 0xfa];
    const prepare = (guest: Guest) => guest.setGpr(EAX, 0x402n);
    expect(events(code, { ...at(5), dr7: 0x400n, prepare })).toEqual(["#DB B0 at 5"]);
    const none = (guest: Guest) => guest.setGpr(EAX, 0x400n);
    expect(events(code, { ...at(5), prepare: none })).toEqual(["#DB B0 at 5"]);
  });
});

describe("breakpoints of data (SDM, volume 3, 17.3.1.2)", () => {
  it("see every byte of an access and no other, at all lengths", () => {
    for (const kind of [WRITE, ACCESS])
      for (const length of [1, 2, 4, 8])
        for (let distance = -8; distance < 12; distance++)
          for (const isWrite of [true, false]) {
            const code = isWrite ? store(DATA + distance) : load(DATA + distance);
            // An address that is not aligned to the length is cut.
            const breakpoints = [{ kind, at: DATA + length - 1, length }];
            const touches = distance < length && distance + 4 > 0;
            const wanted = touches && (isWrite || kind === ACCESS) ? ["#DB B0 at 5"] : [];
            expect(events(code, { breakpoints }), `${kind} ${length} ${distance}`).toEqual(wanted);
          }
  });

  it("name all that match, and the single step", () => {
    const breakpoints = [
      { kind: WRITE, at: DATA, length: 4 },
      { kind: WRITE, at: DATA + 8, length: 4 },
      { kind: ACCESS, at: DATA + 2 },
    ];
    expect(events(store(DATA), { breakpoints })).toEqual(["#DB B0 B2 at 5"]);
    expect(events([...store(DATA), NOP], { breakpoints, flags: FLAG_TF })).toEqual([
      ...["#DB B0 B2 BS at 5", "#DB BS at 6", "#DB BS at 7"],
    ]);
  });

  it("keep what software has left of DR6, but for the breakpoints", () => {
    const breakpoints = [{ kind: WRITE, at: DATA }];
    const prepare = (guest: Guest) => guest.set(S.S_DR + 6 * 8, 0xffff8ff6n);
    expect(events(store(DATA), { breakpoints, prepare })).toEqual(["#DB B0 BT at 5"]);
  });

  it("see accesses across pages, of vectors, of the stack and of tables", () => {
    const watch = (at: number, length = 1) => [{ kind: ACCESS, at, length }];
    expect(events(store(DATA + 0xffe), { breakpoints: watch(DATA + 0x1001) })).toEqual([
      "#DB B0 at 5",
    ]);
    const sse = (guest: Guest) => guest.exports.sync!(0);
    const movups = [0x0f, 0x11, 0x05, ...little(DATA)];
    const setting = { cr4: 0x200n, prepare: sse };
    expect(events(movups, { ...setting, breakpoints: watch(DATA + 15) })).toEqual(["#DB B0 at 7"]);
    expect(events(movups, { ...setting, breakpoints: watch(DATA + 16) })).toEqual([]);
    expect(events([0x50], { breakpoints: watch(STACK - 4) })).toEqual(["#DB B0 at 1"]);
    expect(events([0x50, 0x58], { breakpoints: watch(STACK - 1) })[0]).toBe("#DB B0 at 1");
    for (let place = 0; place < 8; place++) {
      const setting = { breakpoints: watch(STACK + place * 4, 4), prepare: withData };
      // POPAD: the fourth is that of ESP. The frame of #DB is in the last three places.
      if (place < 5) expect(events([0x61], setting)).toEqual(place === 3 ? [] : ["#DB B0 at 1"]);
    }
    // mov es, dx: the descriptor is read
    expect(events([0x8e, 0xc2], { breakpoints: watch(GDT + 16, 8), prepare: withData })).toEqual([
      "#DB B0 at 2",
    ]);
  });

  it("are reported at the handler where the frame of an event is what they watch", () => {
    const breakpoints = [{ kind: WRITE, at: STACK - 4, length: 4 }];
    expect(events([0xcd, 0x20], { breakpoints })).toEqual([
      ...["#DB B0 at handler 32", "#32 at 2"],
    ]);
  });

  it("come before the next event where the frame of one is what they watch", () => {
    const guest = machine([NOP], {
      flags: FLAG_IF,
      breakpoints: [{ kind: WRITE, at: STACK - 4, length: 4 }],
    });
    // NMI by a trap gate, which leaves IF.
    guest.write(IDT + 2 * 8 + 5, [0x8f]);
    guest.set32(S.S_PENDING, S.PENDING_NMI | S.PENDING_INTERRUPT);
    guest.onBus = () => {
      guest.set(S.S_BUS_VALUE, 0x20n);
      guest.set32(S.S_PENDING, 0);
      return S.BUS_HANDLED;
    };
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    expect(describeEvent(guest, VECTOR_DB, Number(guest.gpr(ESP)))).toBe("#DB B0 at handler 2");
  });

  it("are not reported of an instruction that has a fault", () => {
    // movsb from DATA to where no segment reaches
    const prepare = (guest: Guest) => {
      withData(guest);
      guest.setGpr(EDI, 0xffffffn);
      guest.segment(S.ES, 0xc93, 16, 0xffff);
      guest.exports.sync!(0);
    };
    const breakpoints = [{ kind: ACCESS, at: DATA }];
    expect(events([0xa4], { breakpoints, prepare })).toEqual(["#13 at 0, RF"]);
  });

  it("trap after each iteration of a string instruction, with RF in all images but the last", () => {
    const prepare = (guest: Guest) => {
      withData(guest);
      guest.setGpr(ECX, 5n);
      guest.setGpr(EDI, BigInt(DATA - 2));
    };
    const breakpoints = [{ kind: WRITE, at: DATA, length: 4 }];
    for (const ticks of [1n, 1000n])
      expect(events([0xf3, 0xaa], { breakpoints, prepare, ticks })).toEqual([
        ...["#DB B0 at 0, RF", "#DB B0 at 0, RF", "#DB B0 at 2"],
      ]);
  });

  it("have 8 bytes in 64-bit mode, whose addresses they have", () => {
    const LINEAR = 0x200000;
    for (const [distance, wanted] of [
      [-8, 0n],
      [-7, 1n],
      [7, 1n],
      [8, 0n],
    ] as const) {
      const guest = new Guest().long(LINEAR);
      const block = Number(guest.exports.createGuest!());
      guest.exports.mapGuest!(block, 0n, 0n, 0x1000000n, 7);
      guest.view.setUint32(block + S.G_EXCEPTIONS, 0xffffffff, true);
      guest.set32(S.S_GUEST, block);
      guest.write(PHYSICAL, [0x48, 0x89, 0x04, 0x25, ...little(LINEAR + 0x100 + distance), HLT]);
      guest.set(S.S_DR, BigInt(LINEAR + 0x100));
      guest.set(S.S_DR + 7 * 8, dr7Of([{ kind: WRITE, at: 0, length: 8 }]));
      guest.exports.sync!(0);
      guest.run(BigInt(LINEAR));
      expect(guest.get(S.S_DR + 6 * 8) & 15n, `${distance}`).toBe(wanted);
    }
  });
});

describe("breakpoints of ports", () => {
  const breakpoints = [{ kind: IO, at: 0x81, length: 2 }];

  it("are traps, of any width that touches them, and need CR4.DE", () => {
    const setting = { breakpoints, cr4: CR4_DE };
    expect(events([0xe6, 0x7f, 0xe6, 0x80, 0xe6, 0x81, 0xe6, 0x82], setting)).toEqual([
      ...["#DB B0 at 4", "#DB B0 at 6"],
    ]);
    expect(events([0xe5, 0x7c, 0xe5, 0x7e, 0xe4, 0x80], setting)).toEqual([
      ...["#DB B0 at 4", "#DB B0 at 6"],
    ]);
    expect(events([0xe6, 0x80], { breakpoints })).toEqual([]);
    expect(events(store(0x80), setting)).toEqual([]);
  });

  it("trap after each iteration", () => {
    const prepare = (guest: Guest) => {
      withData(guest);
      guest.setGpr(EDX, 0x80n);
      guest.setGpr(ECX, 2n);
    };
    expect(events([0xf3, 0x6e], { breakpoints, cr4: CR4_DE, prepare })).toEqual([
      ...["#DB B0 at 0, RF", "#DB B0 at 2"],
    ]);
  });
});
