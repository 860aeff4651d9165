// BT, BTS, BTR and BTC on a device register, with the bit's number in a register and as an immediate.
import { expect, test } from "vitest";
import { ACCESS_WRITE, REG_RAX, REG_RFLAGS, REG_RSI } from "../../../abi/platform.ts";
import { FLAG_CF } from "../../../abi/x86/registers.ts";
import { DEVICE, Guest } from "./guest.ts";

const FIXED = 0x202n;
const OLD = 0x8001_0002n;

interface Operation {
  readonly name: string;
  /** Opcode after 0f with the number in EAX; ModRM of the form with an immediate. */
  readonly opcode: number;
  readonly modrm: number;
  result(old: bigint, bit: bigint): bigint;
}

const OPERATIONS: readonly Operation[] = [
  { name: "BT", opcode: 0xa3, modrm: 0x26, result: (old) => old },
  { name: "BTS", opcode: 0xab, modrm: 0x2e, result: (old, bit) => old | bit },
  { name: "BTR", opcode: 0xb3, modrm: 0x36, result: (old, bit) => old & ~bit },
  { name: "BTC", opcode: 0xbb, modrm: 0x3e, result: (old, bit) => old ^ bit },
];
const NUMBERS = [0, 1, 15, 16, 30, 31];
/** Bit numbers beyond the operand: the exit's address is that of the bit's word already. */
const FAR_NUMBERS = [33, 0x2f];

const guest = new Guest();
const view = new DataView(guest.device.buffer);

function run(code: readonly number[], number: number): { carry: boolean; value: bigint } {
  guest.code(code);
  guest.set(REG_RFLAGS, FIXED);
  guest.set(REG_RSI, DEVICE);
  guest.set(REG_RAX, BigInt(number));
  view.setUint32(0, Number(OLD), true);
  expect(guest.mmio(DEVICE, ACCESS_WRITE)).toBe(1);
  expect(guest.advanced).toBe(code.length);
  expect(guest.get(REG_RAX)).toBe(BigInt(number));
  const carry = (guest.get(REG_RFLAGS) & BigInt(FLAG_CF)) !== 0n;
  return { carry, value: BigInt(view.getUint32(0, true)) };
}

test.each(OPERATIONS)("$name", ({ opcode, modrm, result }) => {
  for (const number of [...NUMBERS, ...FAR_NUMBERS]) {
    const bit = 1n << BigInt(number & 31);
    const expected = { carry: (OLD & bit) !== 0n, value: result(OLD, bit) };
    expect(run([0x0f, opcode, 0x06], number)).toEqual(expected);
    if (number < 32) expect(run([0x0f, 0xba, modrm, number], number)).toEqual(expected);
  }
});

test.each(OPERATIONS)("$name of 16 bits leaves its neighbours alone", ({ opcode, result }) => {
  const number = 1;
  const value = (OLD & ~0xffffn) | (result(OLD & 0xffffn, 2n) & 0xffffn);
  expect(run([0x66, 0x0f, opcode, 0x06], number)).toEqual({ carry: true, value });
});
