// F2XM1, FYL2X, FPTAN, FPATAN, FYL2XP1, FSINCOS, FSIN and FCOS as instructions: stack faults, exceptions masked or not, tags and condition
// codes as on the processor that runs the tests, results within a unit of the last place.
import { describe, expect, it } from "vitest";
import { CAMPAIGN_TIMEOUT, share } from "../../../campaign.ts";
import { extendedAt, isWithin } from "../float/ulps.ts";
import { IS_AMD } from "../host.ts";
import { Random } from "../interpreter/snippets.ts";
import { GuestX87 } from "./guest.ts";
import { NativeX87, type Words } from "./native.ts";
import { AFTER_AT, BEFORE_AT, makeData, makeState, POINTERS } from "./sequences.ts";

const { cases, seed, title } = share({ quick: 4000, full: 20000, seed: 88 });
const REGISTERS = 8;
const FIRST_REGISTER = 32;
const REGISTER_SIZE = 16;
const C1 = 0x200;
const ULPS = IS_AMD ? 1n : 4n;
const BIAS = 0x3fff;
const FYL2XP1 = 0xf9;
/** ModRM bytes after D9. */
const FUNCTIONS = [0xf0, 0xf1, 0xf2, 0xf3, FYL2XP1, 0xfb, 0xfe, 0xff];

/** Control word, status word but for C1, which goes with the last place, and tags. */
function words(view: DataView): string {
  const status = view.getUint16(2, true) & ~C1;
  return [view.getUint16(0, true), IS_AMD ? status : 0, view.getUint8(4)]
    .map((x) => x.toString(16))
    .join(" ");
}

function registers(view: DataView): bigint[] {
  return Array.from({ length: REGISTERS }, (_, i) =>
    extendedAt(view, FIRST_REGISTER + i * REGISTER_SIZE),
  );
}

/** Whether FYL2XP1 has an operand of -1 or less, of which the manuals say nothing. */
function isUndefined(modrm: number, first: bigint): boolean {
  return modrm === FYL2XP1 && Number(first >> 64n) >= 0x8000 + BIAS;
}

/** Runs a random case on both; a text if they differ. */
function play(guest: GuestX87, native: NativeX87, random: Random): string {
  const modrm = random.pick(FUNCTIONS);
  const data = makeData(random);
  data.set(makeState(random), BEFORE_AT);
  const first = extendedAt(new DataView(data.buffer), FIRST_REGISTER);
  if (isUndefined(modrm, first)) return "";
  const start: Words = [0n, 0x202n, ...POINTERS];
  const theirs = data.slice();
  const { saved, fault } = guest.run([0xd9, modrm], start, data);
  native.run([0xd9, modrm], start, theirs);
  const theirFault = native.takeFault();
  const [ours, expected] = [new DataView(saved.buffer), new DataView(theirs.buffer, AFTER_AT)];
  const isAlike = words(ours) === words(expected) && (fault === "") === (theirFault === undefined);
  const wanted = registers(expected);
  if (isAlike && registers(ours).every((value, i) => isWithin(value, wanted[i]!, ULPS))) return "";
  const show = (view: DataView) => `${words(view)} ${registers(view).map((x) => x.toString(16))}`;
  return `d9${modrm.toString(16)} of ${show(new DataView(theirs.buffer))}\n found  ${show(ours)} ${fault}\n native ${show(expected)}\n`;
}

const isHere = process.platform === "linux" && process.arch === "x64";
describe.skipIf(!isHere)("transcendental instructions", () => {
  it(
    `do what those of the processor do (${title})`,
    () => {
      const guest = new GuestX87();
      const native = new NativeX87();
      const random = new Random(seed);
      const wrong: string[] = [];
      native.withFaults(() => {
        for (let i = 0; i < cases && wrong.length < 10; i++) {
          const text = play(guest, native, random);
          if (text !== "") wrong.push(text);
        }
      });
      expect(wrong.join("")).toBe("");
    },
    CAMPAIGN_TIMEOUT,
  );
});
