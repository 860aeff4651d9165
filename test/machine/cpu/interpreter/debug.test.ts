// Debug exceptions after the manuals, where QEMU differs (images/debug.asm lists what) and where it does not: what a load of SS puts
// off, single steps, HLT, INT1, general detect, tasks.
import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import {
  ACCESS,
  CODE,
  DATA,
  DR7_GD,
  describeEvent,
  EAX,
  ECX,
  ESP,
  events,
  FLAG_IF,
  FLAG_TF,
  HANDLERS,
  HLT,
  little,
  MOV_SS_DX,
  machine,
  NOP,
  run,
  STACK,
  store,
  TSS,
  VECTOR_DB,
  withData,
  word,
} from "./debugged.ts";
import type { Guest } from "./guest.ts";

/** Puts a guest under a hypervisor that intercepts #DB alone. */
function interceptDebug(guest: Guest): void {
  const block = Number(guest.exports.createGuest!());
  guest.exports.mapGuest!(block, 0n, 0n, 0x1000000n, 7);
  guest.view.setUint32(block + S.G_EXCEPTIONS, 1 << VECTOR_DB, true);
  guest.set32(S.S_GUEST, block);
  guest.exports.sync!(0);
}

describe("a load of SS (SDM, volume 3, 6.8.3)", () => {
  const watched = [{ kind: ACCESS, at: DATA, length: 2 as const }];
  const prepare = (guest: Guest) => {
    withData(guest);
    guest.write(DATA, [16, 0]);
    guest.write(DATA + 8, [...little(STACK), 16, 0]);
    guest.write(STACK, [16, 0, 0, 0]);
  };
  /** LSS ESP, [ESI + 8]. */
  const LSS = [0x0f, 0xb2, 0x66, 8];
  /** MOV SS, [ESI]. */
  const LOAD = [0x8e, 0x16];

  it("has no single step after it, and LSS and STI have", () => {
    const flags = FLAG_TF;
    const steps = (...code: number[]) => events([...code, NOP], { flags, prepare });
    expect(steps(...MOV_SS_DX, NOP)).toEqual(["#DB BS at 3", "#DB BS at 4", "#DB BS at 5"]);
    expect(steps(0x52, 0x17, NOP)).toEqual([1, 3, 4, 5].map((at) => `#DB BS at ${at}`));
    expect(steps(...LSS)[0]).toBe("#DB BS at 4");
    expect(steps(0xfb, NOP)[0]).toBe("#DB BS at 1");
  });

  it("the first of several alone", () => {
    expect(events([...MOV_SS_DX, ...MOV_SS_DX, NOP], { flags: FLAG_TF, prepare })[0]).toBe(
      "#DB BS at 4",
    );
  });

  it("puts a data breakpoint of its own off by one instruction", () => {
    const setting = { breakpoints: watched, prepare };
    for (const ticks of [1n, 1000n])
      expect(events([...LOAD, NOP, NOP], { ...setting, ticks })).toEqual(["#DB B0 at 3"]);
    expect(events([...LOAD, NOP, NOP], { ...setting, flags: FLAG_TF })[0]).toBe("#DB B0 BS at 3");
    expect(events([...LOAD, ...store(DATA + 1)], setting)).toEqual(["#DB B0 at 7"]);
  });

  it("puts it off to the handler of an interrupt or a fault that comes first", () => {
    const setting = { breakpoints: watched, prepare };
    const handlers: [number[], number, string][] = [
      [[0xcd, 0x20], 32, "#32 at 4"],
      [[0xcc], 3, "#3 at 3"],
      [[0x0f, 0x0b], 6, "#6 at 2, RF"],
    ];
    for (const [code, vector, event] of handlers)
      expect(events([...LOAD, ...code], setting)).toEqual([`#DB B0 at handler ${vector}`, event]);
  });

  it("and STI that sets IF: interrupts and NMIs wait for one instruction, as after each way to load SS but LSS", () => {
    for (const pending of [S.PENDING_INTERRUPT, S.PENDING_NMI])
      for (const [code, isOn, waits] of [
        [MOV_SS_DX, true, true],
        [[0x17, NOP], true, true],
        [LSS, true, false],
        [[0xfb, NOP], false, true],
      ] as const) {
        const guest = machine([...code, 0x40, 0x40], {
          flags: isOn ? FLAG_IF : 0n,
          prepare,
        });
        guest.onBus = () => {
          guest.set(S.S_BUS_VALUE, 0x20n);
          guest.set32(S.S_PENDING, 0);
          return S.BUS_HANDLED;
        };
        // The first instruction alone; then the event is there.
        guest.run(BigInt(CODE), 1n);
        guest.set32(S.S_PENDING, pending);
        const before = guest.get(S.S_RIP);
        expect(guest.run(undefined)).toBe(S.EXIT_HALTED);
        const returns = BigInt(word(guest, Number(guest.gpr(ESP))));
        expect(returns - before, `${code}, ${pending}`).toBe(waits ? 1n : 0n);
      }
  });
});

describe("single steps", () => {
  const flags = FLAG_TF;

  it("do not stay in HLT: the trap comes once it is complete, and the program goes on", () => {
    const { events: found, guest } = run([HLT, 0x40], { flags });
    expect(found).toEqual(["#DB BS at 1", "#DB BS at 2", "#DB BS at 3"]);
    expect(guest.gpr(EAX)).toBe(1n);
  });

  it("have ended HLT where they are intercepted", () => {
    const guest = machine([HLT, 0x40], { flags });
    interceptDebug(guest);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_EXCEPTION);
    expect([guest.get32(S.S_ACTIVITY), guest.get(S.S_RIP)]).toEqual([
      S.ACTIVITY_RUNNING,
      BigInt(CODE + 1),
    ]);
  });

  it("end HLT for a data breakpoint that a load of SS has put off, too", () => {
    const breakpoints = [{ kind: ACCESS, at: DATA }];
    const prepare = (guest: Guest) => {
      withData(guest);
      guest.view.setUint16(guest.ram + DATA, 16, true);
    };
    expect(events([0x8e, 0x16, HLT], { breakpoints, prepare })).toEqual(["#DB B0 at 3"]);
  });

  it("do not trap on the way to the handler of INT n, INT3 and INTO", () => {
    const into = { flags: flags | 0x800n };
    expect(events([0xcd, 0x20], { flags })).toEqual(["#32 at 2"]);
    expect(events([0xcc], { flags })).toEqual(["#3 at 1"]);
    expect(events([0xce], into)).toEqual(["#4 at 1"]);
    expect(events([0xce], { flags })[0]).toBe("#DB BS at 1");
  });

  it("trap after each iteration of a string instruction", () => {
    const prepare = (guest: Guest) => {
      withData(guest);
      guest.setGpr(ECX, 2n);
    };
    expect(events([0xf3, 0xaa], { flags, prepare })).toEqual([
      ...["#DB BS at 0, RF", "#DB BS at 2", "#DB BS at 3"],
    ]);
  });
});

describe("INT1", () => {
  it("is #DB behind it, of which DR6 says nothing, at level 3 with a gate of level 0 too", () => {
    expect(events([0xf1, NOP])).toEqual(["#DB at 1"]);
    expect(events([0x66, 0xf1, NOP], { flags: FLAG_TF })[0]).toBe("#DB at 2");
    const toUser = (guest: Guest) => {
      guest.segment(S.CS, 0xcfb, 0x1b);
      guest.segment(S.SS, 0xcf3, 0x23);
      guest.segment(S.TR, 0x8b, 0x18, 0x67);
      guest.set(S.S_SEGMENT + S.TR * S.SEGMENT_SIZE + S.SEG_BASE, BigInt(TSS));
      guest.write(TSS + 4, [...little(STACK), 16, 0]);
      guest.set32(S.S_CPL, 3);
      guest.exports.sync!(0);
    };
    const level = machine([0xf1], { prepare: toUser });
    expect(level.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    expect(level.get(S.S_RIP)).toBe(BigInt(HANDLERS + VECTOR_DB + 1));
    const denied = machine([0xcd, 1], { prepare: toUser });
    expect(denied.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    expect(denied.get(S.S_RIP)).toBe(BigInt(HANDLERS + 13 + 1));
  });

  it("exits behind itself where #DB is intercepted, so that it can be given back", () => {
    const guest = machine([0xf1, NOP], {});
    interceptDebug(guest);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_EXCEPTION);
    expect(guest.get(S.S_RIP)).toBe(BigInt(CODE + 1));
    guest.exports.raise!(0, VECTOR_DB, -1);
    expect(describeEvent(guest, VECTOR_DB, Number(guest.gpr(ESP)))).toBe("#DB at 1");
  });
});

describe("debug registers", () => {
  it("under general detect: #DB before MOV, with RF in its image; it ends with any #DB", () => {
    const mov = [NOP, 0x0f, 0x21, 0xc0]; // mov eax, dr0
    expect(events(mov, { dr7: 0x400n | DR7_GD })).toEqual(["#DB BD at 1, RF"]);
    const step = run([NOP, NOP], { dr7: 0x400n | DR7_GD, flags: FLAG_TF });
    expect(step.events[0]).toBe("#DB BS at 1");
    expect(step.guest.get(S.S_DR + 7 * 8) & DR7_GD).toBe(0n);
  });

  it("of a task end with it where they are local, and T in its TSS traps before its first instruction", () => {
    const prepare = (guest: Guest) => {
      withData(guest);
      guest.segment(S.TR, 0x8b, 0x18, 0x67);
      guest.set(S.S_SEGMENT + S.TR * S.SEGMENT_SIZE + S.SEG_BASE, BigInt(TSS));
      const task = new Array<number>(26).fill(0);
      [task[8], task[9], task[14]] = [CODE + 0x80, 2, STACK];
      for (let i = 18; i < 24; i++) task[i] = i === 19 ? 8 : 16;
      task[25] = 1;
      guest.write(TSS + 0x100, task.flatMap(little));
      guest.write(CODE + 0x80, [NOP, HLT]);
    };
    const jump = [0xea, 0, 0, 0, 0, 0x20, 0];
    const { events: found, guest } = run(jump, { prepare, dr7: 0x00000703n });
    expect(found).toEqual([`#DB BT at ${0x80}`]);
    expect(guest.get(S.S_DR + 7 * 8)).toBe(0x602n);
  });
});
