// SHA-256 (FIPS 180-4, section 6.2), incremental and copyable: browsers' own is asynchronous and takes whole messages.

const BLOCK = 64;
const ROUNDS = 64;
const LENGTH_OFFSET = 56;
const TWO_32 = 0x100000000;

/** The first 32 bits of the fractional parts of the `power`th roots of the first `count` primes (sections 4.2.2 and 5.3.3). */
function primeRoots(count: number, power: number): Uint32Array {
  const roots = new Uint32Array(count);
  for (let found = 0, candidate = 2; found < count; candidate++) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++)
      if (candidate % divisor === 0) isPrime = false;
    if (isPrime) roots[found++] = (candidate ** (1 / power) % 1) * TWO_32;
  }
  return roots;
}

const K = primeRoots(ROUNDS, 3);
const INITIAL = primeRoots(8, 2);

/** State of a hash, plain data. */
export interface Sha256State {
  words: number[];
  pending: number[];
  length: number;
}

/** A running SHA-256. */
export class Sha256 {
  readonly #words: Uint32Array = INITIAL.slice();
  readonly #pending: Uint8Array = new Uint8Array(BLOCK);
  readonly #schedule: Uint32Array = new Uint32Array(ROUNDS);
  #length = 0;

  /** Adds bytes. */
  update(bytes: Uint8Array): this {
    let at = 0;
    const used = this.#length % BLOCK;
    this.#length += bytes.length;
    if (used) {
      at = Math.min(BLOCK - used, bytes.length);
      this.#pending.set(bytes.subarray(0, at), used);
      if (used + at < BLOCK) return this;
      this.#compress(this.#pending, 0);
    }
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.#compress(bytes, at);
    this.#pending.set(bytes.subarray(at));
    return this;
  }

  /** The digest of what has been added, as 64 hex digits. The hash can go on. */
  digest(): string {
    const copy = Sha256.restore(this.save());
    const bits = this.#length * 8;
    const used = this.#length % BLOCK;
    const padding = new Uint8Array(
      (used < LENGTH_OFFSET ? LENGTH_OFFSET : BLOCK + LENGTH_OFFSET) - used + 8,
    );
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / TWO_32));
    view.setUint32(padding.length - 4, bits % TWO_32);
    copy.update(padding);
    return [...copy.#words].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  save(): Sha256State {
    const pending = [...this.#pending.subarray(0, this.#length % BLOCK)];
    return { words: [...this.#words], pending, length: this.#length };
  }

  static restore(state: Sha256State): Sha256 {
    const hash = new Sha256();
    hash.#words.set(state.words);
    hash.#pending.set(state.pending);
    hash.#length = state.length;
    return hash;
  }

  #compress(bytes: Uint8Array, start: number): void {
    const w = this.#schedule;
    for (let t = 0, at = start; t < 16; t++, at += 4)
      w[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    for (let t = 16; t < ROUNDS; t++) {
      const x = w[t - 15]!;
      const y = w[t - 2]!;
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[t] = w[t - 16]! + s0 + w[t - 7]! + s1;
    }
    this.#rounds(w);
  }

  #rounds(w: Uint32Array): void {
    const words = this.#words;
    let [a, b, c, d, e, f, g, h] = words as unknown as [
      ...[number, number, number, number],
      ...[number, number, number, number],
    ];
    for (let t = 0; t < ROUNDS; t++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    const result = [a, b, c, d, e, f, g, h];
    for (let index = 0; index < words.length; index++) words[index]! += result[index]!;
  }
}

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}
