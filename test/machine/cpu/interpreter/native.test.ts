import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import { CAMPAIGN_TIMEOUT, share } from "../../../campaign.ts";
import { has } from "../host.ts";
import { Guest, PHYSICAL } from "./guest.ts";
import {
  BASE,
  CODE,
  DATA,
  DATA_SIZE,
  DATA_START,
  Native,
  plainFx,
  type Registers,
} from "./native.ts";
import { ALL_FLAGS, makeSnippet, Random } from "./snippets.ts";

/** Snippets in a run. More of them: npm run campaign -- snippets --cases 1000000 */
const { cases: SNIPPETS, seed: SEED, title } = share({ quick: 20_000, full: 20_000, seed: 20_261 });
const HLT = 0xf4;
const RSP = 4;
const RBP = 5;
const R14 = 14;
const R15 = 15;

function randomRegisters(random: Random): Registers {
  const gpr = BigUint64Array.from({ length: 16 }, () => random.wide());
  gpr[RSP] = BigInt(DATA + 0x600);
  gpr[RBP] = BigInt(DATA);
  gpr[R14] = BigInt(DATA + 0x100);
  gpr[R15] = BigInt(random.below(64));
  return { gpr, flags: BigInt((random.next() & ALL_FLAGS) | 0x202), fx: plainFx() };
}

/** The same snippet on the emulated CPU, in 64-bit mode; the flags come without IF. */
function emulate(guest: Guest, snippet: number[], before: Registers, data: Uint8Array): Registers {
  guest.write(PHYSICAL + CODE - BASE, [...snippet, HLT]);
  guest.write(PHYSICAL + DATA_START - BASE, data);
  for (const [register, value] of before.gpr.entries()) guest.setGpr(register, value);
  guest.set(S.S_FLAGS, before.flags);
  const exit = guest.run(BigInt(CODE));
  expect(exit, "exit").toBe(S.EXIT_HALTED);
  expect(guest.get(S.S_RIP), "rip").toBe(BigInt(CODE + snippet.length + 1));
  data.set(guest.read(PHYSICAL + DATA_START - BASE, DATA_SIZE));
  const gpr = BigUint64Array.from({ length: 16 }, (_, register) => guest.gpr(register));
  return { gpr, flags: guest.get(S.S_FLAGS), fx: before.fx };
}

let only: Native | undefined;
/** The real processor; its code has one place in this process. */
function processor(): Native {
  only ??= new Native();
  return only;
}

const isHere = process.platform === "linux" && process.arch === "x64";

describe("random snippets on the emulated and on the real processor", () => {
  it.skipIf(!isHere)(
    `leave the same registers, flags and memory (Linux on x86-64 only): ${title}`,
    {
      timeout: CAMPAIGN_TIMEOUT,
    },
    () => {
      const random = new Random(SEED);
      const native = processor();
      const guest = new Guest().long(BASE);
      // What a snippet leaves in memory is what the next one finds.
      const data = Uint8Array.from({ length: DATA_SIZE }, () => random.next());
      for (let i = 0; i < SNIPPETS; i++) {
        const { bytes, undefinedFlags } = makeSnippet(random);
        const before = randomRegisters(random);
        const ours = data.slice();
        const wanted = native.run(bytes, before, data);
        const got = emulate(guest, bytes, before, ours);
        const mask = BigInt(ALL_FLAGS & ~undefinedFlags);
        const show = (r: Registers) => [...r.gpr, r.flags & mask].map((word) => word.toString(16));
        const name = `snippet ${i}: ${Buffer.from(bytes).toString("hex")}`;
        if (`${show(got)}` !== `${show(wanted)}`)
          expect({ [name]: show(got), before: show(before) }).toEqual({
            [name]: show(wanted),
            before: show(before),
          });
        if (Buffer.compare(ours, data) !== 0) expect({ [name]: ours }).toEqual({ [name]: data });
      }
      expect(SNIPPETS).toBeGreaterThan(0);
    },
  );
});

describe("RDTSCP and RDPID", () => {
  /** rdtscp; mov r8, rcx; rdpid r9: both show TSC_AUX, the latter in all 64 bits. */
  const CODE_BYTES = [0x0f, 0x01, 0xf9, 0x49, 0x89, 0xc8, 0xf3, 0x49, 0x0f, 0xc7, 0xf9];
  const AUX = 0x89abcdefn;
  /** A system may move the test to another processor in between. */
  const ATTEMPTS = 10;

  const processors = isHere && has("rdpid") ? ["real"] : [];
  it.each(processors)("show the same on the %s processor", () => {
    const native = processor();
    const isSame = () => {
      const before = randomRegisters(new Random(1));
      const { gpr } = native.run(CODE_BYTES, before, new Uint8Array(DATA_SIZE));
      return gpr[8] === gpr[9] && gpr[9]! < 1n << 32n;
    };
    expect(Array.from({ length: ATTEMPTS }, isSame)).toContain(true);
  });

  it("show the same here", () => {
    const guest = new Guest().long(BASE);
    guest.set(S.S_TSC_AUX, AUX);
    const { gpr } = emulate(
      guest,
      CODE_BYTES,
      randomRegisters(new Random(1)),
      new Uint8Array(DATA_SIZE),
    );
    expect([gpr[8], gpr[9]]).toEqual([AUX, AUX]);
  });
});
