// How a module's data lies in the image: start.c unpacks it. Most of it is texts, tables, and zeros between structures, so it is
// told as runs of bytes and copies of what was there before (Lempel and Ziv, 1977). Bits are taken from bytes, the lowest
// first, a byte at a time when they are needed; whole bytes stand between those where the reader is.
//   run:   0, its length, that many bytes                 never behind a run
//   again: 0, length                                      behind a run: a copy from the last distance, at first 1
//   copy:  1, upper part of the distance + 1, a byte with its lower part, length - 1
// Lengths, and the upper part of distance - 1 increased by one, are numbers from 1 on: for each bit below the highest one a 0
// and that bit, then a 1.

/** Copies are told in pieces of this at most. */
const LENGTH_MAX = 4096;
/** Each length up to these is tried, and of longer copies the longest. */
const COPY_TRIED = 64;
const RUN_TRIED = 256;
/** Places tried as the source of a copy, the nearest ones. */
const PLACES_TRIED = 512;
const LOWER_BITS = 8;
const LOWER_MASK = (1 << LOWER_BITS) - 1;

type Kind = "run" | "again" | "copy";

/** A way to tell the bytes up to `at`: the bits that it needs, its last step, and the way without that. */
interface Way {
  readonly cost: number;
  readonly at: number;
  readonly kind: Kind;
  readonly distance: number;
  readonly length: number;
  readonly before: Way | undefined;
}

/** The cheapest known ways to each place: by a run, and by a copy. */
interface Ways {
  readonly run: (Way | undefined)[];
  readonly copy: (Way | undefined)[];
}

function bitsOf(number: number): number {
  return 2 * (31 - Math.clz32(number)) + 1;
}

function cheaper(one: Way | undefined, other: Way | undefined): Way | undefined {
  return one && (!other || one.cost <= other.cost) ? one : other;
}

/** How many bytes from `at` on are the same as those `distance` before. */
function sameBytes(data: Uint8Array, at: number, distance: number): number {
  const end = Math.min(data.length, at + LENGTH_MAX);
  let to = at;
  while (to < end && data[to] === data[to - distance]) to++;
  return to - at;
}

/** Goes on from `before` by a step that needs `bits`, if nothing cheaper is known. */
function step(ways: Ways, before: Way, kind: Kind, distance: number, length: number, bits: number) {
  const known = kind === "run" ? ways.run : ways.copy;
  const at = before.at + length;
  const cost = before.cost + 1 + bits;
  if (cost < (known[at]?.cost ?? Number.POSITIVE_INFINITY))
    known[at] = { cost, at, kind, distance, length, before };
}

function tryRuns(data: Uint8Array, ways: Ways, before: Way): void {
  const longest = Math.min(RUN_TRIED, data.length - before.at);
  for (let length = 1; length <= longest; length++)
    step(ways, before, "run", before.distance, length, bitsOf(length) + 8 * length);
}

function tryAgain(data: Uint8Array, ways: Ways, before: Way): void {
  const { at, distance } = before;
  if (distance > at) return;
  const longest = sameBytes(data, at, distance);
  for (let length = 1; length <= Math.min(longest, COPY_TRIED); length++)
    step(ways, before, "again", distance, length, bitsOf(length));
  if (longest > COPY_TRIED) step(ways, before, "again", distance, longest, bitsOf(longest));
}

/** Copies from `places`, the nearest last; of each length the nearest. */
function tryCopies(data: Uint8Array, ways: Ways, before: Way, places: readonly number[]): void {
  const { at } = before;
  const oldest = Math.max(0, places.length - PLACES_TRIED);
  for (let index = places.length - 1, known = 1; index >= oldest && known < COPY_TRIED; index--) {
    const distance = at - places[index]!;
    const longest = sameBytes(data, at, distance);
    const bits = bitsOf(((distance - 1) >> LOWER_BITS) + 1) + LOWER_BITS;
    for (let length = known + 1; length <= Math.min(longest, COPY_TRIED); length++)
      step(ways, before, "copy", distance, length, bits + bitsOf(length - 1));
    if (longest > COPY_TRIED)
      step(ways, before, "copy", distance, longest, bits + bitsOf(longest - 1));
    known = Math.max(known, longest);
  }
}

/** Where the pair of bytes at each place was before, the nearest place last: filled in as the caller goes on. */
function remember(data: Uint8Array, at: number, places: Map<number, number[]>): number[] {
  const pair = data[at]! | ((data[at + 1] ?? 0) << 8);
  const known = places.get(pair) ?? [];
  if (known.length === 0) places.set(pair, known);
  return known;
}

/** The steps that tell `data` in few bits. */
function stepsFor(data: Uint8Array): Way[] {
  const start: Way = { cost: 0, at: 0, kind: "copy", distance: 1, length: 0, before: undefined };
  const ways: Ways = { run: [], copy: [start] };
  const places = new Map<number, number[]>();
  for (let at = 0; at < data.length; at++) {
    const before = remember(data, at, places);
    const byRun = ways.run[at];
    const byCopy = ways.copy[at];
    if (byCopy) tryRuns(data, ways, byCopy);
    if (byRun) tryAgain(data, ways, byRun);
    const best = cheaper(byRun, byCopy);
    if (best) tryCopies(data, ways, best, before);
    before.push(at);
  }
  const steps: Way[] = [];
  let way = cheaper(ways.run[data.length], ways.copy[data.length]);
  for (; way?.before; way = way.before) steps.push(way);
  return steps.reverse();
}

/** Bytes with bits between them. */
class Writer {
  readonly bytes: number[] = [];
  #place = -1;
  #used = 8;

  bit(value: number): void {
    if (this.#used === 8) {
      this.#place = this.bytes.push(0) - 1;
      this.#used = 0;
    }
    this.bytes[this.#place]! |= value << this.#used++;
  }

  number(value: number): void {
    for (let shift = 30 - Math.clz32(value); shift >= 0; shift--) {
      this.bit(0);
      this.bit((value >> shift) & 1);
    }
    this.bit(1);
  }
}

/** `data` packed. */
export function pack(data: Uint8Array): number[] {
  const writer = new Writer();
  let at = 0;
  for (const { kind, distance, length } of stepsFor(data)) {
    writer.bit(kind === "copy" ? 1 : 0);
    if (kind === "copy") {
      writer.number(((distance - 1) >> LOWER_BITS) + 1);
      writer.bytes.push((distance - 1) & LOWER_MASK);
    }
    writer.number(kind === "copy" ? length - 1 : length);
    if (kind === "run") writer.bytes.push(...data.subarray(at, at + length));
    at += length;
  }
  return writer.bytes;
}

/** What start.c does: the `size` bytes that were packed. */
export function unpack(packed: readonly number[], size: number): Uint8Array {
  const data: number[] = [];
  let next = 0;
  let rest = 1;
  const bit = () => {
    if (rest === 1) rest = packed[next++]! | 0x100;
    const value = rest & 1;
    rest >>= 1;
    return value;
  };
  const number = () => {
    let value = 1;
    while (!bit()) value = value * 2 + bit();
    return value;
  };
  let distance = 1;
  for (let isBehindRun = false; data.length < size; ) {
    const isCopy: number = bit();
    const isRun: boolean = !isCopy && !isBehindRun;
    if (isCopy) distance = ((number() - 1) << LOWER_BITS) + packed[next++]! + 1;
    for (let left = number() + isCopy; left > 0; left--)
      data.push(isRun ? packed[next++]! : data[data.length - distance]!);
    isBehindRun = isRun;
  }
  return Uint8Array.from(data);
}
