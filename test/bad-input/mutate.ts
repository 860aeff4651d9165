// Mutations of configuration files: what a slip of an editor, a bad disk or an attacker makes of them.
import type { Random } from "../isolation/random.ts";

/** Values that break careless arithmetic. */
const NASTY = [
  0n,
  1n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x7fff_ffff_ffff_ffffn,
  0xffff_ffff_ffff_f000n,
  0xffff_ffff_ffff_ffffn,
];
const WIDTHS = [1, 2, 4, 8] as const;

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

function patched(bytes: Uint8Array, random: Random, value: bigint): Uint8Array {
  const copy = bytes.slice();
  const width = random.pick(WIDTHS);
  const at = random.below(Math.max(1, copy.length - width + 1));
  for (
    let index = 0, rest = value;
    index < width && at + index < copy.length;
    index++, rest >>= 8n
  ) {
    copy[at + index] = Number(rest & 0xffn);
  }
  return copy;
}

const flipBit: Mutation = (bytes, random) => {
  const copy = bytes.slice();
  const at = random.below(copy.length);
  copy[at] = copy[at]! ^ (1 << random.below(8));
  return copy;
};
const setNasty: Mutation = (bytes, random) => patched(bytes, random, random.pick(NASTY));
const setRandom: Mutation = (bytes, random) => patched(bytes, random, BigInt(random.bits()));
const truncate: Mutation = (bytes, random) => bytes.slice(0, random.below(bytes.length));
const extend: Mutation = (bytes, random) =>
  Uint8Array.from([...bytes, ...random.bytes(1 + random.below(64))]);
const copyPiece: Mutation = (bytes, random) => {
  const copy = bytes.slice();
  const length = random.pick([4, 8, 32, 56]);
  copy.copyWithin(
    random.below(copy.length),
    random.below(copy.length),
    random.below(copy.length) + length,
  );
  return copy;
};

const MUTATIONS: readonly Mutation[] = [
  ...[flipBit, flipBit, setNasty, setNasty, setRandom, truncate, extend, copyPiece],
];

/** One to three mutations of a file of at least one byte. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let result = bytes;
  for (let count = 1 + random.below(3); count > 0 && result.length > 0; count--) {
    result = random.pick(MUTATIONS)(result, random);
  }
  return result;
}
