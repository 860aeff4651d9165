// PCI functions from their configuration spaces and resources (PCI Local Bus 3.0, section 6; PCI Express 3.0, section 7).

import type { CapabilityDefinition, PciDeviceDefinition } from "../definition.ts";
import { CAPABILITIES } from "../names.ts";
import type { Entry } from "./memory.ts";
import { linesOf, type Tree } from "./tree.ts";

const DEVICES = "/sys/bus/pci/devices/";

export interface PciBar {
  /** 0: nobody has placed it. */
  readonly start: bigint;
  readonly size: bigint;
  readonly isPorts: boolean;
  /** No register says where it is: an IDE controller has its ports where the first ones had them. */
  readonly isFixed: boolean;
}

export interface PciFunction {
  readonly segment: number;
  readonly bdf: number;
  /** As lspci writes it: `00:1f.2`. */
  readonly name: string;
  readonly vendor: number;
  readonly device: number;
  /** Base class, sub-class. */
  readonly class: number;
  readonly isBridge: boolean;
  readonly bars: readonly PciBar[];
  readonly barMask: readonly number[];
  readonly capabilities: readonly CapabilityDefinition[];
  readonly msi: { vectors: number; bits64: boolean; maskable: boolean } | undefined;
  readonly msix: { vectors: number; address: bigint; regionSize: number } | undefined;
  /** Whether all of configuration space was readable. */
  readonly isComplete: boolean;
}

const STATUS = 6;
const STATUS_CAPABILITIES = 0x10;
const HEADER_TYPE = 0x0e;
const FIRST_CAPABILITY = 0x34;
const FIRST_BAR = 0x10;
const EXTENDED = 0x100;
const EXTENDED_FLAG = 0x8000;
const LEGACY_SIZE = 64;
const SPACE = 4096;
const PAGE = 4096;
const MAX_CAPABILITIES = 64;
/** Of Linux' resources (linux/ioport.h): ports; what cannot be moved; what has no address yet. */
const IO_FLAG = 0x100n;
const FIXED_FLAG = 0x10n;
const UNSET_FLAG = 0x20000000n;
const BARS = 6;
/** Kinds of headers: of a device, a bridge, a bridge to CardBus, and how many base address registers each has. */
const HEADER_MASK = 0x7f;
const HEADER_BRIDGE = 1;
const BAR_COUNTS: Readonly<Record<number, number>> = { 0: BARS, [HEADER_BRIDGE]: 2, 2: 1 };
const MSIX_ENTRY = 16;
/** What nobody answers to, or who may not look. */
const NO_VENDOR = 0xffff;
const NAME = /^([0-9a-f]+):([0-9a-f]+):([0-9a-f]+)\.([0-7])$/;

/** Lengths that are not told by the capability itself: standard ones, then extended ones, by id. */
const LENGTHS: Readonly<Record<number, number>> = {
  [CAPABILITIES.pm]: 8,
  [CAPABILITIES.msix]: 12,
  [EXTENDED_FLAG | 0x01]: 64,
  [EXTENDED_FLAG | 0x03]: 12,
  [EXTENDED_FLAG | 0x04]: 16,
  [EXTENDED_FLAG | 0x10]: 64,
};
const OTHER = 2;
const OTHER_EXTENDED = 4;
/** What the root cell's system may write: power management, interrupts, PCI Express. */
const WRITABLE: readonly number[] = [
  CAPABILITIES.pm,
  CAPABILITIES.msi,
  CAPABILITIES.msix,
  CAPABILITIES.pcie,
];
/** PCI Express 3.0, section 7.8: since version 2 every function has all registers, reserved or not. */
const PCIE_LENGTH = 60;
/**
 * Before that those that its kind has (PCI Express 1.1, section 7.8), by the kind's number: slots are in root ports and below
 * switches; root ports and event collectors have registers of the root.
 */
const PCIE_1_LENGTHS: Readonly<Record<number, number>> = { 4: 36, 6: 28, 10: 36 };
const PCIE_1_LENGTH = 20;

const idName = (id: number) =>
  (Object.entries(CAPABILITIES).find(([, number]) => number === id)?.[0] ??
    id) as CapabilityDefinition["id"];

function msiOf(view: DataView, at: number) {
  const control = view.getUint16(at + 2, true);
  return {
    vectors: 1 << ((control >> 1) & 7),
    bits64: (control & 0x80) !== 0,
    maskable: (control & 0x100) !== 0,
  };
}

function lengthOf(view: DataView, id: number, at: number): number {
  if (id === CAPABILITIES.msi) {
    const { bits64, maskable } = msiOf(view, at);
    return 10 + (bits64 ? 4 : 0) + (maskable ? 10 : 0);
  }
  if (id === CAPABILITIES.pcie) {
    const register = view.getUint16(at + 2, true);
    if ((register & 0xf) > 1) return PCIE_LENGTH;
    return PCIE_1_LENGTHS[(register >> 4) & 0xf] ?? PCIE_1_LENGTH;
  }
  return LENGTHS[id] ?? (id & EXTENDED_FLAG ? OTHER_EXTENDED : OTHER);
}

/** Id and offset of each capability, standard ones first. */
function* capabilitiesOf(view: DataView): Generator<readonly [number, number]> {
  const has = view.byteLength > LEGACY_SIZE && view.getUint16(STATUS, true) & STATUS_CAPABILITIES;
  let at = has ? view.getUint8(FIRST_CAPABILITY) & ~3 : 0;
  for (
    let left = MAX_CAPABILITIES;
    at >= LEGACY_SIZE && at + 2 <= view.byteLength && left;
    left--
  ) {
    yield [view.getUint8(at), at];
    at = view.getUint8(at + 1) & ~3;
  }
  at = view.byteLength > EXTENDED ? EXTENDED : 0;
  for (let left = MAX_CAPABILITIES; at >= EXTENDED && at + 4 <= view.byteLength && left; left--) {
    const header = view.getUint32(at, true);
    if (header === 0 || header === 0xffffffff) return;
    yield [EXTENDED_FLAG | (header & 0x7fff), at];
    at = header >>> 20;
  }
}

/** Those that a function has, each once: a damaged list may run in a circle. */
function listOf(view: DataView): (readonly [number, number])[] {
  const byPlace = new Map<number, readonly [number, number]>();
  for (const one of capabilitiesOf(view)) if (!byPlace.has(one[1])) byPlace.set(one[1], one);
  return [...byPlace.values()];
}

/** A capability ends where the next one begins, wherever the standard has it end, and where its part of the space does. */
function clipped(length: number, start: number, all: readonly (readonly [number, number])[]) {
  const ends = [...all.map(([, at]) => at), start < EXTENDED ? EXTENDED : SPACE];
  return Math.min(length, ...ends.filter((at) => at > start).map((at) => at - start));
}

/** `isDead`: what is written there has no effect, because the interrupts that it is for cannot be had. */
function describe(
  view: DataView,
  [id, start]: readonly [number, number],
  all: readonly (readonly [number, number])[],
  isDead: boolean,
): CapabilityDefinition {
  const length = clipped(lengthOf(view, id, start), start, all);
  return WRITABLE.includes(id) && !isDead
    ? { id: idName(id), start, length, flags: ["write"] }
    : { id: idName(id), start, length };
}

/** What Linux has found behind the base address registers, a hole for each that is not used. */
function resourcesOf(tree: Tree, path: string): (PciBar | undefined)[] {
  const lines = linesOf(tree, `${path}/resource`).slice(0, BARS);
  return lines.map((line) => {
    const numbers = line.trim().split(/\s+/);
    if (numbers.length < 3 || !numbers.every((one) => /^0x[0-9a-f]+$/i.test(one))) return undefined;
    const [first, last, flags] = numbers.map(BigInt) as [bigint, bigint, bigint];
    if (last === 0n) return undefined;
    const isFixed = (flags & FIXED_FLAG) !== 0n;
    const isPlaced = first !== 0n && (flags & UNSET_FLAG) === 0n;
    const size = last - first + 1n;
    return { start: isPlaced ? first : 0n, size, isPorts: (flags & IO_FLAG) !== 0n, isFixed };
  });
}

/** The base address registers: where they are, and the bits of them that can be written. */
function readBars(tree: Tree, path: string, view: DataView, count: number) {
  const bars = resourcesOf(tree, path).slice(0, count);
  const mask = new Array<number>(BARS).fill(0);
  bars.forEach((bar, index) => {
    if (!bar || bar.isFixed || bar.start === 0n) return;
    const bits = BigInt.asUintN(64, ~(bar.size - 1n));
    mask[index] = Number(bits & 0xffffffffn);
    const isWide = !bar.isPorts && (view.getUint32(FIRST_BAR + index * 4, true) & 6) === 4;
    if (isWide && index + 1 < BARS) mask[index + 1] = Number(bits >> 32n);
  });
  return { bars, mask };
}

function msixOf(view: DataView, at: number, bars: readonly (PciBar | undefined)[]) {
  const vectors = (view.getUint16(at + 2, true) & 0x7ff) + 1;
  const place = view.getUint32(at + 4, true);
  const bar = bars[place & 7];
  if (!bar || bar.start === 0n) return undefined;
  const first = bar.start + BigInt((place & ~7) >>> 0);
  const inPage = Number(first % BigInt(PAGE));
  const regionSize = Math.ceil((inPage + vectors * MSIX_ENTRY) / PAGE) * PAGE;
  return { vectors, address: first - BigInt(inPage), regionSize };
}

/** Segment and number of a function by the name of its directory. */
function placeOf(entry: string): { segment: number; bdf: number } | undefined {
  const parts = NAME.exec(entry)?.slice(1);
  if (!parts) return undefined;
  const [segment, bus, device, fn] = parts.map((part) => Number.parseInt(part, 16));
  return { segment: segment!, bdf: (bus! << 8) | (device! << 3) | fn! };
}

/** A function as its configuration space tells; undefined where nothing can be read. */
function readFunction(tree: Tree, entry: string): PciFunction | undefined {
  const path = DEVICES + entry;
  const place = placeOf(entry);
  const bytes = place && tree.read(`${path}/config`);
  if (!bytes || bytes.length < LEGACY_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0, true) === NO_VENDOR) return undefined;
  const header = view.getUint8(HEADER_TYPE) & HEADER_MASK;
  const isBridge = header === HEADER_BRIDGE;
  const { bars, mask } = readBars(tree, path, view, BAR_COUNTS[header] ?? 0);
  const found = listOf(view);
  const offset = (id: number) => found.find(([one]) => one === id)?.[1];
  const [msi, msix] = [offset(CAPABILITIES.msi), offset(CAPABILITIES.msix)];
  const table = msix === undefined ? undefined : msixOf(view, msix, bars);
  return {
    ...place,
    name: entry.slice(entry.indexOf(":") + 1),
    vendor: view.getUint16(0, true),
    device: view.getUint16(2, true),
    class: view.getUint16(0x0a, true),
    isBridge,
    bars: bars.filter((bar) => bar !== undefined),
    barMask: mask,
    capabilities: found.map((one) =>
      describe(view, one, found, one[0] === CAPABILITIES.msix && table === undefined),
    ),
    msi: msi === undefined ? undefined : msiOf(view, msi),
    msix: table,
    isComplete: bytes.length > LEGACY_SIZE,
  };
}

/** The files from which a function is known, by path: what a tree must have of a machine without Linux. */
export function filesOfFunction(bdf: number, config: Uint8Array): [path: string, Uint8Array][] {
  const two = (value: number) => value.toString(16).padStart(2, "0");
  const name = `0000:${two(bdf >> 8)}:${two((bdf >> 3) & 0x1f)}.${bdf & 7}`;
  return [[`${DEVICES}${name}/config`, config]];
}

/** All functions that the machine's Linux has found. */
export function readPci(tree: Tree): PciFunction[] {
  return tree
    .list(DEVICES)
    .map((entry) => readFunction(tree, entry))
    .filter((one) => one !== undefined);
}

/**
 * A machine's functions, each looked at when it is asked for and not before: a hypervisor that learns keeps a record of
 * every function whose configuration space is read.
 */
export class PciFunctions {
  readonly #tree: Tree;
  readonly #known = new Map<string, PciFunction | undefined>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  #read(entry: string): PciFunction | undefined {
    if (!this.#known.has(entry)) this.#known.set(entry, readFunction(this.#tree, entry));
    return this.#known.get(entry);
  }

  #find(isWanted: (entry: string, bdf: number) => boolean): PciFunction | undefined {
    const found = this.#tree.list(DEVICES).find((entry) => {
      const place = placeOf(entry);
      return place?.segment === 0 && isWanted(entry, place.bdf);
    });
    return found === undefined ? undefined : this.#read(found);
  }

  /** The function of segment 0 with this number. */
  at(bdf: number): PciFunction | undefined {
    return this.#find((_, own) => own === bdf);
  }

  /** The function that has this address, or port, behind a base address register. */
  having(address: bigint, isPort: boolean): PciFunction | undefined {
    return this.#find((entry) =>
      resourcesOf(this.#tree, DEVICES + entry).some(
        (bar) =>
          bar?.isPorts === isPort &&
          bar.start !== 0n &&
          address >= bar.start &&
          address < bar.start + bar.size,
      ),
    );
  }
}

const CLASSES: Readonly<Record<number, string>> = {
  256: "SCSI controller",
  257: "IDE controller",
  262: "SATA controller",
  264: "NVMe controller",
  512: "Ethernet controller",
  768: "VGA",
  896: "display controller",
  1027: "audio",
  1280: "RAM",
  1536: "host bridge",
  1537: "ISA bridge",
  1540: "PCI bridge",
  1792: "serial card",
  2054: "IOMMU",
  3075: "USB controller",
  3077: "SMBus",
};

/** What a function is, for a comment: class, vendor and device. */
export function describeFunction({ name, vendor, device, class: kind }: PciFunction): string {
  const hex = (value: number) => value.toString(16).padStart(4, "0");
  const what = CLASSES[kind] ?? `class ${hex(kind)}`;
  return `${name}: ${what}, ${hex(vendor)}:${hex(device)}`;
}

/** A function as a system configuration lists it. */
export function planDevice(one: PciFunction): Entry<PciDeviceDefinition> {
  const { bdf, barMask, capabilities, msi, msix } = one;
  const last = barMask.findLastIndex((mask) => mask !== 0);
  return {
    comment: describeFunction(one),
    value: {
      type: one.isBridge ? "bridge" : "device",
      bdf,
      ...(last < 0 ? {} : { barMask: barMask.slice(0, last + 1) }),
      ...(msi ? { msi } : {}),
      ...(msix ? { msix } : {}),
      ...(capabilities.length === 0 ? {} : { capabilities }),
    },
  };
}

/** An IOMMU's own function is nobody's: who has it can switch protection off. */
const IOMMU_CLASS = 0x0806;
export const isIommu = (one: PciFunction): boolean => one.class === IOMMU_CLASS;
