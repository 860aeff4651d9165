// The cell that tries every MSR: msr-sweep.asm, assembled, loaded and entered at 0; and what it must see by the lists.
import { type Access, type MsrRow, msrLists, type Vendor } from "../../tools/reference/msrs.ts";

const HEX = `
eb6a000000000000000000000000000000000000000000000000000000000000
0000000000000000000000000000000000000000230100000000000000200000
000000c000300000000001c00020000000000000000000000000000000000000
00000000000000100020000031c08ed88ec08ed0bc00706631c00fa26681fb41
7574680f94066b00e8a600be3800668b1c668b6c046685ed74706689d96631c0
6631d2c6066a00000f3266a358006689165c00bf0000e8a200b007bf02006683
fb1b743466678d8b00feffff6683f978722666678d8b00f8ffff6683f9407218
6689d966a15800668b165c00c6066a00000f30e86500eb03e87700ff06640066
43664d759583c608eb84b02ee8a800b80010e86f00b80020e86900b021e89700
f4ebfd5589e583460202c6066a00015dcf6656665766b80700000066bf020000
0066bef2030000803e6b000074050f01d9eb030f01c1665f665ec3e8d3ff6689
c1662b0e600066a36000a06a0067e3020c02068b8d66008ec189f98b3e6400aa
89cf07c38ec031ffb4ff268a0538e0741d88c489fab90400c1c20488d0240fe8
2600e2f488e0e81f00b020e80900473b3e640075d5b02f5250bafd02eca82074
fb58baf802ee5ac33c0a720204270430ebe5`;

/** The sweep's machine code. */
export const SWEEP: Uint8Array = Uint8Array.from(
  HEX.replaceAll("\n", "").match(/../g) ?? [],
  (digits) => Number.parseInt(digits, 16),
);
/** What it says on COM2 when it is through, and when it has told all of it. */
export const SWEEP_END = ".";
export const SWEEP_TOLD = "!";

/** Where it leaves what came of reads and of writes, a byte for each of SWEPT. */
export const SWEEP_READS = 0x10000;
export const SWEEP_WRITES = 0x20000;
const REFUSED = 1;
const EXIT = 2;
const SKIPPED = 7;
const numbers = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => first + i);
/** The MSRs that it tries. */
export const SWEPT: readonly number[] = [
  ...numbers(0, 0x2000),
  ...numbers(0xc0000000, 0x3000),
  ...numbers(0xc0010000, 0x2000),
];

/** The outcomes, from what it told. */
export function readSweep(text: string): Record<"read" | "write", Uint8Array> {
  const [reads = "", writes = "", end] = text.slice(text.indexOf(SWEEP_END) + 1).split("/");
  if (end !== SWEEP_TOLD) throw new Error(`the sweep did not end: ${text.slice(-100)}`);
  const expand = (changes: string) => {
    const outcomes = new Uint8Array(SWEPT.length);
    for (const change of changes.trim().split(" "))
      outcomes.fill(Number(change.slice(4)), Number.parseInt(change.slice(0, 4), 16));
    return outcomes;
  };
  return { read: expand(reads), write: expand(writes) };
}

/** A cell of a platform on an xAPIC machine: the vendor, and what its permission maps have. */
export interface Bed {
  readonly vendor: Vendor;
  readonly isMapped: (msr: number) => boolean;
}

type Verb = "read" | "write";
/** What lets an access through to the processor, and what makes the core answer it. */
const GRANTED: Readonly<Record<Verb, readonly Access[]>> = {
  read: ["R", "RW", "R_DROP"],
  write: ["W", "RW"],
};
const ANSWERED: Readonly<Record<Verb, readonly Access[]>> = {
  read: ["ZERO", "ZERO_DROP"],
  write: ["DROP", "R_DROP", "ZERO_DROP"],
};
/** Emulated for every cell: the TSC, an offset of its own; PAT, MTRRdefType, EFER's writes. */
const EMULATED: Readonly<Record<Verb, readonly number[]>> = {
  read: [0x277, 0x2ff],
  write: [0x10, 0x2ff, 0xc0000080],
};
/** The x2APIC's registers have tests of their own. */
const isX2apic = (msr: number) => msr >= 0x800 && msr <= 0x83f;

/** What the lists say of an access. */
function ruleOf(list: readonly MsrRow[], verb: Verb, msr: number): "granted" | "answered" | "none" {
  const rows = list.filter(({ first, last }) => msr >= first && msr <= last);
  if (rows.some(({ access }) => GRANTED[verb].includes(access))) return "granted";
  if (rows.some(({ access }) => ANSWERED[verb].includes(access))) return "answered";
  return EMULATED[verb].includes(msr) ? "answered" : "none";
}

/** Whether the outcome of an access is what the rule says. Whether a granted MSR exists is the processor's affair. */
function isRight(rule: ReturnType<typeof ruleOf>, outcome: number, isMapped: boolean): boolean {
  if (rule === "granted") return (outcome & EXIT) === (isMapped ? 0 : EXIT);
  return outcome === (rule === "none" ? EXIT | REFUSED : EXIT);
}

/** Where a sweep differs from the lists, one line for each access; and how many accesses cost no exit. */
export function compareSweep(
  outcomes: Readonly<Record<Verb, Uint8Array>>,
  { vendor, isMapped }: Bed,
): { faults: string[]; free: number } {
  const { cell } = msrLists(vendor);
  const faults: string[] = [];
  let free = 0;
  for (const verb of ["read", "write"] as const)
    SWEPT.forEach((msr, index) => {
      const outcome = outcomes[verb][index] ?? 0;
      if (outcome === SKIPPED) return;
      if (!(outcome & EXIT)) free++;
      const rule = ruleOf(cell, verb, msr);
      const isFine = isX2apic(msr) ? outcome & EXIT : isRight(rule, outcome, isMapped(msr));
      if (!isFine) faults.push(`${verb} of 0x${msr.toString(16)}: ${rule}, outcome ${outcome}`);
    });
  return { faults, free };
}
