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
};
const OPTION = /\bmemmap=(0x[0-9a-f]+|\d+)([KMG]?)\$(0x[0-9a-f]+|\d+)([KMG]?)/gi;

/** The ranges that memmap= options of the kernel's command line reserve. */
export function reservedRanges(tree: Tree): Range[] {
  const [line = ""] = linesOf(tree, "/proc/cmdline");
  return [...line.matchAll(OPTION)].map(([, size, sizeUnit, start, startUnit]) => ({
    size: BigInt(size as string) * SUFFIXES[(sizeUnit as string).toUpperCase()]!,
    start: BigInt(start as string) * SUFFIXES[(startUnit as string).toUpperCase()]!,
  }));
}

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
