// XSAVE, XRSTOR, FXSAVE and FXRSTOR, on the emulated and on the real processor.
import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import { differencesOfFx, putFx, randomFx, takeFx } from "./fx.ts";
import { Guest, PHYSICAL } from "./guest.ts";
import {
  BASE,
  CODE,
  DATA,
  DATA_SIZE,
  DATA_START,
  FX_SIZE,
  Native,
  plainFx,
  type Registers,
} from "./native.ts";
import { Random } from "./snippets.ts";

const isHere = process.platform === "linux" && process.arch === "x64";
const HLT = 0xf4;
const RAX = 0;
const RDX = 2;
const RBX = 3;
const RSP = 4;
const AREA_SIZE = 576;
const HEADER = 512;
const MXCSR = 24;
const CR4_OSXSAVE = 0x40000n;
const BOTH = 3;
const CASES = 300;
/** ModRM with [RBX] and a number. */
const at = (number: number) => (number << 3) | RBX;

interface Outcome {
  data: Uint8Array;
  fx: Uint8Array;
}

function registers(mask: number, fx: Uint8Array): Registers {
  const gpr = new BigUint64Array(16);
  gpr[RAX] = BigInt(mask);
  gpr[RDX] = 0n;
  gpr[RBX] = BigInt(DATA);
  gpr[RSP] = BigInt(DATA + 0x600);
  return { gpr, flags: 0x202n, fx };
}

function emulate(guest: Guest, code: number[], before: Registers, data: Uint8Array): Outcome {
  guest.write(PHYSICAL + CODE - BASE, [...code, HLT]);
  guest.write(PHYSICAL + DATA_START - BASE, data);
  for (const [register, value] of before.gpr.entries()) guest.setGpr(register, value);
  putFx(guest, before.fx);
  expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
  return { data: guest.read(PHYSICAL + DATA_START - BASE, DATA_SIZE), fx: takeFx(guest) };
}

function differences(
  code: number[],
  components: number,
  fx: Uint8Array,
  data: Uint8Array,
): string[] {
  const before = registers(components, fx);
  const theirs = data.slice();
  const after = native!.run(code, before, theirs);
  const ours = emulate(guest, code, before, data);
  // Which bits MXCSR has differs: AMD's has one more.
  const mask = DATA - DATA_START + S.FX_MXCSR_MASK;
  if (theirs[mask + 2] === 2) theirs[mask + 2] = ours.data[mask + 2]!;
  const first = theirs.findIndex((byte, i) => byte !== ours.data[i]);
  const where =
    first < 0
      ? []
      : [`byte ${first - (DATA - DATA_START)}: ${ours.data[first]}, not ${theirs[first]}`];
  return [...differencesOfFx(ours.fx, after.fx), ...where];
}

let native: Native | undefined;
let guest: Guest;

function start(): void {
  if (isHere) native ??= new Native();
  guest = new Guest().long(BASE);
  guest.set(S.S_CR4, guest.get(S.S_CR4) | CR4_OSXSAVE);
  guest.set(S.S_XCR0, BigInt(BOTH));
  guest.exports.sync!(0);
}

/** Data with an area that can be restored: `components` in the header, nothing else there. */
function restorable(random: Random, components: number): Uint8Array {
  const data = Uint8Array.from({ length: DATA_SIZE }, () => random.next());
  const area = data.subarray(DATA - DATA_START, DATA - DATA_START + AREA_SIZE);
  area.set(randomFx(random));
  // Control and status words, tags and opcode of any bits; what follows from them is settled on the way in.
  for (let i = 0; i < 8; i++) area[i] = random.next() & 255;
  area.fill(0, HEADER);
  area[HEADER] = components;
  return data;
}

describe.skipIf(!isHere)("areas of x87 and SSE (Linux on x86-64 only)", () => {
  const forms: [string, number[], boolean][] = [
    ["XSAVE", [0x0f, 0xae, at(4)], false],
    ["XSAVE64", [0x48, 0x0f, 0xae, at(4)], false],
    ["XRSTOR", [0x0f, 0xae, at(5)], true],
    ["XRSTOR64", [0x48, 0x0f, 0xae, at(5)], true],
    ["FXSAVE", [0x0f, 0xae, at(0)], false],
    ["FXSAVE64", [0x48, 0x0f, 0xae, at(0)], false],
    ["FXRSTOR", [0x0f, 0xae, at(1)], false],
    ["FXRSTOR64", [0x48, 0x0f, 0xae, at(1)], false],
  ];
  it.each(forms)("%s does as on the real processor", (_name, code) => {
    start();
    const random = new Random(7);
    for (let i = 0; i < CASES; i++) {
      const data = restorable(random, random.below(4));
      expect(differences(code, random.below(4), randomFx(random), data), `case ${i}`).toEqual([]);
    }
  });

  it("come back whole after a save, a reset and a restore", () => {
    start();
    const random = new Random(8);
    // xsave [rbx]; fninit's state and zeros from an area without components; xrstor [rbx]
    const code = [0x0f, 0xae, at(4), 0x0f, 0xae, at(5)];
    for (let i = 0; i < CASES; i++) {
      const fx = randomFx(random);
      expect(differences(code, BOTH, fx, restorable(random, 0))).toEqual([]);
    }
  });
});

describe("XRSTOR refuses", () => {
  const cases: [string, (area: DataView) => void, string][] = [
    ["a component that XCR0 lacks", (area) => area.setUint8(HEADER, 4), "#13"],
    ["a compacted area", (area) => area.setUint8(HEADER + 15, 0x80), "#13"],
    ["bits that MXCSR lacks", (area) => area.setUint32(MXCSR, 0x10000, true), "#13"],
    ["nothing else", () => {}, "halt"],
  ];
  it.each(cases)("%s", (_name, change, wanted) => {
    start();
    const data = new Uint8Array(DATA_SIZE);
    const area = new DataView(data.buffer, DATA - DATA_START, AREA_SIZE);
    new Uint8Array(data.buffer, DATA - DATA_START, FX_SIZE).set(plainFx());
    change(area);
    const block = Number(guest.exports.createGuest!());
    guest.exports.mapGuest!(block, 0n, 0n, 0x1000000n, 7);
    guest.view.setUint32(block + S.G_EXCEPTIONS, 0xffffffff, true);
    guest.set32(S.S_GUEST, block);
    guest.exports.sync!(0);
    guest.write(PHYSICAL + CODE - BASE, [0x0f, 0xae, at(5), HLT]);
    guest.write(PHYSICAL + DATA_START - BASE, data);
    guest.setGpr(RAX, BigInt(BOTH));
    guest.setGpr(RDX, 0n);
    guest.setGpr(RBX, BigInt(DATA));
    const exit = guest.run(BigInt(CODE));
    expect(exit === S.EXIT_EXCEPTION ? `#${guest.get(S.S_EXIT_INFO1)}` : "halt").toBe(wanted);
  });
});
