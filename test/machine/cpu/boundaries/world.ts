// A CPU in user mode, its pages, tables, interrupt handlers, and a bus: what the programs of the differential test run in.
import * as S from "../../../../machine/cpu/interface.ts";
import { Guest, PHYSICAL, RAM_SIZE } from "../interpreter/guest.ts";
import { BASE, CODE, DATA_START, SIZE } from "../interpreter/native.ts";
import { Random } from "../interpreter/snippets.ts";
import type { Page, Program } from "./programs.ts";

const PAGE = 4096;
/** RAM that no program reaches: where text is put. */
const TEXT_PLACE = 0x400000;
const TEXT_SIZE = 64;
/** Modes of `disassemble`. */
const BITS_32 = 1;
const BITS_64 = 2;
/** Where the mapping's pages lie, and their table. */
const TABLE = 0xc000;
/** The page directory that Guest.long makes. */
const DIRECTORY = 0xa000;
/** Physical address of a page of device memory, and of one that the nested map refuses. */
const DEVICE = 0x2000000;
const UNMAPPED = 0x3000000;
/** Linear addresses. */
export const HANDLER = BASE + 0x800;
export const COUNTER = BASE + 0xa000;
const GDT = BASE + 0xb000;
const TSS = BASE + 0xb200;
const IDT = BASE + 0xc000;
const KERNEL_STACK = BASE + 0xe000;
/** Where a program's breakpoints are. */
const DEBUG_REGISTERS = [0, 1, 2, 3, 7];
const CR4_DE = 0x8n;
/** What is compared: the page tables and the mapping. */
const TABLES_START = 0x8000;
const TABLES_SIZE = 0x5000;
const TSS_RSP0 = 4;
const TSS_LIMIT = 0x67;
const GATES = 256;
const GDT_LIMIT = 0x4f;
/** Null, kernel code and data, one more, user code of 32 bits (0x20), data (0x28) and code of 64 bits (0x30). */
const DESCRIPTORS = [
  ...[0n, 0xaf9b000000ffffn, 0xcf93000000ffffn, 0n],
  ...[0xcffb000000ffffn, 0xcff3000000ffffn, 0xaffb000000ffffn],
];
const ATTR_CODE_USER = 0xafb;
const ATTR_CODE_USER_32 = 0xcfb;
/** Base of DS where data is not flat. */
const DS_BASE = 0x20n;
const ATTR_DATA_USER = 0xcf3;
const ATTR_TSS = 0x8b;
const ALL_EXCEPTIONS = 0xffffffff;
/** MAP_READ | MAP_WRITE, and all. */
const MAP_DATA = 3;
const MAP_ALL = 7;
/** Entry: present, writable, user, accessed, dirty. */
const ENTRY = 0x67n;
const WRITABLE = 0x2n;
const PRESENT = 0x1n;
const VECTOR = 0x40;
const AT_COUNTER = [0, 8, 16, 24].map((shift) => (COUNTER >> shift) & 255);
/** PUSH RAX; INC QWORD [COUNTER]; CMP QWORD [COUNTER], 0; JE +1; NOP; POP RAX; IRETQ. */
const HANDLER_CODE = [
  ...[0x50, 0x48, 0xff, 0x04, 0x25, ...AT_COUNTER],
  ...[0x48, 0x83, 0x3c, 0x25, ...AT_COUNTER, 0, 0x74, 0x01, 0x90, 0x58, 0x48, 0xcf],
];
export const HANDLER_SIZE = HANDLER_CODE.length;
/** What the data is made of, for each program from another byte on. */
const NOISE_STARTS = 3 * PAGE;
const noise = new Random(7);
const NOISE = Uint8Array.from({ length: NOISE_STARTS + 2 * PAGE }, () => noise.next());

function entryOf(page: Page): bigint {
  const own = BigInt(PHYSICAL + DATA_START - BASE + PAGE);
  if (page === "device") return BigInt(DEVICE) | ENTRY;
  if (page === "unmapped") return BigInt(UNMAPPED) | ENTRY;
  if (page === "code") return BigInt(PHYSICAL + CODE - BASE) | ENTRY;
  if (page === "absent") return own | (ENTRY & ~PRESENT);
  return own | (page === "read-only" ? ENTRY & ~WRITABLE : ENTRY);
}

export class World {
  readonly guest = new Guest();
  /** What is on the bus for the present program: called for every access to a device or a port, with its number. */
  onAccess: (number: number) => void = () => {};
  /** What happened, in order. */
  readonly log: string[] = [];
  #accesses = 0;
  #program: Program | undefined;
  readonly #state: Uint8Array;
  readonly #image: Uint8Array;
  readonly #tables: Uint8Array;

  constructor() {
    const { guest } = this;
    guest.long(BASE);
    this.#mapPages();
    this.#writeTables();
    this.#enterUser();
    this.#state = guest.bytes.slice(guest.s, guest.s + S.S_PRIVATE);
    this.#image = guest.read(PHYSICAL, SIZE);
    this.#tables = guest.read(TABLES_START, TABLES_SIZE);
    guest.onBus = (call) => {
      const { kind, size, address, value, time, rip, flags } = call;
      if (kind === S.BUS_ACKNOWLEDGE) {
        guest.set32(S.S_PENDING, guest.get32(S.S_PENDING) & ~S.PENDING_INTERRUPT);
        guest.set(S.S_BUS_VALUE, BigInt(VECTOR));
        this.log.push(`acknowledge ${time} ${rip}`);
        return S.BUS_HANDLED;
      }
      const number = this.#accesses++;
      const isWrite = kind === S.BUS_WRITE || kind === S.BUS_PORT_OUT;
      this.log.push(
        `bus ${kind} ${size} ${address} ${isWrite ? value : ""} ${time} ${rip} ${flags}`,
      );
      if (!isWrite) guest.set(S.S_BUS_VALUE, new Random(this.#program!.seed + number).wide());
      for (const { at, pending } of this.#program!.answers)
        if (at === number) guest.set32(S.S_PENDING, guest.get32(S.S_PENDING) | pending);
      this.onAccess(number);
      return S.BUS_HANDLED;
    };
  }

  /** The directory's entries for BASE and for 4 MiB above it lead to one table: an alias that shares its entries in the caches. */
  #mapPages(): void {
    const entry = (at: number, value: bigint) =>
      this.guest.view.setBigUint64(this.guest.ram + at, value, true);
    for (let i = 0; i < 512; i++) entry(DIRECTORY + i * 8, 0n);
    for (const large of [BASE >> 21, (BASE >> 21) + 2])
      entry(DIRECTORY + large * 8, BigInt(TABLE) | ENTRY);
    for (let i = 0; i < SIZE / PAGE; i++) entry(TABLE + i * 8, BigInt(PHYSICAL + i * PAGE) | ENTRY);
  }

  #writeTables(): void {
    const { guest } = this;
    const word = (linear: number, value: bigint) =>
      guest.view.setBigUint64(guest.ram + PHYSICAL + linear - BASE, value, true);
    for (const [i, descriptor] of DESCRIPTORS.entries()) word(GDT + i * 8, descriptor);
    word(TSS + TSS_RSP0, BigInt(KERNEL_STACK));
    const gate =
      BigInt(HANDLER & 0xffff) | (8n << 16n) | (0x8en << 40n) | (BigInt(HANDLER >> 16) << 48n);
    for (let vector = 0; vector < GATES; vector++) {
      word(IDT + vector * 16, gate);
      word(IDT + vector * 16 + 8, 0n);
    }
    guest.write(PHYSICAL + HANDLER - BASE, HANDLER_CODE);
  }

  #enterUser(): void {
    const { guest } = this;
    for (let i = 0; i < 6; i++) guest.segment(i, ATTR_DATA_USER, 0x2b);
    guest.segment(S.CS, ATTR_CODE_USER, 0x33);
    guest.segment(S.TR, ATTR_TSS, 0x40, TSS_LIMIT);
    guest.set(S.S_SEGMENT + S.TR * S.SEGMENT_SIZE + S.SEG_BASE, BigInt(TSS));
    guest.set32(S.S_CPL, 3);
    guest.set(S.S_GDT_BASE, BigInt(GDT));
    guest.set32(S.S_GDT_LIMIT, GDT_LIMIT);
    guest.set(S.S_IDT_BASE, BigInt(IDT));
    guest.set32(S.S_IDT_LIMIT, GATES * 16 - 1);
    const block = Number(guest.exports.createGuest!());
    guest.exports.mapGuest!(block, 0n, 0n, BigInt(RAM_SIZE), MAP_ALL);
    guest.exports.mapGuest!(block, BigInt(DEVICE), BigInt(DEVICE), BigInt(PAGE), MAP_DATA);
    guest.view.setUint32(block + S.G_EXCEPTIONS, ALL_EXCEPTIONS, true);
    guest.bytes.fill(0, block + S.G_PORTS, block + S.G_PORTS + 0x2000);
    guest.set32(S.S_GUEST, block);
  }

  /** Puts everything into the state that the program starts from; only what the caches held before is still in the arena. */
  prepare(program: Program): void {
    const { guest } = this;
    guest.exports.reset!(0);
    guest.bytes.set(this.#state, guest.s);
    const { mode, registers, flags, start, bytes, seed, breakpoints } = program;
    for (const [i, value] of breakpoints.entries())
      guest.set(S.S_DR + DEBUG_REGISTERS[i]! * 8, value);
    guest.set(S.S_CR4, guest.get(S.S_CR4) | CR4_DE);
    for (const [register, value] of registers.entries()) guest.setGpr(register, value);
    guest.set(S.S_FLAGS, flags);
    guest.set(S.S_RIP, BigInt(start));
    if (mode !== "long") guest.segment(S.CS, ATTR_CODE_USER_32, 0x23);
    if (mode === "segmented") guest.set(S.S_SEGMENT + S.DS * S.SEGMENT_SIZE + S.SEG_BASE, DS_BASE);
    guest.bytes.set(this.#tables, guest.ram + TABLES_START);
    const at = (DATA_START - BASE) / PAGE + 1;
    guest.view.setBigUint64(guest.ram + TABLE + at * 8, entryOf(program.page), true);
    guest.bytes.set(this.#image, guest.ram + PHYSICAL);
    const from = seed % NOISE_STARTS;
    const data = NOISE.subarray(from, from + 2 * PAGE);
    guest.bytes.set(data, guest.ram + PHYSICAL + DATA_START - BASE);
    guest.bytes.set(bytes, guest.ram + PHYSICAL + start - BASE);
    this.forgetCode();
    guest.exports.sync!(0);
    guest.exports.flush!(0);
    this.#program = program;
    this.#accesses = 0;
    this.log.length = 0;
    this.onAccess = () => {};
  }

  /** Drops all decoded code, so that it is decoded anew behind what is there. */
  forgetCode(): void {
    this.guest.exports.invalidateCode!(BigInt(PHYSICAL), BigInt(SIZE));
  }

  /** Text and length of the instruction at a linear address; the length is 0 if there is none. */
  disassemble(linear: bigint): { text: string; length: number } {
    const { guest } = this;
    const out = guest.ram + TEXT_PLACE;
    const bits = this.#program?.mode === "long" ? BITS_64 : BITS_32;
    const length = Number(guest.exports.disassemble!(0, linear, bits, out));
    const text = Buffer.from(guest.bytes.buffer, out, TEXT_SIZE);
    return { text: text.toString("latin1", 0, text.indexOf(0)), length };
  }

  /** The memory that a program can change. */
  memory(): Uint8Array[] {
    const at = this.guest.ram;
    const { bytes } = this.guest;
    return [
      bytes.subarray(at + TABLES_START, at + TABLES_START + TABLES_SIZE),
      bytes.subarray(at + PHYSICAL, at + PHYSICAL + SIZE),
    ];
  }
}
