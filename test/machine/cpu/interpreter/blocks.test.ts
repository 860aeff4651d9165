// Decoded blocks: what is executed is what lies at RIP, whatever was decoded before, and wherever a block is left.
import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import type { Program } from "../boundaries/programs.ts";
import { COUNTER, HANDLER, World } from "../boundaries/world.ts";
import { Guest, PHYSICAL } from "./guest.ts";
import { BASE, CODE, DATA } from "./native.ts";

const RAX = 0;
const RCX = 1;
const RBX = 3;
const RSI = 6;
const RDI = 7;
const PLACE = 0x1000;
const DEVICE = 0xa0000n;
const HLT = 0xf4;
const RAM_END = 16 << 20;
const DEVICES = 0xa0000;

function flat(...code: number[]): Guest {
  const guest = new Guest().protect(32);
  guest.write(PLACE, code);
  guest.setGpr(4, 0x7000n);
  return guest;
}

describe("leaving a block in the first half of a pair", () => {
  it("executes nothing that an earlier block has left behind it", () => {
    // cmp eax, [rsi]; mov ebx, 1; hlt: the records of MOV lie where nothing follows those of the pair.
    const guest = flat(0x3b, 0x06, 0xbb, 1, 0, 0, 0, HLT);
    guest.setGpr(RSI, DEVICE);
    guest.run(BigInt(PLACE));
    expect(guest.gpr(RBX)).toBe(1n);
    // The cache is empty, and used from its start again.
    guest.exports.reset!(0);
    guest.protect(32).write(PLACE, [0x3b, 0x06, 0x73, 0x00, HLT]); // cmp eax, [rsi]; jae +0; hlt
    guest.setGpr(RSI, DEVICE);
    guest.setGpr(RBX, 5n);
    // The device has an interrupt, which the CPU does not take: the block is left at the next boundary.
    guest.onBus = () => {
      guest.set32(S.S_PENDING, S.PENDING_INTERRUPT);
      return S.BUS_HANDLED;
    };
    expect(guest.run(BigInt(PLACE))).toBe(S.EXIT_HALTED);
    expect([guest.gpr(RBX), guest.get(S.S_TIME)]).toEqual([5n, 3n]);
  });
});

describe("a bus call of a branch", () => {
  const LATE = [0x41, 0x41, 0x41, 0x41, HLT]; // inc ecx
  const cases: [string, number[]][] = [
    ["call", [0xe8, 0, 0, 0, 0]],
    ["call [memory]", [0xff, 0x16]],
    ["jmp [memory]", [0xff, 0x26]],
    ["ret", [0xc3]],
  ];
  it.each(cases)("that moves the deadline counts at the next boundary: %s", (_name, branch) => {
    const guest = flat(...branch, ...LATE);
    guest.setGpr(RSI, DEVICE);
    guest.setGpr(RCX, 0n);
    const isStack = branch[0] !== 0xff;
    guest.setGpr(4, isStack ? DEVICE + 8n : 0x7000n);
    // Both ways of going on at once are known: what follows was decoded, and the target is remembered.
    guest.onBus = () => {
      guest.set(S.S_BUS_VALUE, BigInt(PLACE + branch.length));
      return S.BUS_HANDLED;
    };
    guest.run(BigInt(PLACE));
    guest.onBus = () => {
      guest.set(S.S_BUS_VALUE, BigInt(PLACE + branch.length));
      guest.set(S.S_DEADLINE, guest.get(S.S_TIME));
      return S.BUS_HANDLED;
    };
    guest.setGpr(RCX, 0n);
    guest.setGpr(4, isStack ? DEVICE + 8n : 0x7000n);
    expect(guest.run(BigInt(PLACE))).toBe(S.EXIT_DEADLINE);
    expect([guest.gpr(RCX), guest.get(S.S_RIP)]).toEqual([0n, BigInt(PLACE + branch.length)]);
  });
});

describe("bus calls of a repeated comparison", () => {
  it("see the flags that the iteration before has left", () => {
    const guest = flat(0xf2, 0xae, HLT); // repne scasb
    guest.setGpr(RDI, DEVICE);
    guest.setGpr(RCX, 3n);
    guest.setGpr(RAX, 5n);
    guest.set(S.S_FLAGS, 2n);
    const flags: bigint[] = [];
    guest.onBus = (call) => {
      flags.push(call.flags);
      guest.set(S.S_BUS_VALUE, [6n, 0x85n, 5n][flags.length - 1]!);
      return S.BUS_HANDLED;
    };
    guest.run(BigInt(PLACE));
    // 5 - 6: CF, AF, SF, PF; 5 - 0x85: CF, SF, OF.
    expect(flags).toEqual([2n, 0x97n, 0x883n]);
  });
});

describe("the jump cache", () => {
  const program = (...bytes: number[]): Program => ({
    seed: 1,
    mode: "long",
    start: CODE,
    bytes,
    registers: Array<bigint>(16).fill(BigInt(DATA)),
    flags: 2n,
    page: "plain",
    breakpoints: [],
    ticks: 100,
    events: [],
    answers: [],
  });
  function jumpTo(world: World, target: bigint): string {
    const { guest } = world;
    const bytes = Array.from({ length: 8 }, (_, i) => Number((target >> BigInt(i * 8)) & 255n));
    world.prepare(program(0x48, 0xb8, ...bytes, 0xff, 0xe0)); // mov rax, target; jmp rax
    guest.set(S.S_DEADLINE, 1n);
    guest.exports.run!(0);
    // The handler runs in ring 0, and is remembered.
    guest.set32(S.S_PENDING, S.PENDING_NMI);
    guest.set(S.S_DEADLINE, 100n);
    const exit = Number(guest.exports.run!(0));
    const count = guest.read(PHYSICAL + COUNTER - BASE, 1)[0];
    return `${exit} ${guest.get(S.S_EXIT_INFO1)} at ${guest.get(S.S_RIP)}, ${count}`;
  }

  it("answers for no address but the one that it knows, and for no other mode", () => {
    const world = new World();
    const wrong: string[] = [];
    for (let bits = 1n; bits < 0x1000n; bits++) {
      for (const target of [BigInt(HANDLER) ^ (bits << 52n), ~(bits << 52n) & ((1n << 64n) - 1n)]) {
        const address = BigInt.asIntN(64, target);
        if (address === BigInt.asIntN(48, target)) continue;
        const found = jumpTo(world, target);
        if (found !== `${S.EXIT_EXCEPTION} 13 at ${target}, 1`)
          wrong.push(`${target.toString(16)}: ${found}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("a jump beyond the limit of CS", () => {
  it("faults, though the code there was executed in another segment", () => {
    const guest = new Guest().protect(32);
    const descriptors = [
      0n,
      0xcf9b000000ffffn,
      0xcf93000000ffffn,
      0x4f9b000000ffffn,
      0x409b0000008fffn,
    ];
    const gdt = 0x2800;
    for (const [i, descriptor] of descriptors.entries())
      guest.view.setBigUint64(guest.ram + gdt + i * 8, descriptor, true);
    guest.set(S.S_GDT_BASE, BigInt(gdt));
    guest.set32(S.S_GDT_LIMIT, descriptors.length * 8 - 1);
    // jmp 0x18:0x8000, a segment of 1 MiB; there jmp 0xa000; there jmp 0x20:0x8100, one of 0x9000 bytes; there jmp 0xa000
    const far = (to: number, selector: number) => [0xea, to & 255, to >> 8, 0, 0, selector, 0];
    guest.write(PLACE, far(0x8000, 0x18));
    guest.write(0x8000, [0xe9, 0xfb, 0x1f, 0, 0]);
    guest.write(0xa000, [0x41, ...far(0x8100, 0x20)]); // inc ecx
    guest.write(0x8100, [0xe9, 0xfb, 0x1e, 0, 0]);
    guest.setGpr(RCX, 0n);
    const block = Number(guest.exports.createGuest!());
    guest.exports.mapGuest!(block, 0n, 0n, 0x100000n, 7);
    guest.view.setUint32(block + S.G_EXCEPTIONS, 0xffffffff, true);
    guest.set32(S.S_GUEST, block);
    guest.exports.sync!(0);
    expect(guest.run(BigInt(PLACE), 100n)).toBe(S.EXIT_EXCEPTION);
    expect([guest.get(S.S_EXIT_INFO1), guest.gpr(RCX)]).toEqual([13n, 1n]);
  });
});

describe("a jump in 16-bit code", () => {
  it("wraps where its own segment ends, though another segment leads to the same code", () => {
    const guest = new Guest();
    // At 0x20000: jmp +0x1c. From 1101:eff0 it leads to 0x2001e, from 1001:fff0 to 1001:000e.
    guest.write(0x20000, [0xeb, 0x1c]);
    guest.write(0x2001e, [0x41, 0xea, 0xf0, 0xff, 0x01, 0x10]); // inc cx; jmp 1001:fff0
    guest.write(0x1001e, [0x43, HLT]); // inc bx; hlt
    const at = S.S_SEGMENT + S.CS * S.SEGMENT_SIZE;
    guest.set32(at + S.SEG_SELECTOR, 0x1101);
    guest.set(at + S.SEG_BASE, 0x11010n);
    guest.exports.sync!(0);
    guest.setGpr(RBX, 0n);
    guest.setGpr(RCX, 0n);
    expect(guest.run(0xeff0n, 1000n)).toBe(S.EXIT_HALTED);
    expect([guest.gpr(RCX), guest.gpr(RBX)]).toEqual([1n, 1n]);
  });
});

describe("an instruction at the end of a page", () => {
  it.each([DEVICES, RAM_END])("whose rest lies where no RAM is, at %i, stops the CPU", (end) => {
    const guest = flat();
    guest.write(end - 1, [0xb8]); // mov eax, imm32
    expect(guest.run(BigInt(end - 1), 100n)).toBe(S.EXIT_UNIMPLEMENTED);
    expect(guest.get(S.S_RIP)).toBe(BigInt(end - 1));
  });

  it("touches nothing of an absent page behind it that it does not need", () => {
    const guest = new Guest().long(BASE);
    const directory = 0xa000;
    const table = 0xc000;
    const entry = (at: number, value: bigint) =>
      guest.view.setBigUint64(guest.ram + at, value, true);
    entry(directory + (BASE >> 21) * 8, BigInt(table) | 7n);
    entry(table, BigInt(PHYSICAL) | 7n);
    guest.write(PHYSICAL + 0xffe, [0x90, HLT]);
    guest.set(S.S_CR2, 0x1234n);
    expect(guest.run(BigInt(BASE + 0xffe))).toBe(S.EXIT_HALTED);
    expect(guest.get(S.S_CR2)).toBe(0x1234n);
  });
});
