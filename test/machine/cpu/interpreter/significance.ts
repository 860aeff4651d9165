// Where processors may differ: what does not count of a difference between ours and the one that runs the tests.
import type { Row } from "../../../../tools/instructions.ts";
import { IS_AMD } from "../host.ts";

const LANES = { dpps: 32, dppd: 64 } as const;
/** Exponents of NaNs, as text. */
const NAN = { dpps: /^[7f]f[c-f]/, dppd: /^[7f]ff[8-f]/ } as const;

/** Whether two sums of DPPS or DPPD, high lane first, are the same but for which NaN they are. */
function isSameSum(name: keyof typeof LANES, difference: string): boolean {
  const letters = LANES[name] / 4;
  const split = (text: string) => text.match(new RegExp(`.{${letters}}`, "g"))!;
  const [, found, wanted] = /^xmm\d+ (\w+), not (\w+)$/.exec(difference) ?? [];
  if (found === undefined || wanted === undefined) return false;
  const [ours, theirs] = [split(found), split(wanted)];
  const isNan = (lane: string) => NAN[name].test(lane);
  return ours.every((lane, i) => lane === theirs[i] || (isNan(lane) && isNan(theirs[i]!)));
}

/** How far RCPPS, RSQRTPS and their kin may be from the truth, relatively (Intel SDM volume 2). */
const APPROXIMATION = 1.5 * 2 ** -12;

/** Whether two lists of approximations, high lane first, can be of the same numbers. */
function isSameApproximation(difference: string): boolean {
  const [, found, wanted] = /^xmm\d+ (\w+), not (\w+)$/.exec(difference) ?? [];
  if (found === undefined || wanted === undefined) return false;
  const lanes = (text: string) => {
    const view = new DataView(Uint8Array.from(Buffer.from(text, "hex")).buffer);
    return [0, 4, 8, 12].map((at) => view.getFloat32(at));
  };
  const theirs = lanes(wanted);
  return lanes(found).every((value, i) => {
    const other = theirs[i]!;
    if (Object.is(value, other)) return true;
    return Math.abs(value - other) <= 2 * APPROXIMATION * Math.abs(other);
  });
}

/**
 * Whether a difference counts; its text starts with the register's name, `fault` is the processor's, or "". Where the makers'
 * processors differ, other than in approximations, the PC does as AMD's: Intel's check the alignment of SHA's operands, take the x87's stack for MMX before they store
 * or convert, put back the flags of a repeated comparison that faults, and have other NaNs of several in DPPS and DPPD, and other flags
 * where these raise #XM.
 */
export function isSignificant(row: Row, difference: string, fault: string): boolean {
  if (/^VR(CP|SQRT)$/.test(row.operation)) return !isSameApproximation(difference);
  if (IS_AMD) return true;
  const name = row.mnemonic;
  if (name.startsWith("sha")) return !fault.startsWith("#13(");
  if (name === "dpps" || name === "dppd")
    return !(isSameSum(name, difference) || (fault !== "" && difference.startsWith("MXCSR ")));
  const isOfX87 = /^(FSW|FTW|st\d) /.test(difference);
  if (/^cvt.*(pi2|2pi)/.test(name)) return !isOfX87;
  if (fault === "") return true;
  if (/^(CMPS|SCAS)$/.test(row.operation)) return !difference.startsWith("flags ");
  return !(row.attributes.includes("mmx") && isOfX87);
}
