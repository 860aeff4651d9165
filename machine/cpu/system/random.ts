// RDRAND and RDSEED. Block n of ChaCha20 (D. J. Bernstein; RFC 8439, section 2.3, with the original's 64-bit counter and nonce), keyed by
// the machine's seed, with the CPU's number as the nonce: a cipher's output tells nothing of what comes next or came before, the
// function is small, and there is nothing to keep but a counter. One draw takes one block.
//
// The counter starts at the CPU's time where the CPU changes hands, and a draw takes a tick at least: so no block is used twice, and
// what a cell draws depends on when it started, and not on what the CPU's former owner or any other CPU has drawn.

import { FLAG_CF } from "../../../abi/x86/registers.ts";
import { setArithmeticFlags } from "../flags.ts";
import { setAt, widthOf } from "../instructions/sized.ts";
import { S_INDEX, S_RANDOM } from "../interface.ts";
import { M_SEED } from "../memory/layout.ts";
import { MACHINE } from "../memory/machine.ts";
import { R_DST } from "../records.ts";

/** In a block: where RDRAND's number is. */
export const RANDOM_NUMBER: u32 = 0;
/** In a block: where RDSEED's is, so that neither instruction shows what the other draws. */
export const RANDOM_SEED: u32 = 8;

/** "expand 32-byte k". */
const CONSTANTS: usize = memory.data<u32>([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
/** A block: the constants, the key, the counter, the nonce. */
const BLOCK: usize = memory.data(64, 8);
const KEY: u32 = 16;
const COUNTER: u32 = 48;
const NONCE: u32 = 56;
/** The block after the rounds. */
const MIXED: usize = memory.data(64, 8);
/** Bytes of a block, and of a word of it. */
const BLOCK_SIZE: u32 = 64;
const WORD: u32 = 4;
/** Two rounds each: columns, then diagonals. */
const DOUBLE_ROUNDS: u32 = 10;

/** Sets what all CPUs' numbers are made from. */
export function setSeed(seed: u64): void {
  store<u64>(MACHINE, seed, M_SEED);
}

/** x += y; z = (z ^ x) <<< bits, on words of MIXED. */
function mix(x: u32, y: u32, z: u32, bits: u32): void {
  const sum = load<u32>(MIXED + x * WORD) + load<u32>(MIXED + y * WORD);
  store<u32>(MIXED + x * WORD, sum);
  store<u32>(MIXED + z * WORD, rotl<u32>(load<u32>(MIXED + z * WORD) ^ sum, bits));
}

function quarterRound(a: u32, b: u32, c: u32, d: u32): void {
  mix(a, b, d, 16);
  mix(c, d, b, 12);
  mix(a, b, d, 8);
  mix(c, d, b, 7);
}

function doubleRound(): void {
  for (let i: u32 = 0; i < 4; i++) quarterRound(i, 4 + i, 8 + i, 12 + i);
  for (let i: u32 = 0; i < 4; i++)
    quarterRound(i, 4 + ((i + 1) & 3), 8 + ((i + 2) & 3), 12 + ((i + 3) & 3));
}

/** The number at byte `at` (RANDOM_*) of a CPU's next block. */
function draw(s: u32, at: u32): u64 {
  const count = load<u64>(s, S_RANDOM);
  store<u64>(s, count + 1, S_RANDOM);
  memory.copy(BLOCK, CONSTANTS, KEY);
  memory.fill(BLOCK + KEY, 0, COUNTER - KEY);
  store<u64>(BLOCK + KEY, load<u64>(MACHINE, M_SEED));
  store<u64>(BLOCK + COUNTER, count);
  store<u64>(BLOCK + NONCE, load<u32>(s, S_INDEX));
  memory.copy(MIXED, BLOCK, BLOCK_SIZE);
  for (let i: u32 = 0; i < DOUBLE_ROUNDS; i++) doubleRound();
  const low = load<u32>(MIXED + at) + load<u32>(BLOCK + at);
  const high = load<u32>(MIXED + at + WORD) + load<u32>(BLOCK + at + WORD);
  return ((<u64>high) << 32) | low;
}

/** RDRAND and RDSEED, which never fail here: CF is set, the other flags are clear (SDM, volume 2, "RDRAND"). */
export function drawInto(s: u32, record: u32, at: u32): void {
  setAt(load<u32>(record, R_DST), widthOf(record), draw(s, at));
  setArithmeticFlags(s, FLAG_CF);
}
