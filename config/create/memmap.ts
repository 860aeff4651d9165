// The kernel option that keeps memory free (Linux, Documentation/admin-guide/kernel-parameters).
import { hex, type Range } from "../check/ranges.ts";
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

/** The kernel option as it has to stand in /etc/default/grub. */
export const forGrub = (memmap: string): string =>
  `GRUB_CMDLINE_LINUX="${memmap.replace("$", "\\\\\\$")}"`;
