// Kernels whose bytes were changed, and cut short: each is refused in one line, or boots; neither reads or writes beyond what it may.
import * as fc from "fast-check";
import { expect } from "vitest";
import { MachineError } from "../../error.ts";
import type { Pc } from "../../pc.ts";
import type { BootFile } from "../image.ts";
import { bootKernel } from "../kernel.ts";
import { file } from "./images.ts";

const RUNS = 1500;
/** Fewest images that must boot, and that must be refused. */
const LEAST = 100;
/** What stands beside a file in its buffer. */
const NEIGHBOUR = 0xaa;
const BESIDE = 32;
const NO_RAM = Buffer.alloc(0x20000);
/** Bytes of cpu.wasm's own memory that are compared. */
const OWN = 0x1000;

export interface Mutations {
  readonly seed: number;
  /** What is changed, one of them at a time. */
  readonly originals: readonly BootFile[];
  /** Where a change may be. */
  readonly at: fc.Arbitrary<number>;
  readonly mostChanges: number;
  /** Greatest length that a file is cut to. */
  readonly longestCut: number;
  /** What must be true of a machine that has booted. */
  readonly booted: (pc: Pc) => void;
}

/** Bytes with changes, cut short, in the middle of a larger buffer whose other bytes are not the file's. */
function mutated(
  original: BootFile,
  changes: readonly { at: number; size: number; value: number }[],
  cut: number | null,
): Uint8Array {
  const bytes = original.data.slice();
  for (const { at, size, value } of changes)
    for (let i = 0; i < size; i++) if (at + i < bytes.length) bytes[at + i] = value >>> (8 * i);
  const buffer = new Uint8Array(bytes.length + 2 * BESIDE).fill(NEIGHBOUR);
  buffer.set(bytes, BESIDE);
  return buffer.subarray(BESIDE, BESIDE + Math.min(cut ?? bytes.length, bytes.length));
}

/** Boots mutated images on a machine. */
export function playMutations(pc: Pc, mutations: Mutations): void {
  const { seed, originals, at, mostChanges, longestCut, booted } = mutations;
  const { memory } = pc.options;
  const outcomes = { refused: 0, booted: 0 };
  const limits = [0, 1, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];
  const value = fc.oneof(
    fc.constantFrom(...limits, memory, 0xa0000),
    fc.integer({ min: 0, max: 0xffffffff }),
  );
  const change = fc.record({ at, size: fc.constantFrom(1, 2, 4), value });
  const own = () => new Uint8Array(pc.memory.buffer, 0, OWN);
  const property = fc.property(
    fc.constantFrom(...originals),
    fc.array(change, { minLength: 1, maxLength: mostChanges }),
    fc.option(fc.nat(longestCut)),
    (original, changes, cut) => {
      const image = { name: "kernel", data: mutated(original, changes, cut) };
      pc.ram.fill(0);
      const before = own().slice();
      try {
        bootKernel(pc, { image, modules: [file([1], "m")], commandLine: "x" });
        outcomes.booted++;
        booted(pc);
        const ram = Buffer.from(pc.ram.buffer, pc.ramBase, memory);
        expect(ram.includes(Buffer.alloc(8, NEIGHBOUR))).toBe(false);
      } catch (error) {
        if (!(error instanceof MachineError)) throw error;
        expect(error.message).not.toContain("\n");
        outcomes.refused++;
      }
      expect(Buffer.compare(own(), before)).toBe(0);
      expect(Buffer.compare(pc.ram.subarray(0xa0000, 0xc0000), NO_RAM)).toBe(0);
    },
  );
  fc.assert(property, { numRuns: RUNS, seed });
  expect(Math.min(outcomes.refused, outcomes.booted)).toBeGreaterThan(LEAST);
}
