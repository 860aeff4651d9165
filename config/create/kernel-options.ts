// The kernel options that keep memory free and IOMMUs at rest (Linux, Documentation/admin-guide/kernel-parameters).
import { hex, type Range } from "../check/ranges.ts";
import type { Iommu } from "./acpi.ts";
import { linesOf, type Tree } from "./tree.ts";

const MIB = 1n << 20n;
const SUFFIXES: Readonly<Record<string, bigint>> = {
  "": 1n,
  K: 1n << 10n,
  M: 1n << 20n,
  G: 1n << 30n,
  T: 1n << 40n,
  P: 1n << 50n,
  E: 1n << 60n,
};
const NUMBER = "(0x[0-9a-f]+|\\d+)([KMGTPE]?)";
const RESERVED = new RegExp(`^${NUMBER}\\$${NUMBER}$`, "i");
/** What reserves nothing here, by its first characters: memory that is added, ACPI's, persistent, or another type's; all of it. */
const OTHER = new RegExp(`^(exactmap|${NUMBER}([@#!]${NUMBER}|%.*)?)$`, "i");

/** The parts of all memmap= options: each may have several, with commas between them. */
const memmapParts = (tree: Tree): string[] =>
  (linesOf(tree, "/proc/cmdline")[0] ?? "")
    .split(/\s+/)
    .filter((word) => word.startsWith("memmap="))
    .flatMap((word) => word.slice("memmap=".length).split(","));

/** The ranges that memmap= options of the kernel's command line reserve. */
export function reservedRanges(tree: Tree): Range[] {
  const value = (digits: string, unit: string) => BigInt(digits) * SUFFIXES[unit.toUpperCase()]!;
  return memmapParts(tree).flatMap((part) => {
    const [, size, sizeUnit, start, startUnit] = RESERVED.exec(part) ?? [];
    if (size === undefined) return [];
    return [{ size: value(size, sizeUnit!), start: value(start!, startUnit!) }];
  });
}

/** The memmap= options that Linux did not understand: GRUB takes a `$` away that is not quoted. */
export const brokenReservations = (tree: Tree): string[] =>
  memmapParts(tree).filter((part) => !RESERVED.test(part) && !OTHER.test(part));

/** The kernel option that keeps a range free. */
export const memmapOption = ({ start, size }: Range): string =>
  `memmap=${size % MIB === 0n ? `${size / MIB}M` : hex(size)}$${hex(start)}`;

/** Options as they have to stand in /etc/default/grub. */
export const forGrub = (options: string): string =>
  `GRUB_CMDLINE_LINUX="${options.replaceAll("$", "\\\\\\$")}"`;

/** The option that makes Linux leave an IOMMU alone, and what does it, too. */
const IOMMU_OFF: Readonly<Record<Iommu["kind"], { option: string; given: RegExp }>> = {
  amd: { option: "amd_iommu=off", given: /(^|\s)(amd_iommu|iommu)=off(\s|$)/ },
  intel: { option: "intel_iommu=off", given: /(^|\s)(intel_iommu|iommu)=off(\s|$)/ },
};

/** The option that a kernel's command line lacks to leave a machine's IOMMUs alone; undefined: nothing is missing. */
export function missingIommuOption(iommus: readonly Iommu[], line: string): string | undefined {
  const [unit] = iommus;
  if (!unit) return undefined;
  const { option, given } = IOMMU_OFF[unit.kind];
  return given.test(line) ? undefined : option;
}
