// The lists of MSRs in hypervisor/x86/msr/, as data for tests and as docs/msrs.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";

export type Vendor = "amd" | "intel";
/** What rights.ts names. */
export type Access = "R" | "W" | "RW" | "ZERO" | "DROP" | "R_DROP" | "ZERO_DROP";

/** Registers `first` to `last`. */
export interface MsrRow {
  readonly first: number;
  readonly last: number;
  readonly access: Access;
  /** Name, and the manual's section in parentheses. */
  readonly comment: string;
}

export interface MsrLists {
  /** Of all cells. */
  readonly cell: readonly MsrRow[];
  /** What the root cell has beyond, but it reads all that is not ZERO here. */
  readonly root: readonly MsrRow[];
}

const WORDS: Readonly<Record<Access, string>> = {
  R: "read",
  W: "write",
  RW: "read, write",
  ZERO: "reads as 0",
  DROP: "writes ignored",
  R_DROP: "read, writes ignored",
  ZERO_DROP: "reads as 0, writes ignored",
};
const LIST = /^export const [A-Z]+_(CELL|ROOT): usize = memory\.data<u32>\(\[\n([\s\S]*?)\n\]\);/gm;
const ROW = /^ {2}(0x[0-9a-f]{8}), (0x[0-9a-f]{8}), ([A-Z_]+), \/\/ (.+)$/;
const END = "  0, 0, 0,";

function readRow(line: string, path: string): MsrRow {
  const [, first, last, access, comment = ""] = ROW.exec(line) ?? [];
  if (!access || !(access in WORDS)) throw new Error(`${path}: this is no row of a list: ${line}`);
  return { first: Number(first), last: Number(last), access: access as Access, comment };
}

/** The lists of a vendor, as the sources have them. */
export function msrLists(vendor: Vendor): MsrLists {
  const path = `hypervisor/x86/msr/${vendor}.ts`;
  const lists = new Map<string, MsrRow[]>();
  for (const [, name = "", body = ""] of readFileSync(join(ROOT, path), "utf8").matchAll(LIST)) {
    const lines = body.split("\n");
    if (lines.pop() !== END) throw new Error(`${path}: a list has no end`);
    lists.set(
      name,
      lines.map((line) => readRow(line, path)),
    );
  }
  const [cell, root] = [lists.get("CELL"), lists.get("ROOT")];
  if (!cell || !root) throw new Error(`${path}: a list is missing`);
  return { cell, root };
}

const hex = (value: number) => `0x${value.toString(16)}`;

function table(rows: readonly MsrRow[]): string[] {
  const lines = rows.map(({ first, last, access, comment }) => {
    const range = first === last ? hex(first) : `${hex(first)} to ${hex(last)}`;
    return `| ${range} | ${WORDS[access]} | ${comment} |`;
  });
  return [
    "| MSR | allowed | what, and the manual's section |",
    "| --- | --- | --- |",
    ...lines,
    "",
  ];
}

function vendorSection(title: string, vendor: Vendor): string[] {
  const { cell, root } = msrLists(vendor);
  return [
    `## ${title}: every cell`,
    "",
    ...table(cell),
    `## ${title}: the root cell, beyond that`,
    "",
    ...table(root),
  ];
}

/** The text of docs/msrs.md. */
export function msrPage(): string {
  return [
    "# Model-specific registers",
    "",
    "Made by `npm run reference` from the lists in [hypervisor/x86](../hypervisor/README.md), of which the permission maps are made.",
    "",
    "- **A cell** has what is listed, and nothing else: other accesses raise #GP. A write to 0x1b or 0x200 to 0x277, or a PAT (0x277)",
    "  with a type that does not exist, stops its CPU with a report, as the original does.",
    "- **The root cell** reads everything but what shows the hypervisor's own state. A write that is not listed raises #GP and is recorded",
    "  once for each register: `jailhouse explain` shows it. It never stops a CPU.",
    "- **Emulated** for all: PAT (0x277), the enable bit of MTRRdefType (0x2ff), writes of EFER (the bits that CPUID announces); and the",
    "  x2APIC (0x800 to 0x83f, on AMD 0x840 to 0x853) where the CPU is in xAPIC mode.",
    "- **In x2APIC mode** a cell uses the x2APIC directly. The ICR (0x830) is emulated: interrupts reach the cell's own CPUs. Writes of local",
    "  vectors (0x82f, 0x832 to 0x837, 0x850 to 0x853) are checked, because AMD's have a delivery mode, the timer's and the error's too,",
    "  and so is that of the extended control (0x841). EOI, TPR, SVR, the timer's counts and divider are not. The root cell is in the mode",
    "  that Linux has chosen; other cells are in x2APIC mode wherever they can be (hypervisor/x86/interrupts/apic.ts).",
    "- What no permission map has (such as 0xc0002000 to 0xc0002fff) always exits; the hypervisor then does what is listed.",
    "",
    'Sections for AMD are those of the AMD64 Architecture Programmer\'s Manual, volume 2; "PPR" is the Processor Programming Reference of a',
    "family. For Intel they are tables of the Software Developer's Manual, volume 4.",
    "",
    ...vendorSection("AMD", "amd"),
    ...vendorSection("Intel", "intel"),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}
