// The cell that tries every MSR: msr-sweep.asm, assembled, loaded and entered at 0; and what its cell must see by the lists.
import { type Access, type MsrRow, msrLists, type Vendor } from "../../tools/reference/msrs.ts";

const HEX = `
eb68000000000000000000000000000000000000000000000000000000000000
0000000000000000000000000000000000000000120100000000000000200000
000000c000300000000001c00020000000000000000000000000000000000000
00000000ffff7277000031c08ed88ec08ed0bc00706631c00fa26681fb417574
680f94066900e89700be3800668b1c668b6c046685ed7472c7066400ffff6689
d96631c06631d2c6066800000f3266a358006689165c00bf0000e88d00b007bf
01006683fb1b743466678d8b00feffff6683f978722666678d8b00f8ffff6683
f94072186689d966a15800668b165c00c6066800000f30e85000eb03e8620066
43664d759983c608eb82b02ee88b00f4ebfd5589e583460202c6066800015dcf
6656665766b80700000066bf0200000066bef2030000803e69000074050f01d9
eb030f01c1665f665ec3e8d3ff6689c1662b0e600066a36000a0680067e3020c
023a856400743288856400508a856600e827006689dab9080066c1c20488d024
0f3c0a720204270430e80e00e2eb580430e80600b00ae80100c35250bafd02ec
a82074fb58baf802ee5ac3`;

/** The sweep's machine code. */
export const SWEEP: Uint8Array = Uint8Array.from(
  HEX.replaceAll("\n", "").match(/../g) ?? [],
  (digits) => Number.parseInt(digits, 16),
);

/** It was refused; it cost an exit; it was not tried. */
const REFUSED = 1;
const EXIT = 2;
const SKIPPED = 7;
/** The MSRs that it tries, by the first and the last of each part. */
const PARTS = [
  [0, 0x1fff],
  [0xc0000000, 0xc0002fff],
  [0xc0010000, 0xc0011fff],
] as const;
const LINE = /^([rw])([0-9a-f]{8})([0-7])$/;

/** What a cell has seen of an MSR. */
export interface Seen {
  readonly isRefused: boolean;
  readonly hasExit: boolean;
}

/** Reads what the sweep has printed: by MSR, what came of reads (r) and writes (w) that were tried. */
export function readSweep(text: string): Record<"r" | "w", Map<number, Seen>> {
  const lines = text.replaceAll("\r", "").split("\n");
  if (lines.pop() !== ".") throw new Error(`the sweep did not end: ${text.slice(-200)}`);
  const runs = lines.map((line) => {
    const [, verb, first, outcome] = LINE.exec(line) ?? [];
    if (!verb) throw new Error(`the sweep printed ${JSON.stringify(line)}`);
    return { verb, first: Number.parseInt(first!, 16), outcome: Number(outcome) };
  });
  const result = { r: new Map<number, Seen>(), w: new Map<number, Seen>() };
  for (const verb of ["r", "w"] as const)
    for (const [first, last] of PARTS) {
      const own = runs.filter(
        (run) => run.verb === verb && run.first >= first && run.first <= last,
      );
      own.forEach((run, index) => {
        const end = own[index + 1]?.first ?? last + 1;
        if (run.outcome === SKIPPED) return;
        const seen = {
          isRefused: (run.outcome & REFUSED) !== 0,
          hasExit: (run.outcome & EXIT) !== 0,
        };
        for (let msr = run.first; msr < end; msr++) result[verb].set(msr, seen);
      });
    }
  return result;
}

/** A cell of a platform on an xAPIC machine: the vendor, and what its permission maps have. */
export interface Bed {
  readonly vendor: Vendor;
  readonly isMapped: (msr: number) => boolean;
}

/** Emulated for every cell: PAT, MTRRdefType, EFER's writes. */
const EMULATED = { r: [0x277, 0x2ff], w: [0x2ff, 0xc0000080] };
/** The x2APIC's registers have tests of their own. */
const isX2apic = (msr: number) => msr >= 0x800 && msr <= 0x83f;

/** Whether the access is granted, or answered by the core: what the lists say. */
function rule(
  rows: readonly MsrRow[],
  verb: "r" | "w",
  msr: number,
): "granted" | "answered" | "none" {
  const granted: readonly Access[] = verb === "r" ? ["R", "RW", "R_DROP"] : ["W", "RW"];
  const answered: readonly Access[] =
    verb === "r" ? ["ZERO", "ZERO_DROP"] : ["DROP", "R_DROP", "ZERO_DROP"];
  const names = rows.filter(({ first, last }) => msr >= first && msr <= last);
  if (names.some(({ access }) => granted.includes(access))) return "granted";
  if (names.some(({ access }) => answered.includes(access))) return "answered";
  return EMULATED[verb].includes(msr) ? "answered" : "none";
}

/** Where a sweep differs from the lists, one line for each MSR; and how many accesses cost no exit. */
export function compareSweep(text: string, bed: Bed): { faults: string[]; free: number } {
  const { cell } = msrLists(bed.vendor);
  const seen = readSweep(text);
  const faults: string[] = [];
  let free = 0;
  for (const verb of ["r", "w"] as const)
    for (const [msr, { isRefused, hasExit }] of seen[verb]) {
      const wanted = rule(cell, verb, msr);
      if (!hasExit) free++;
      const isFree = wanted === "granted" && bed.isMapped(msr);
      const isWrong = wanted !== "granted" && isRefused !== (wanted === "none");
      if (isX2apic(msr) ? !hasExit : hasExit === isFree || isWrong)
        faults.push(
          `${verb} 0x${msr.toString(16)}: ${wanted}, but ${isRefused ? "refused" : "done"}, ${hasExit ? "an exit" : "no exit"}`,
        );
    }
  return { faults, free };
}
