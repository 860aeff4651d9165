// Why an access to memory was denied, and which entry would allow it.

import * as abi from "../../abi/config.ts";
import { HPET_PAGES } from "../bus-masters.ts";
import { iommus, localDevices, mmconfig, tableOf } from "../check/played.ts";
import { isSubPage, overlap, virtual } from "../check/ranges.ts";
import { bdfText } from "../check/rules/pci.ts";
import { type ConfigSet, makeSet } from "../check/set.ts";
import { oneLine } from "../printable.ts";
import type { Cell, MemoryRegion } from "../types.ts";
import type { Denial } from "./access.ts";
import type { Addition } from "./additions.ts";
import { functionText, lackingParts } from "./devices.ts";
import { isHypervisors, ownerOfMemory, rangeText, regionAt, type Situation } from "./owners.ts";
import { placeOf, REGISTERS } from "./places.ts";
import { REACHES_ALL_MEMORY, type Reason } from "./reason.ts";

const PAGE = 4096n;
/** Where in its page the MMIO test device begins. */
const TEST_DEVICE = 0xff8n;
const PAGE_MASK = ~(PAGE - 1n);
const RWX = BigInt(abi.MEM_READ | abi.MEM_WRITE | abi.MEM_EXECUTE);
const DMA = BigInt(abi.MEM_DMA);
const MAY_REACH_ALL =
  "if its device does DMA, whoever has its registers reads and writes all memory";
const PLAYED =
  "the hypervisor plays it and does not allow this access; no entry for memory changes that";
/** The first I/O APIC of every PC. */
const IOAPIC_PAGE = 0xfec00000n;
/** Where inmates expect the communication region. */
const COMM_ADDRESS = 0x100000n;
const COMM_FLAGS = BigInt(abi.MEM_READ | abi.MEM_WRITE | abi.MEM_COMM_REGION);

function isRam({ flags }: MemoryRegion): boolean {
  const own = BigInt(abi.MEM_EXECUTE);
  return (flags & own) !== 0n && (flags & BigInt(abi.MEM_COMM_REGION)) === 0n;
}

/** What a region's flags do not allow of an access. */
function lackingFlags(region: MemoryRegion, denial: Denial): bigint {
  const { flags } = region;
  const isTrapped = isSubPage(region);
  const direction = denial.fetch ? abi.MEM_EXECUTE : denial.write ? abi.MEM_WRITE : abi.MEM_READ;
  const width = isTrapped && denial.size > 0 ? abi.MEM_IO_8 << Math.log2(denial.size) : 0;
  const isOdd = isTrapped && denial.size > 0 && denial.address % BigInt(denial.size) !== 0n;
  const wanted = BigInt(direction) | BigInt(width) | (isOdd ? BigInt(abi.MEM_IO_UNALIGNED) : 0n);
  return wanted & ~flags;
}

function inRegion(cell: Cell, denial: Denial): Reason | undefined {
  const found = regionAt(cell, denial.address);
  if (!found) return undefined;
  const { index, region } = found;
  const where = `memory[${index}] of the cell (${rangeText(region.virtualStart, region.size)})`;
  const flags = lackingFlags(region, denial);
  if (flags === 0n) {
    return {
      where,
      why: "the hypervisor mediates this page and does not allow this kind of access to it",
      additions: [],
    };
  }
  return {
    where,
    why: "the region's flags do not allow it",
    additions: [
      { kind: "flags", index, flags, region: { ...region, flags: region.flags | flags } },
    ],
  };
}

/** An access to a page of which the cell has a part, and not this one: the part grows, for the page would be trapped all the same. */
function besideRegion(cell: Cell, denial: Denial): Reason | undefined {
  const page = { start: denial.address & PAGE_MASK, size: PAGE };
  const index = cell.memory.findIndex((one) => isSubPage(one) && overlap(virtual(one), page));
  const near = cell.memory[index];
  if (!near) return undefined;
  const size = BigInt(denial.size || 1);
  const direction = denial.write ? abi.MEM_WRITE : abi.MEM_READ;
  const width = abi.MEM_IO_8 << Math.log2(Number(size));
  const start = denial.address;
  const flags = BigInt(direction | abi.MEM_IO | width);
  const physicalStart = near.physicalStart + (start - near.virtualStart);
  const comment = `beside memory[${index}], in its page`;
  return {
    where: `in the page of memory[${index}] (${rangeText(near.virtualStart, near.size)}), which is not whole pages, and outside of it`,
    why: "only the bytes that the configuration lists of that page may be used",
    additions: [
      { kind: "memory", region: { physicalStart, virtualStart: start, size, flags }, comment },
    ],
  };
}

/** Whether physical memory is the root cell's RAM and nobody else's. */
function isFree(situation: Situation, page: bigint): boolean {
  const { system } = situation;
  const isRoots = system.rootCell.memory.some(
    (region) =>
      isRam(region) &&
      (region.flags & DMA) !== 0n &&
      page >= region.physicalStart &&
      page < region.physicalStart + region.size,
  );
  return isRoots && !isHypervisors(system, page) && !ownerOfMemory(situation, -1, page);
}

/** A free page of RAM for a cell: next to what it has if possible, so that the region grows; else the last one free. */
function freePage(situation: Situation, cell: Cell, page: bigint): bigint | undefined {
  const before = cell.memory.find(
    (region) => isRam(region) && region.virtualStart + region.size === page,
  );
  const next = before && before.physicalStart + before.size;
  if (next !== undefined && isFree(situation, next)) return next;
  const ends = situation.system.rootCell.memory
    .filter(isRam)
    .map(({ physicalStart, size }) => physicalStart + size)
    .sort((a, b) => Number(b - a));
  for (const end of ends)
    for (let at = end - PAGE; at >= end - BigInt(1024) * PAGE && at >= 0n; at -= PAGE)
      if (isFree(situation, at)) return at;
  return undefined;
}

function missingRam(situation: Situation, cell: Cell, page: bigint): Addition[] {
  if (page === COMM_ADDRESS && !cell.memory.some((one) => one.flags & BigInt(abi.MEM_COMM_REGION)))
    return [
      {
        kind: "memory",
        region: { physicalStart: 0n, virtualStart: page, size: PAGE, flags: COMM_FLAGS },
        comment: "the communication region, where inmates expect it",
      },
    ];
  const physicalStart = freePage(situation, cell, page);
  if (physicalStart === undefined) return [];
  const near = cell.memory.find(
    (region) => isRam(region) && region.virtualStart + region.size === page,
  );
  const flags = near && near.physicalStart + near.size === physicalStart ? near.flags : RWX;
  const region = { physicalStart, virtualStart: page, size: PAGE, flags };
  return [{ kind: "memory", region, comment: "RAM, taken from the root cell's" }];
}

/** Device registers, or RAM of the system, at their own address. */
function knownPlace(
  situation: Situation,
  denial: Denial,
): { name: string; region: MemoryRegion } | undefined {
  const { address } = denial;
  const root = situation.system.rootCell;
  const known = placeOf(REGISTERS, address);
  if (known) {
    const flags = BigInt(abi.MEM_READ | abi.MEM_WRITE);
    const [start, size] = [BigInt(known.base), BigInt(known.length)];
    return { name: known.name, region: { physicalStart: start, virtualStart: start, size, flags } };
  }
  const listed = root.memory.findIndex(
    (region) =>
      !isRam(region) &&
      address >= region.physicalStart &&
      address < region.physicalStart + region.size,
  );
  if (listed < 0) return undefined;
  return { name: `what memory[${listed}] of the root cell lists`, region: root.memory[listed]! };
}

function pageRegion(denial: Denial): MemoryRegion {
  const start = denial.address & PAGE_MASK;
  const size = denial.allowed > 0 ? BigInt(denial.allowed) : PAGE;
  const execute = denial.fetch ? abi.MEM_EXECUTE : 0;
  const flags = BigInt(abi.MEM_READ | abi.MEM_WRITE | execute);
  return { physicalStart: start, virtualStart: start, size, flags };
}

const BOOT_WITHOUT =
  "the hypervisor keeps its registers from everybody, and no entry for memory changes that: boot Linux with";
const IOMMU_OPTIONS: Readonly<Record<number, string>> = {
  [abi.IOMMU_TYPE_AMD]: "amd_iommu=off",
  [abi.IOMMU_TYPE_INTEL]: "intel_iommu=off",
};
/** Where QEMU's q35 and most of Intel's machines have VT-d's registers. */
const USUAL_VTD = { start: 0xfed90000n, size: PAGE };

/** What Linux does with an IOMMU's registers, listed or not: it must not drive one that it does not have alone. */
function ofRootIommu(situation: Situation, address: bigint): Reason | undefined {
  const set = makeSet([situation.system]) as ConfigSet;
  const at = { start: address, size: 1n };
  const index = iommus(set).findIndex((unit) => overlap(unit, at));
  const type = situation.system.iommuUnits[index]?.type;
  const isUsual = index < 0 && situation.system.x86 !== undefined && overlap(USUAL_VTD, at);
  if (index < 0 && !isUsual) return undefined;
  const where = isUsual
    ? "where Intel's machines have the registers of an IOMMU (VT-d)"
    : `the registers of IOMMU ${index} (iommuUnits[${index}])`;
  const option = isUsual ? "intel_iommu=off" : IOMMU_OPTIONS[type!];
  const why = option ? `${BOOT_WITHOUT} ${option}` : PLAYED;
  return { where, why, additions: [] };
}

/** What the hypervisor plays for Linux, too. */
function ofRootPlayed(situation: Situation, address: bigint): Reason | undefined {
  const set = makeSet([situation.system]) as ConfigSet;
  const at = { start: address, size: 1n };
  const played = [...localDevices(set), ...mmconfig(set)].find((one) => overlap(one, at));
  if (played) return { where: played.label, why: PLAYED, additions: [] };
  if ((address & PAGE_MASK) !== IOAPIC_PAGE || set.root.cell.irqchips.length > 0) return undefined;
  return {
    where: `the I/O APIC at 0x${IOAPIC_PAGE.toString(16)}`,
    why: "the system lists none: it belongs among its irqchips, with all its pins",
    additions: [],
  };
}

function ofRoot(situation: Situation, denial: Denial): Reason {
  const why = "the root cell's configuration does not list it";
  const kept = ofRootPlayed(situation, denial.address);
  if (kept) return kept;
  const device = situation.functions?.having(denial.address, false);
  const parts = device ? lackingParts(situation, situation.system.rootCell, device) : [];
  if (device && parts.length > 0)
    return { where: `registers of PCI device ${functionText(device)}`, why, additions: parts };
  const known = knownPlace(situation, denial);
  const region = known && denial.allowed === 0 ? known.region : pageRegion(denial);
  return {
    where: known?.name ?? "an address that no entry of the configuration names",
    why,
    additions: [{ kind: "memory", region, comment: known?.name ?? "found by use" }],
  };
}

/** Pages of I/O APICs are played by the hypervisor: a cell gets pins, never the registers. */
function ofIoapic({ system }: Situation, page: bigint): Reason | undefined {
  const pages = [IOAPIC_PAGE, ...system.rootCell.irqchips.map(({ address }) => address)];
  if (!pages.includes(page)) return undefined;
  return {
    where: `the I/O APIC at 0x${page.toString(16)}`,
    why: "the cell lists none of its pins: its irqchips have to name those that it uses, such as ioapic([4])",
    additions: [],
  };
}

/** What no entry gives to a cell: the hypervisor plays it, or whoever has it has all memory. */
function ofPlayed({ system, cells }: Situation, page: bigint): Reason | undefined {
  const set = makeSet([system]) as ConfigSet;
  const range = { start: page, size: PAGE };
  const masters = [{ label: "the HPET", ...HPET_PAGES }, ...iommus(set)];
  const master = masters.find((one) => overlap(one, range));
  if (master) return { where: master.label, why: REACHES_ALL_MEMORY, additions: [] };
  const played = [...localDevices(set), ...mmconfig(set)].find((one) => overlap(one, range));
  if (played) return { where: played.label, why: PLAYED, additions: [] };
  const devices = cells.flatMap(({ config }) => config.pciDevices);
  const owner = devices.find((device) => overlap(tableOf(device), range));
  if (!owner) return undefined;
  return {
    where: `the MSI-X table of PCI device ${bdfText(owner.bdf)}`,
    why: PLAYED,
    additions: [],
  };
}

/** The last bytes of the page behind the communication region, where the MMIO test device is if the cell's flags ask for it. */
function ofTestDevice({ memory, flags }: Cell, address: bigint): Reason | undefined {
  const comm = memory.find((one) => one.flags & BigInt(abi.MEM_COMM_REGION));
  const page = comm && comm.virtualStart + PAGE;
  if (page === undefined || address < page + TEST_DEVICE || address >= page + PAGE)
    return undefined;
  const isAsked = (flags & abi.CELL_FLAG_TEST_DEVICE) !== 0;
  return {
    where: "the MMIO test device",
    why: isAsked
      ? "it takes naturally aligned accesses only"
      : 'the cell\'s flags lack "test-device" (0x2)',
    additions: [],
  };
}

function ofCell(situation: Situation, cell: Cell, denial: Denial): Reason {
  const page = denial.address & PAGE_MASK;
  const test = ofTestDevice(cell, denial.address);
  if (test) return test;
  const chip = ofIoapic(situation, page) ?? ofPlayed(situation, page);
  if (chip) return chip;
  const known = knownPlace(situation, denial);
  const why = "the cell's configuration does not list it";
  if (known) {
    const additions: Addition[] = [{ kind: "memory", region: known.region, comment: known.name }];
    const isNamed = placeOf(REGISTERS, denial.address) !== undefined;
    return { where: known.name, why: isNamed ? why : `${why}; ${MAY_REACH_ALL}`, additions };
  }
  const where = denial.fetch
    ? "an address without memory: the program jumped astray, or was loaded elsewhere"
    : "an address without memory";
  return { where, why, additions: missingRam(situation, cell, page) };
}

/** Why a cell was denied an access to memory. */
export function explainMemory(situation: Situation, cell: Cell, denial: Denial): Reason {
  const { address } = denial;
  const { physicalStart, size } = situation.system.hypervisorMemory;
  const isRoot = denial.cell === 0;
  if (isRoot && isHypervisors(situation.system, address)) {
    return {
      where: `the hypervisor's own memory (${rangeText(physicalStart, size)})`,
      why: "no cell may touch that; the kernel must leave it alone (memmap= on its command line)",
      additions: [],
    };
  }
  const owner = isRoot ? ownerOfMemory(situation, 0, address) : undefined;
  if (owner) {
    return {
      where: `memory of cell "${oneLine(owner.name)}"`,
      why: "it was given away when that cell was created",
      additions: [],
    };
  }
  const kept = isRoot ? ofRootIommu(situation, address) : undefined;
  if (kept) return kept;
  const own = inRegion(cell, denial) ?? besideRegion(cell, denial);
  if (own) return own;
  return isRoot ? ofRoot(situation, denial) : ofCell(situation, cell, denial);
}
