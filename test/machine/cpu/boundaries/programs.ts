// Random programs of the differential test: code drawn from the table of instructions, the registers and pages that it works on, and
// what comes from outside. The same seed gives the same program.
import * as S from "../../../../machine/cpu/interface.ts";
import { type Row, readRows } from "../../../../tools/instructions.ts";
import {
  type Encoding,
  INDICES,
  makeEncoding,
  NUMBERS,
  POINTERS,
  reasonNotRun,
} from "../interpreter/encodings.ts";
import { CODE, DATA, DATA_START } from "../interpreter/native.ts";
import { ALL_FLAGS, makeSnippet, Random } from "../interpreter/snippets.ts";

const PAGE = 4096;
/** Where the code's first page ends: all programs cross it. */
const PAGE_END = CODE + PAGE;
/** Code is written up to this many bytes beyond the first page's end. */
const MOST_BEYOND = 80;
/** From here to the page's end, what comes next is mostly made to end there. */
const NEAR = 60;
/** Farthest that a program starts before the page's end. */
const MOST_BEFORE = 120;
const TICKS = 48;
const MOST_EVENTS = 10;
const REGISTERS = 16;
const RBX = 3;
const RSP = 4;
const RSI = 6;
const RDI = 7;
const R8 = 8;
const NOP = 0x90;
const JMP = 0xe9;
const FLAG_FIXED = 0x2;
const FLAG_TF = 0x100;
const FLAG_IF = 0x200;
const FLAG_DF = 0x400;
const FLAG_IOPL = 0x3000;
/** Breakpoints, and their kinds in DR7. */
const BREAKPOINTS = 4;
const EXECUTE = 0;
const WRITE = 1;
const IO = 2;
const ACCESS = 3;
/** Distances that pointers are moved by: across the end of the first page of data, into the second, and to its alias. */
const MOVES = [0, 0, 0x700, 0x780, 0x1000, 0x1000, 0x400000, 0x401000];

/** What the second page of data is. "device" is on the bus, "unmapped" is refused by the nested map, "code" is the program's. */
const PAGES = [
  ...(["plain", "plain", "device", "device", "device"] as const),
  ...(["absent", "read-only", "unmapped", "code"] as const),
];
export type Page = (typeof PAGES)[number];

/** What comes from outside, before the instruction at a tick or during the access of that number: PENDING_*. */
export interface Event {
  at: number;
  pending: number;
}

/** What the code is executed as; outside 64-bit mode a REX prefix is INC or DEC. "segmented": DS has a base. */
const MODES = ["long", "long", "long", "long", "long", "compatibility", "segmented"] as const;

export interface Program {
  seed: number;
  mode: (typeof MODES)[number];
  /** Linear address of the first byte, which is the first executed. */
  start: number;
  bytes: readonly number[];
  registers: readonly bigint[];
  flags: bigint;
  page: Page;
  /** DR0 to DR3, and DR7. */
  breakpoints: readonly bigint[];
  ticks: number;
  /** By tick, in order. */
  events: readonly Event[];
  /** By number of the bus access. */
  answers: readonly Event[];
}

/** Rows that a program of 64-bit user code can be made of; what ring 3 may not do faults. */
const ALL_ROWS = readRows().filter(
  (row) => (reasonNotRun(row) === undefined || row.emitter === "x87") && row.operation !== "SALC",
);
const isVector = (row: Row) => row.attributes.some((word) => /^(x87|mmx|sse)$/.test(word));
const ROWS = ALL_ROWS.filter((row) => !isVector(row));
const VECTOR_ROWS = ALL_ROWS.filter(isVector);
const FIRST_HALVES = ROWS.filter((row) => /^(CMP|TEST|DEC)$/.test(row.operation));
const JUMPS = ROWS.filter((row) => row.emitter === "jcc");
const REPEATED = ROWS.filter((row) => row.emitter === "string");

function little(value: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Number((value >> BigInt(i * 8)) & 255n));
}

/** MOV of a 64-bit immediate. */
function setRegister(register: number, value: bigint): number[] {
  return [0x48 | (register >> 3), 0xb8 | (register & 7), ...little(value, 8)];
}

function isPointer(register: number): boolean {
  return POINTERS[register] !== undefined || INDICES.includes(register);
}

/** MOV [absolute], R8. */
function storeNumber(address: number): number[] {
  return [0x4c, 0x89, 0x04, 0x25, ...little(BigInt(address), 4)];
}

/** One instruction of a row at `at`, after those that give it most of the registers and the memory that it needs. */
function fromRow(row: Row, random: Random, at: number): number[] {
  const seed = random.next();
  const make = (place: number) =>
    makeEncoding(row, new Random(seed), { at: place, destinations: NUMBERS });
  const needs = make(at);
  if (!needs) return [];
  const isSet = (register: number) =>
    !isPointer(register) || (needs.data !== undefined && (register === RBX || register === RSP));
  const chosen = [...needs.registers.keys()].filter(
    (register) => isSet(register) && random.below(4),
  );
  // As long as it is, whatever the values; those of jumps depend on where they stand.
  const setup = ({ registers, data }: Encoding) => [
    ...(data ? [...setRegister(R8, data.value), ...storeNumber(data.at)] : []),
    ...chosen.flatMap((register) => setRegister(register, registers.get(register)!)),
  ];
  const placed = make(at + setup(needs).length)!;
  return [...setup(placed), ...placed.bytes];
}

/** A pair that is executed as one record where it may be, now and then with other work before. */
function pair(random: Random, at: number): number[] {
  const first = makeEncoding(random.pick(FIRST_HALVES), random, { at, destinations: NUMBERS });
  if (!first) return [];
  const place = { at: at + first.bytes.length, destinations: NUMBERS };
  return [...first.bytes, ...makeEncoding(random.pick(JUMPS), random, place)!.bytes];
}

/** A pointer register is set anew: others' implicit operands move them. */
function restore(random: Random): number[] {
  const register = Number(random.pick(Object.keys(POINTERS)));
  return setRegister(register, BigInt(DATA + POINTERS[register]! + random.pick(MOVES)));
}

/** A string instruction, now and then across the end of the first page of data: repeated, it gets so far and no farther. */
function string(random: Random, at: number): number[] {
  const start = BigInt(DATA_START + PAGE - random.below(24));
  const edge = random.below(3) ? setRegister(random.pick([RSI, RDI]), start) : [];
  return [...edge, ...fromRow(random.pick(REPEATED), random, at + edge.length)];
}

function item(random: Random, at: number): number[] {
  const kind = random.below(16);
  if (kind < 6) return pair(random, at);
  if (kind < 8) return makeSnippet(random).bytes;
  if (kind === 8) return restore(random);
  if (kind === 9) return string(random, at);
  if (kind === 10) return Array(random.below(60) === 0 ? 60 : 1).fill(NOP) as number[];
  return fromRow(random.pick(random.below(4) === 0 ? VECTOR_ROWS : ROWS), random, at);
}

/** An item that ends at, or `over` bytes beyond, the page's end; what is left before it is filled with NOP. */
function itemAtEnd(random: Random, at: number): number[] {
  const seed = random.next();
  const make = random.below(4) === 0 ? item : pair;
  // Behind a jump is what it goes over, two bytes.
  const over = random.pick([2, 2, 2, 2, 2, 2, 0, 1, 3, 5]);
  const { length } = make(new Random(seed), at);
  const start = PAGE_END - length + over;
  if (start < at) return make(new Random(seed), at);
  return [...(Array(start - at).fill(NOP) as number[]), ...make(new Random(seed), start)];
}

function code(random: Random, start: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const at = start + bytes.length;
    if (at > PAGE_END + MOST_BEYOND) break;
    const isNear = at < PAGE_END && at > PAGE_END - NEAR;
    bytes.push(...(isNear && random.below(8) ? itemAtEnd(random, at) : item(random, at)));
  }
  // And again: what was decoded is met again.
  return [...bytes, JMP, ...little(BigInt(-bytes.length - 5), 4)];
}

function flags(random: Random): bigint {
  let value = (random.next() & ALL_FLAGS) | FLAG_FIXED;
  if (random.below(3)) value |= FLAG_IF;
  if (random.below(2)) value |= FLAG_IOPL;
  if (random.below(8) === 0) value |= FLAG_DF;
  if (random.below(16) === 0) value |= FLAG_TF;
  return BigInt(value);
}

function events(random: Random, most: number, below: number): Event[] {
  const ticks = new Set(Array.from({ length: random.below(most + 1) }, () => random.below(below)));
  const kinds = [S.PENDING_INTERRUPT, S.PENDING_INTERRUPT, S.PENDING_NMI];
  return [...ticks].sort((a, b) => a - b).map((at) => ({ at, pending: random.pick(kinds) }));
}

/** Where a breakpoint of a kind is: in the code's first page or the next, in the data or its alias, at a port. */
function breakpoint(random: Random, kind: number): number {
  if (kind === EXECUTE) return PAGE_END - MOST_BEFORE + random.below(MOST_BEFORE + MOST_BEYOND);
  if (kind === IO) return random.below(0x10000);
  const pointer = random.pick(Object.keys(POINTERS));
  return DATA + POINTERS[Number(pointer)]! + random.pick(MOVES) - 32 + random.below(64);
}

/** DR0 to DR3 and DR7, most often with nothing enabled: everything else is then as without. */
function breakpoints(random: Random): bigint[] {
  const places: bigint[] = [];
  let control = 0;
  for (let number = 0; number < BREAKPOINTS; number++) {
    const kind = random.pick([EXECUTE, EXECUTE, WRITE, IO, ACCESS, ACCESS]);
    const length = kind === EXECUTE ? 0 : random.below(4);
    places.push(BigInt(breakpoint(random, kind)));
    control |= (kind | (length << 2)) << (16 + number * 4);
    if (random.below(2)) control |= (1 + random.below(3)) << (number * 2);
  }
  return [...places, random.below(3) === 0 ? BigInt(control >>> 0) : 0n];
}

export function makeProgram(seed: number): Program {
  const random = new Random(seed);
  const start = PAGE_END - random.below(MOST_BEFORE);
  const registers = Array.from({ length: REGISTERS }, (_, register) => {
    const distance = POINTERS[register];
    if (distance !== undefined) return BigInt(DATA + distance + random.pick(MOVES));
    return INDICES.includes(register) ? BigInt(random.below(32)) : random.wide();
  });
  return {
    seed,
    mode: random.pick(MODES),
    start,
    bytes: code(random, start),
    registers,
    flags: flags(random),
    page: random.pick(PAGES),
    breakpoints: breakpoints(random),
    ticks: TICKS + random.below(TICKS),
    events: events(random, MOST_EVENTS, TICKS),
    answers: events(random, 3, 6),
  };
}
