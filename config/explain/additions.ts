// What a configuration lacks: entries to add to a cell, as data, as the lines that people write, and applied to a model.
import * as abi from "../../abi/config.ts";
import { layOut, list } from "../decompile/expression.ts";
import { pciDefinition } from "../decompile/plain.ts";
import { Writer } from "../decompile/writer.ts";
import { MEMORY_FLAGS } from "../names.ts";
import type { Cell, MemoryRegion, PciCapability, PciDevice, PortRange } from "../types.ts";

/** Bytes of configuration space that an entry for registers opens: the unit in which it is accessed. */
const DWORD = 4;

/** An entry that a cell's configuration lacks. */
export type Addition =
  | { readonly kind: "ports"; readonly ports: PortRange; readonly comment: string }
  | { readonly kind: "memory"; readonly region: MemoryRegion; readonly comment: string }
  | {
      readonly kind: "flags";
      readonly index: number;
      readonly flags: bigint;
      /** The entry with them. */
      readonly region?: MemoryRegion;
    }
  | {
      readonly kind: "pci";
      readonly device: PciDevice;
      readonly capabilities: readonly PciCapability[];
      readonly comment: string;
    }
  | { readonly kind: "registers"; readonly bdf: number; readonly start: number };

const hex = (value: bigint | number) => `0x${value.toString(16)}`;
const COMM_REGION_SIZE = 0x1000n;
const KIB = 1024n;
const MIB = KIB * KIB;

function sizeText(size: bigint): string {
  if (size % MIB === 0n && size > 0n) return `MiB(${size / MIB})`;
  return size % KIB === 0n && size > 0n ? `KiB(${size / KIB})` : hex(size);
}

function flagNames(flags: bigint): string {
  const names = Object.entries(MEMORY_FLAGS)
    .filter(([, bit]) => (flags & BigInt(bit)) !== 0n)
    .map(([name]) => `"${name}"`);
  return `[${names.join(", ")}]`;
}

function regionText({ physicalStart, virtualStart, size, flags }: MemoryRegion): string {
  if (flags & BigInt(abi.MEM_COMM_REGION) && size === COMM_REGION_SIZE) {
    return `commRegion(${hex(virtualStart)})`;
  }
  const virtual = virtualStart === physicalStart ? "" : ` virtual: ${hex(virtualStart)},`;
  return `{ physical: ${hex(physicalStart)},${virtual} size: ${sizeText(size)}, flags: ${flagNames(flags)} }`;
}

function bdfText(bdf: number): string {
  return `bdf(${hex(bdf >>> 8)}, ${hex((bdf >>> 3) & 0x1f)}, ${bdf & 7})`;
}

/** Whether an entry is RAM, not registers or the communication region. */
export function isRam(addition: Addition): boolean {
  return addition.kind === "memory" && (addition.region.flags & BigInt(abi.MEM_EXECUTE)) !== 0n;
}

/** A device on one line if there is room, else a line for each of its keys. */
function deviceText(device: PciDevice, capabilities: readonly PciCapability[], comment: string) {
  const entry = new Writer().object(pciDefinition(device, capabilities));
  const line = `pciDevices: [${layOut(entry, 1, "pciDevices: [".length)}]`;
  if (!line.includes("\n")) return `${line}  // ${comment}`;
  return `pciDevices: ${layOut(list([entry], [comment]), 0, 0)}`;
}

/** The lines that a person writes, with the list that they belong to. */
export function additionText(addition: Addition): string {
  switch (addition.kind) {
    case "ports":
      return `ports: [{ base: ${hex(addition.ports.base)}, length: ${addition.ports.length} }]  // ${addition.comment}`;
    case "memory":
      return `memory: [${regionText(addition.region)}]  // ${addition.comment}`;
    case "flags":
      return `memory[${addition.index}]: flags also ${flagNames(addition.flags)}${addition.region ? `, so ${regionText(addition.region)}` : ""}`;
    case "pci":
      return deviceText(addition.device, addition.capabilities, addition.comment);
    case "registers":
      return `capabilities of ${bdfText(addition.bdf)}: [{ id: "registers", start: ${hex(addition.start)}, length: ${DWORD}, flags: ["write"] }]`;
  }
}

function addFlags(cell: Cell, index: number, flags: bigint): Cell {
  const memory = cell.memory.map((region, at) =>
    at === index ? { ...region, flags: region.flags | flags } : region,
  );
  return { ...cell, memory };
}

function end({ virtualStart, size }: MemoryRegion): bigint {
  return virtualStart + size;
}

/** Whether `next` goes on where `region` ends, in both address spaces and with the same flags. */
function continues(region: MemoryRegion, next: MemoryRegion): boolean {
  return (
    end(region) === next.virtualStart &&
    region.physicalStart + region.size === next.physicalStart &&
    region.flags === next.flags
  );
}

function addRegion(cell: Cell, region: MemoryRegion): Cell {
  const isThere = cell.memory.some(
    (other) =>
      region.virtualStart >= other.virtualStart &&
      end(region) <= end(other) &&
      (region.flags & ~other.flags) === 0n,
  );
  if (isThere) return cell;
  const grown = cell.memory.findIndex((other) => continues(other, region));
  if (grown < 0) return { ...cell, memory: [...cell.memory, region] };
  const memory = cell.memory.map((other, at) =>
    at === grown ? { ...other, size: other.size + region.size } : other,
  );
  return { ...cell, memory };
}

function addPorts(cell: Cell, { base, length }: PortRange): Cell {
  const touching = cell.ports.filter(
    (other) => other.base <= base + length && base <= other.base + other.length,
  );
  const first = Math.min(base, ...touching.map((other) => other.base));
  const last = Math.max(base + length, ...touching.map((other) => other.base + other.length));
  const ports = cell.ports.filter((other) => !touching.includes(other));
  return { ...cell, ports: [...ports, { base: first, length: last - first }] };
}

/** Opens a register of a device: its capabilities move to the end of the list, where there is room for one more. */
function addRegisters(cell: Cell, bdf: number, start: number): Cell {
  const device = cell.pciDevices.find((one) => one.bdf === bdf);
  if (!device) return cell;
  const all = cell.pciCapabilities;
  const own = all.slice(device.capsStart, device.capsStart + device.numCaps);
  const end = (cap: { start: number; length: number }) => cap.start + cap.length;
  const has = own.some(
    (cap) => cap.flags & abi.CAP_FLAG_WRITE && cap.start <= start && end(cap) >= start + DWORD,
  );
  if (has) return cell;
  const added = { id: 0, start, length: DWORD, flags: abi.CAP_FLAG_WRITE };
  const moved = { ...device, capsStart: all.length, numCaps: own.length + 1 };
  return {
    ...cell,
    pciDevices: cell.pciDevices.map((one) => (one === device ? moved : one)),
    pciCapabilities: [...all, ...own, added],
  };
}

/** A device that is not there yet, its capabilities behind the others. */
function addDevice(cell: Cell, device: PciDevice, capabilities: readonly PciCapability[]): Cell {
  if (cell.pciDevices.some(({ bdf }) => bdf === device.bdf)) return cell;
  const capsStart = capabilities.length > 0 ? cell.pciCapabilities.length : 0;
  const placed = { ...device, capsStart, numCaps: capabilities.length };
  return {
    ...cell,
    pciDevices: [...cell.pciDevices, placed],
    pciCapabilities: [...cell.pciCapabilities, ...capabilities],
  };
}

/** The cell with what it lacked; the rest stays as it is, and in its place. Entries that touch become one. */
export function applyAddition<T extends Cell>(cell: T, addition: Addition): T {
  switch (addition.kind) {
    case "ports":
      return { ...cell, ...addPorts(cell, addition.ports) };
    case "memory":
      return { ...cell, ...addRegion(cell, addition.region) };
    case "flags":
      return { ...cell, ...addFlags(cell, addition.index, addition.flags) };
    case "pci":
      return { ...cell, ...addDevice(cell, addition.device, addition.capabilities) };
    case "registers":
      return { ...cell, ...addRegisters(cell, addition.bdf, addition.start) };
  }
}
