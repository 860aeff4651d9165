// What of two runs must be the same: all that the program or the world outside can see.
import * as S from "../../../../machine/cpu/interface.ts";
import { visible } from "../interpreter/fuzz.ts";
import type { World } from "./world.ts";

const NAMES: Record<number, string> = {
  [S.S_RIP]: "RIP",
  [S.S_FLAGS]: "RFLAGS",
  [S.S_TIME]: "time",
  [S.S_PENDING]: "pending events",
  [S.S_CR2]: "CR2",
  [S.S_INSTRUCTIONS]: "instructions",
};
const WORD = 16;

function stateDifference(one: World, other: World): string | undefined {
  const [a, b] = [visible(one.guest), visible(other.guest)];
  if (a === b) return undefined;
  const found: string[] = [];
  for (let at = 0; at < a.length; at += WORD) {
    const offset = at / 2;
    if (a.slice(at, at + WORD) === b.slice(at, at + WORD)) continue;
    const name = offset < S.S_RIP ? `register ${offset / 8}` : NAMES[offset];
    const [mine, theirs] = [one, other].map(({ guest }) => guest.get(offset).toString(16));
    found.push(`${name ?? `state + 0x${offset.toString(16)}`} ${mine}, not ${theirs}`);
  }
  return found.join("; ");
}

function logDifference(one: World, other: World): string | undefined {
  const length = Math.max(one.log.length, other.log.length);
  for (let i = 0; i < length; i++)
    if (one.log[i] !== other.log[i]) return `event ${i}: "${one.log[i]}", not "${other.log[i]}"`;
  return undefined;
}

function memoryDifference(one: World, other: World): string | undefined {
  const [mine, theirs] = [one.memory(), other.memory()];
  for (const [i, bytes] of mine.entries()) {
    if (Buffer.compare(bytes, theirs[i]!) === 0) continue;
    const at = bytes.findIndex((byte, index) => byte !== theirs[i]![index]);
    return `${i === 0 ? "page tables" : "memory"} at + 0x${at.toString(16)}`;
  }
  return undefined;
}

/** How a world after a run differs from another one in which the same program ran; undefined if it does not. */
export function difference(one: World, other: World): string | undefined {
  const instructions = [one, other].map(({ guest }) => guest.get(S.S_INSTRUCTIONS));
  const found = [
    logDifference(one, other),
    stateDifference(one, other),
    memoryDifference(one, other),
  ];
  if (instructions[0] !== instructions[1])
    found.push(`${instructions.join(", not ")} instructions`);
  return found.filter((text) => text !== undefined).join("; ") || undefined;
}
