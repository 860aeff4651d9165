// How a module's data lies in the image: start.c unpacks it. Most of it is texts in UTF-16 and zeros between structures.
// A token is a byte; what follows it depends on its upper bits:
//   0nnnnnnn           n + 1 bytes as they are
//   10nnnnnn           n + 1 bytes, each to be followed by a zero
//   11nnnnnn mmmmmmmm  nothing; nm + 1 zeros (n is the upper part)

const PLAIN_MAX = 0x80;
const WIDE = 0x80;
const WIDE_MAX = 0x40;
const ZEROS = 0xc0;
const ZEROS_MAX = 0x4000;

/** A way to pack the bytes from some place on: the token's kind, how many units, and the size of it and all that follows. */
interface Step {
  readonly kind: "plain" | "wide" | "zeros";
  readonly count: number;
  readonly cost: number;
}

/** The cheapest first step at `at`, where `zeros` begin; `costs` has what is needed from each later place on. */
function bestStep(data: Uint8Array, at: number, zeros: number, costs: readonly number[]): Step {
  let best: Step = { kind: "plain", count: 1, cost: Number.POSITIVE_INFINITY };
  const consider = (kind: Step["kind"], count: number, own: number, next: number) => {
    const cost = own + costs[next]!;
    if (cost < best.cost) best = { kind, count, cost };
  };
  for (let count = 1; count <= PLAIN_MAX && at + count <= data.length; count++)
    consider("plain", count, 1 + count, at + count);
  for (let count = 1; count <= WIDE_MAX && at + 2 * count <= data.length; count++) {
    if (data[at + 2 * count - 1] !== 0) break;
    consider("wide", count, 1 + count, at + 2 * count);
  }
  if (zeros > 0) consider("zeros", zeros, 2, at + zeros);
  return best;
}

/** The tokens for `data`, as few bytes as possible. */
export function pack(data: Uint8Array): number[] {
  const steps: Step[] = [];
  const costs: number[] = [];
  costs[data.length] = 0;
  let zeros = 0;
  for (let at = data.length - 1; at >= 0; at--) {
    zeros = data[at] === 0 ? Math.min(zeros + 1, ZEROS_MAX) : 0;
    steps[at] = bestStep(data, at, zeros, costs);
    costs[at] = steps[at]!.cost;
  }
  const packed: number[] = [];
  for (let at = 0; at < data.length; ) {
    const { kind, count } = steps[at]!;
    if (kind === "zeros") packed.push(ZEROS | ((count - 1) >> 8), (count - 1) & 0xff);
    else packed.push((kind === "wide" ? WIDE : 0) | (count - 1));
    const width = kind === "wide" ? 2 : 1;
    if (kind !== "zeros")
      for (let unit = 0; unit < count; unit++) packed.push(data[at + unit * width]!);
    at += count * width;
  }
  return packed;
}

/** What start.c does: the data of tokens. */
export function unpack(packed: readonly number[]): Uint8Array {
  const data: number[] = [];
  for (let at = 0; at < packed.length; ) {
    const token = packed[at++]!;
    if (token >= ZEROS) {
      const count = (((token & (WIDE_MAX - 1)) << 8) | packed[at++]!) + 1;
      data.push(...new Array<number>(count).fill(0));
      continue;
    }
    const wide = token >= WIDE;
    for (let unit = token & (wide ? WIDE_MAX - 1 : PLAIN_MAX - 1); unit >= 0; unit--)
      data.push(packed[at++]!, ...(wide ? [0] : []));
  }
  return Uint8Array.from(data);
}
