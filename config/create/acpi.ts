// The ACPI tables that say what no bus does: I/O APICs (MADT), PCI's configuration space (MCFG), IOMMUs (DMAR, IVRS).
// ACPI Specification 6.4, section 5.2; PCI Firmware Specification 3.2; Intel VT-d 3.3, section 8; AMD IOMMU 3.06, section 5.2.
import type { Tree } from "./tree.ts";

const TABLES = "/sys/firmware/acpi/tables/";
const HEADER_SIZE = 36;

export interface IoApic {
  readonly id: number;
  readonly address: number;
  /** Number of its first interrupt among those of all. */
  readonly first: number;
}

export interface Mmconfig {
  readonly base: bigint;
  readonly segment: number;
  readonly endBus: number;
}

export interface Iommu {
  readonly kind: "intel" | "amd";
  readonly base: bigint;
  readonly size: number;
  /** AMD's: its function, and the offset of its capability. */
  readonly bdf: number;
  readonly capability: number;
  readonly features: number;
  /** I/O APICs behind it: id, and the function as which they send messages. */
  readonly ioapics: ReadonlyMap<number, number>;
}

function table(tree: Tree, name: string): DataView | undefined {
  const bytes = tree.read(TABLES + name);
  if (!bytes || bytes.length < HEADER_SIZE) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Offsets of the structures from `at` to `end`, each with a type and a length. */
function* structures(
  view: DataView,
  at: number,
  end: number,
  lengthOf: (at: number) => number,
): Generator<{ at: number; length: number }> {
  for (let offset = at; offset + 2 <= end; ) {
    const length = lengthOf(offset);
    if (length < 2 || offset + length > view.byteLength) return;
    yield { at: offset, length };
    offset += length;
  }
}

/** Whether the tables can be read, which takes root: every PC has a MADT. */
export const hasTables = (tree: Tree): boolean => table(tree, "APIC") !== undefined;

const MADT_ENTRIES = 44;
const MADT_IOAPIC = 1;

/** The I/O APICs. */
export function readIoApics(tree: Tree): IoApic[] {
  const view = table(tree, "APIC");
  if (!view) return [];
  const entries = structures(view, MADT_ENTRIES, view.byteLength, (at) => view.getUint8(at + 1));
  return [...entries]
    .filter(({ at }) => view.getUint8(at) === MADT_IOAPIC)
    .map(({ at }) => ({
      id: view.getUint8(at + 2),
      address: view.getUint32(at + 4, true),
      first: view.getUint32(at + 8, true),
    }));
}

const MCFG_ENTRIES = 44;
const MCFG_SIZE = 16;

/** PCI's configuration spaces, one for a segment. */
export function readMmconfigs(tree: Tree): Mmconfig[] {
  const view = table(tree, "MCFG");
  if (!view) return [];
  return [...structures(view, MCFG_ENTRIES, view.byteLength, () => MCFG_SIZE)].map(({ at }) => ({
    base: view.getBigUint64(at, true),
    segment: view.getUint16(at + 8, true),
    endBus: view.getUint8(at + 11),
  }));
}

const DMAR_ENTRIES = 48;
const DMAR_HEADER = 16;
const SCOPE_IOAPIC = 3;
const DRHD_SIZE = 0x1000;

function readDmar(tree: Tree): Iommu[] {
  const view = table(tree, "DMAR");
  if (!view) return [];
  const units: Iommu[] = [];
  const lengthAt = (at: number) => view.getUint16(at + 2, true);
  for (const { at, length } of structures(view, DMAR_ENTRIES, view.byteLength, lengthAt)) {
    if (view.getUint16(at, true) !== 0) continue;
    const ioapics = new Map<number, number>();
    for (const scope of structures(view, at + DMAR_HEADER, at + length, (one) =>
      view.getUint8(one + 1),
    ))
      if (view.getUint8(scope.at) === SCOPE_IOAPIC) {
        const path = (view.getUint8(scope.at + 6) << 3) | view.getUint8(scope.at + 7);
        ioapics.set(view.getUint8(scope.at + 4), (view.getUint8(scope.at + 5) << 8) | path);
      }
    const base = view.getBigUint64(at + 8, true);
    units.push({
      kind: "intel",
      base,
      size: DRHD_SIZE,
      bdf: 0,
      capability: 0,
      features: 0,
      ioapics,
    });
  }
  return units;
}

const IVRS_ENTRIES = 48;
/** Kinds of blocks that describe a unit: the oldest one is in every table. */
const IVHD = 0x10;
const IVHD_SIZE = 24;
const IVHD_SPECIAL = 72;
const IVHD_VARIETY_IOAPIC = 1;
/** Registers, and those of performance counters behind them (section 3.4), which the features tell of: counters, and banks of them. */
const AMD_SIZE = 0x4000;
const AMD_SIZE_COUNTERS = 0x80000;
const AMD_COUNTERS = 0xf << 13;
const AMD_BANKS = 0x3f << 17;
const amdSize = (features: number): number =>
  (features & AMD_COUNTERS) !== 0 && (features & AMD_BANKS) !== 0 ? AMD_SIZE_COUNTERS : AMD_SIZE;

/** Length of an entry of a block, by the top bits of its type. */
const ivhdEntry = (type: number): number => 4 << (type >> 6);

function readIvrs(tree: Tree): Iommu[] {
  const view = table(tree, "IVRS");
  if (!view) return [];
  const units: Iommu[] = [];
  const lengthAt = (at: number) => view.getUint16(at + 2, true);
  for (const { at, length } of structures(view, IVRS_ENTRIES, view.byteLength, lengthAt)) {
    if (view.getUint8(at) !== IVHD) continue;
    const ioapics = new Map<number, number>();
    const entries = structures(view, at + IVHD_SIZE, at + length, (one) =>
      ivhdEntry(view.getUint8(one)),
    );
    for (const entry of entries)
      if (
        view.getUint8(entry.at) === IVHD_SPECIAL &&
        view.getUint8(entry.at + 7) === IVHD_VARIETY_IOAPIC
      )
        ioapics.set(view.getUint8(entry.at + 4), view.getUint16(entry.at + 5, true));
    units.push({
      kind: "amd",
      base: view.getBigUint64(at + 8, true),
      size: amdSize(view.getUint32(at + 20, true)),
      bdf: view.getUint16(at + 4, true),
      capability: view.getUint16(at + 6, true) & 0xff,
      features: view.getUint32(at + 20, true),
      ioapics,
    });
  }
  return units;
}

/** The IOMMUs, Intel's or AMD's. */
export const readIommus = (tree: Tree): Iommu[] => [...readDmar(tree), ...readIvrs(tree)];
