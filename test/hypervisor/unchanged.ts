// "Refused, and nothing has changed": the core's memory and the platform's state before and after a call, bit for bit. Left
// out are the console page and the words that any call at all changes (the counters of exits and of
// warnings).
import { expect } from "vitest";
import { HC_HYPERVISOR_GET_INFO } from "../../abi/hypercall.ts";
import type { FakePlatform } from "./fake-platform.ts";

const PAGE = 4096;
const UNKNOWN_CALL = 0xbad;

/** A copy of the core's memory, as words, without the console page. */
function image(platform: FakePlatform): Uint32Array {
  const bytes = platform.memory.buffer.slice(0);
  const page = platform.core.consolePage();
  new Uint8Array(bytes).fill(0, page, page + PAGE);
  return new Uint32Array(bytes);
}

/** Compares the platform with what it was. */
export class Watch {
  readonly #platform: FakePlatform;
  readonly #noise: number[] = [];

  /** Begins with a harmless call and an unknown one on each CPU, to learn what every call changes. */
  constructor(platform: FakePlatform) {
    this.#platform = platform;
    const before = image(platform);
    platform.cpus.forEach((_, cpu) => {
      platform.hypercall(cpu, HC_HYPERVISOR_GET_INFO, 99n);
      platform.hypercall(cpu, UNKNOWN_CALL);
    });
    const after = image(platform);
    before.forEach((word, index) => {
      if (word !== after[index]) this.#noise.push(index);
    });
  }

  #quiet(): Buffer {
    const words = image(this.#platform);
    for (const index of this.#noise) words[index] = 0;
    return Buffer.from(words.buffer);
  }

  /** Runs `action` and returns its result; if that is negative, nothing may have changed. */
  run(action: () => number): number {
    const memory = this.#quiet();
    const state = this.#platform.snapshot();
    const result = action();
    if (result < 0) {
      expect(memory.equals(this.#quiet()), "the core's memory has changed").toBe(true);
      expect(this.#platform.snapshot() === state, "the platform has changed").toBe(true);
    }
    return result;
  }

  /**
   * The same, quickly, for many calls: the platform cannot have changed if it was given no orders but to reserve, which
   * keeps nothing when it refuses.
   */
  runQuickly(action: () => number): number {
    const memory = this.#quiet();
    this.#platform.takeRecord();
    const { commWrites } = this.#platform;
    const result = action();
    if (result < 0) {
      expect(memory.equals(this.#quiet()), "the core's memory has changed").toBe(true);
      expect(this.#platform.commWrites).toBe(commWrites);
      const orders = this.#platform.takeRecord();
      expect(orders.filter((order) => !order.startsWith("reserve"))).toEqual([]);
    }
    return result;
  }
}
