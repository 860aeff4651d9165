// The emulated CPU for x87 code: 64-bit code with the selectors of Linux, exceptions as exits, and the unit's state in FXSAVE's format.
import * as S from "../../../../machine/cpu/interface.ts";
import { Guest, PHYSICAL, RAM_SIZE } from "../interpreter/guest.ts";
import { BASE, DATA_SIZE, DATA_START, SIZE } from "../interpreter/native.ts";
import { EDGE, PLACE, type Words } from "./native.ts";
import { BEFORE_AT, ENVIRONMENT_AT, SAVED_SIZE } from "./sequences.ts";

const HLT = 0xf4;
const RBX = 3;
const RBP = 5;
const MAP_ALL = 7;
const ALL_EXCEPTIONS = 0xffffffff;
const CR0_NE = 0x20n;
const ATTR_CODE = 0xa9b;
const ATTR_DATA = 0xc93;
const USER_CODE = 0x33;
const USER_STACK = 0x2b;
const REGISTERS = 8;
const FIRST_REGISTER = 32;
const REGISTER_SIZE = 16;
const PAGE = 4096;
/** Physical addresses of the page directory that Guest.long makes, and of a table of small pages. */
const DIRECTORY = 0x8000 + 2 * PAGE;
const TABLE = 0xc000;
/** Present, writable, user. */
const PTE = 7n;
/** Where the final FNSTENV stands, whose address nobody sees. */
const TAIL = PLACE + 0x800;

/** What a run ended with. */
export interface Ending {
  fault: string;
  saved: Uint8Array;
  rax: bigint;
  flags: bigint;
}

/** The emulated CPU. */
export class GuestX87 {
  readonly guest = new Guest().long(BASE);

  constructor() {
    const { guest } = this;
    this.#mapPages();
    for (let i = 0; i < 6; i++) guest.segment(i, ATTR_DATA, i === S.SS ? USER_STACK : 0);
    guest.segment(S.CS, ATTR_CODE, USER_CODE);
    guest.set(S.S_CR0, guest.get(S.S_CR0) | CR0_NE);
    const block = Number(guest.exports.createGuest!());
    guest.exports.mapGuest!(block, 0n, 0n, BigInt(RAM_SIZE), MAP_ALL);
    guest.view.setUint32(block + S.G_EXCEPTIONS, ALL_EXCEPTIONS, true);
    guest.set32(S.S_GUEST, block);
    guest.exports.sync!(0);
    guest.exports.flush!(0);
    const environment = DATA_START + ENVIRONMENT_AT;
    const operand = [0, 8, 16, 24].map((shift) => (environment >> shift) & 255);
    guest.write(PHYSICAL + TAIL - BASE, [0xd9, 0x34, 0x25, ...operand, HLT]);
  }

  /** What lies beside the mapping is not there, as on the real processor. */
  #mapPages(): void {
    const { guest } = this;
    const entry = (at: number, value: bigint) =>
      guest.view.setBigUint64(guest.ram + at, value, true);
    entry(DIRECTORY + (BASE >> 21) * 8, BigInt(TABLE) | PTE);
    for (let i = 0; i < PAGE / 8; i++) entry(TABLE + i * 8, 0n);
    for (let i = 0; i < SIZE / PAGE; i++) entry(TABLE + i * 8, BigInt(PHYSICAL + i * PAGE) | PTE);
  }

  /** Registers by their places: in the stack's order from physical order, or back. */
  #turned(state: Uint8Array, isBack: boolean): Uint8Array {
    const result = state.slice();
    const top = (state[3]! >> 3) & 7;
    for (let i = 0; i < REGISTERS; i++) {
      const physical = FIRST_REGISTER + ((top + i) & 7) * REGISTER_SIZE;
      const stacked = FIRST_REGISTER + i * REGISTER_SIZE;
      const [from, to] = isBack ? [stacked, physical] : [physical, stacked];
      result.set(state.subarray(from, from + REGISTER_SIZE), to);
    }
    return result;
  }

  /** Runs code on `data`, as the real processor does (native.ts). */
  run(code: readonly number[], words: Words, data: Uint8Array): Ending {
    const { guest } = this;
    const at = guest.s + S.S_FX;
    guest.bytes.set(this.#turned(data.subarray(BEFORE_AT, SAVED_SIZE), true), at);
    guest.write(PHYSICAL + PLACE - BASE, [...code, HLT]);
    guest.write(PHYSICAL + DATA_START - BASE, data);
    guest.write(PHYSICAL + SIZE - EDGE, new Uint8Array(EDGE));
    const [rax, flags, rbx, rbp] = words;
    guest.setGpr(0, rax);
    guest.setGpr(RBX, rbx);
    guest.setGpr(RBP, rbp);
    guest.set(S.S_FLAGS, flags);
    const exit = guest.run(BigInt(PLACE));
    const vector = guest.get(S.S_EXIT_INFO1);
    const rip = guest.get(S.S_RIP).toString(16);
    const ending = {
      fault:
        exit === S.EXIT_HALTED
          ? ""
          : exit === S.EXIT_EXCEPTION
            ? `#${vector} at ${rip}`
            : `exit ${exit}`,
      saved: this.#turned(guest.bytes.slice(at, at + SAVED_SIZE), false),
      rax: guest.gpr(0),
      flags: guest.get(S.S_FLAGS),
    };
    guest.run(BigInt(TAIL));
    data.set(guest.read(PHYSICAL + DATA_START - BASE, DATA_SIZE));
    return ending;
  }
}
