// The hypervisor's memory is full from any moment of enable and of a cell's creation on. All or nothing: the request is refused, Linux goes
// on with all CPUs, and once there is memory all works. On the project's PC, each case from one snapshot. All of
// them: npm run campaign -- memory-full --cases 1000
import { afterAll, beforeAll, expect, test } from "vitest";
import { CAMPAIGN_TIMEOUT, share } from "../campaign.ts";
import { Random } from "../machine/cpu/interpreter/snippets.ts";
import { describeLinux } from "./linux.ts";
import type { PcGuest } from "./pc-guest.ts";
import { DISABLE, ENABLE_AND_CELL, PcRounds } from "./pc-rounds.ts";

const { cases: CASES, seed: SEED, title } = share({ quick: 2, full: 4, seed: 1 });
/** How often one looks for pages that were taken, in ticks: at first, and where some were. */
const STRIDE = 50_000;
const STEP = 500;
/** From so many cases on the moments are looked for as closely as that. */
const CLOSELY = 50;
/** The hypervisor's memory (configs/x86/pc-x86.ts). */
const MEMORY = 0x3a000000;
const MEMORY_SIZE = 0x600000;
const PAGE = 4096;
const WORD = 4;
/** How the request ends. */
const NO_MEMORY = /^(?:enable|create): Out of memory$/;
/** What the driver says of it itself. */
const OWN = /jailhouse: /;
/** What the hypervisor says when the machine is taken over. */
const ENABLED = /Page pool usage after late setup: mem (\d+)\/(\d+), remap (\d+)\/(\d+)/;

/** Where a pool's map is (a byte for each page, 1 for those in use), and its book: pages, pages in use, pages promised. */
interface Pool {
  readonly map: number;
  readonly pages: number;
  /** Of the word with the pages in use; the one with those promised is next, where this pool makes promises. */
  readonly book: number;
  readonly promises: boolean;
}

describeLinux("memory is full", () => {
  let rounds: PcRounds;
  let guest: PcGuest;
  let pools: readonly Pool[];
  /** Moments at which pages were taken, in ticks of CPU 0. */
  let moments: readonly number[];

  beforeAll(async () => {
    rounds = await PcRounds.boot();
    guest = rounds.guest;
    pools = findPools();
    moments = findMoments();
  }, CAMPAIGN_TIMEOUT);
  afterAll(() => rounds?.close());

  /** What the hypervisor has said since the start. */
  const said = () => guest.text(0).slice(rounds.start.texts[0]!.length);
  const now = () => guest.pc.time;
  const bytes = (at: number, size: number) => guest.pc.ram.subarray(at, at + size);
  const words = (at: number, count: number) => {
    const { buffer, byteOffset } = bytes(at, count * WORD);
    return new Uint32Array(buffer, byteOffset, count);
  };

  /** The pools of the core and the platform, by what the hypervisor says of them once it is enabled. */
  function findPools(): Pool[] {
    let found: Pool[] = [];
    const end = rounds.every(now() + STRIDE, Number.POSITIVE_INFINITY, STRIDE, () => {
      const usage = found.length === 0 && ENABLED.exec(said());
      if (!usage) return;
      const [used, pages, remapUsed, remapPages] = usage.slice(1).map(Number);
      found = [poolWith(used!, pages!, false), poolWith(remapUsed!, remapPages!, true)];
    });
    guest.check(ENABLE_AND_CELL);
    end();
    expect(found).toHaveLength(2);
    return found;
  }

  /** The one place in the hypervisor's memory where the map of such a pool can be, and the one where its book can. */
  function poolWith(used: number, pages: number, promises: boolean): Pool {
    const maps: number[] = [];
    for (let at = MEMORY; at + pages <= MEMORY + MEMORY_SIZE; at += PAGE) {
      const map = bytes(at, PAGE);
      if (map.subarray(pages).some((byte) => byte !== 0) || map.some((byte) => byte > 1)) continue;
      if (map[0] === 1 && map.reduce((sum, byte) => sum + byte, 0) === used) maps.push(at);
    }
    const all = words(MEMORY, MEMORY_SIZE / WORD);
    const books: number[] = [];
    for (let at = 1; at < all.length - 1; at++)
      if (all[at - 1] === pages && all[at] === used) books.push(MEMORY + at * WORD);
    expect({ maps, books }).toEqual({ maps: [expect.anything()], books: [expect.anything()] });
    return { map: maps[0]!, pages, book: books[0]!, promises };
  }

  const usedPages = () => pools.map(({ book }) => words(book, 1)[0]).join(" ");

  /** Takes all pages that are neither in use nor promised. */
  function fill({ map, pages, book, promises }: Pool): void {
    const [used, promised] = words(book, 2);
    // Before the pool is made.
    if (words(book - WORD, 1)[0] !== pages) return;
    let take = pages - used! - (promises ? promised! : 0);
    const states = bytes(map, pages);
    for (let page = 0; page < pages && take > 0; page++) {
      if (states[page] !== 0) continue;
      states[page] = 1;
      words(book, 1)[0]!++;
      take--;
    }
  }

  /** When pages are taken: as closely as STRIDE, or, for many cases, as STEP. */
  function findMoments(): number[] {
    const changes = (from: number, to: number, period: number) => {
      const ticks: number[] = [];
      let last = usedPages();
      const end = rounds.every(from, to, period, () => {
        const used = usedPages();
        if (used !== last) ticks.push(guest.pc.processors[0]!.time);
        last = used;
      });
      return { ticks, end };
    };
    rounds.restart();
    const rough = changes(now() + STRIDE, Number.POSITIVE_INFINITY, STRIDE);
    guest.check(ENABLE_AND_CELL);
    rough.end();
    if (CASES < CLOSELY) return rough.ticks;
    const fine: number[] = [];
    for (const tick of rough.ticks) {
      rounds.restart();
      const close = changes(tick - STRIDE, tick, STEP);
      guest.check(ENABLE_AND_CELL);
      close.end();
      fine.push(...close.ticks);
    }
    return fine;
  }

  /** After a case: Linux has all that it had, nothing is left, and with memory all works. What was wrong. */
  function settle(): string[] {
    const wrong: string[] = [];
    if (rounds.isEnabled()) {
      const disabled = guest.run(DISABLE);
      if (disabled.status !== 0) wrong.push(`disable: ${disabled.err}`);
    }
    if (!rounds.hasAllCpus()) wrong.push("CPUs are lost");
    wrong.push(...rounds.complaints([OWN]));
    const next = guest.run(ENABLE_AND_CELL);
    if (next.status !== 0) wrong.push(`the next time: ${next.err}`);
    return wrong;
  }

  test(
    `from any moment on: ${title}`,
    () => {
      expect(moments.length).toBeGreaterThan(8);
      const random = new Random(SEED);
      const some = () => moments[random.below(moments.length)]!;
      const ticks = CASES >= moments.length ? moments : Array.from({ length: CASES }, some);
      const outcomes = new Map<string, number>();
      const wrong: string[] = [];
      for (const tick of ticks) {
        rounds.restart();
        const forget = guest.at(0, tick, () => pools.forEach(fill));
        const { status, err } = guest.run(ENABLE_AND_CELL);
        forget();
        const outcome = status === 0 ? "nothing more was needed" : err.trim();
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        const faults = status === 0 || NO_MEMORY.test(outcome) ? [] : ["another reason"];
        faults.push(...settle());
        wrong.push(...faults.map((why) => `full at tick ${tick} (${outcome}): ${why}`));
      }
      const counts = [...outcomes].map(([what, count]) => `${count} × ${what}`).join(", ");
      console.log(`memory full at ${ticks.length} of ${moments.length} moments: ${counts}`);
      expect(wrong).toEqual([]);
    },
    CAMPAIGN_TIMEOUT,
  );
});
