// Who has a line of /proc/iomem or /proc/ioports, by its name (Linux: kernel/resource.c, arch/x86/kernel/e820.c, drivers).
import { type Range, uncovered } from "../check/ranges.ts";
import { oneLine, printable } from "../printable.ts";
import { everyResource, type Resource } from "./resources.ts";

/**
 * `ram`: Linux runs in it. `persistent`: memory that a driver has. `window`: addresses that a bus passes on, which only what
 * is in them uses. `nothing`: a gap that Linux keeps. `played`: the hypervisor plays it or keeps it. `firmware`: reserved.
 * `held`: a driver, or firmware by the name of a device, has it; every other name is that.
 */
export type Claim = "ram" | "persistent" | "window" | "nothing" | "played" | "firmware" | "held";

/** Kernels before 4.16 write `reserved`, those from 6.8 on `PCI ECAM`. */
const CLAIMS: readonly (readonly [RegExp, Claim])[] = [
  [/^System RAM/, "ram"],
  [/^(Persistent Memory|Soft Reserved)/, "persistent"],
  [/^(PCI Bus|PCI CardBus|CXL Window) /, "window"],
  [/^RAM buffer$/, "nothing"],
  [
    /^(Local APIC|IOAPIC \d+|dmar\d+|amd_iommu|PCI (MMCONFIG|ECAM) .*|PCI conf[12]|Jailhouse hypervisor|GIC[CDHRV]( .*)?)$/,
    "played",
  ],
  [
    /^(reserved|ACPI Tables|ACPI Non-volatile Storage|Un\w+ (E820 type|memory)|type \d+)$/i,
    "firmware",
  ],
];

/** Who has a line of this name. */
export const claimOf = (name: string): Claim =>
  CLAIMS.find(([pattern]) => pattern.test(name))?.[1] ?? "held";

/** All lines that somebody of `claims` has, the outer ones before what is in them. */
export const claimed = (lines: readonly Resource[], ...claims: readonly Claim[]): Resource[] =>
  [...everyResource(lines)].filter(({ name }) => claims.includes(claimOf(name)));

/** What of a line is not where it should be. */
export interface Unlisted {
  readonly line: Resource;
  readonly holes: readonly Range[];
}

/** The parts of lines that none of `known` has, each part once, under the name of the first line that has it. */
export function unlisted(lines: readonly Resource[], known: readonly Range[]): Unlisted[] {
  const seen = [...known];
  return lines.flatMap((line) => {
    const holes = uncovered(line, seen);
    seen.push(...holes);
    return holes.length > 0 ? [{ line, holes }] : [];
  });
}

/** A line as people see it there, whatever a device calls itself. */
export const lineText = ({ text }: Resource): string => printable(oneLine(text));
