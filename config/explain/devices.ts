// PCI devices that a configuration forgot: the entries that it lacks, as the machine itself describes the device.
import { type Range, uncovered, virtual } from "../check/ranges.ts";
import { capabilitiesOf, partsOfFunction } from "../create/device.ts";
import { describeFunction, type PciFunction } from "../create/pci.ts";
import type { Cell, PciDevice, PortRange, SystemConfig } from "../types.ts";
import type { Addition } from "./additions.ts";
import type { Situation } from "./owners.ts";

const UNREADABLE =
  "its BARs and capabilities have to be filled in: enable --learn, or explain -r with what config collect saved, finds them";
const INCOMPLETE = "read as root for the rest of its capabilities";

/** What a function is, for people. */
export function functionText(one: PciFunction): string {
  return one.isComplete ? describeFunction(one) : `${describeFunction(one)}; ${INCOMPLETE}`;
}

function isListed(cell: Cell, { base, length }: PortRange): boolean {
  const range = { start: BigInt(base), size: BigInt(length) };
  const own = cell.ports.map(
    (one): Range => ({ start: BigInt(one.base), size: BigInt(one.length) }),
  );
  return uncovered(range, own).length === 0;
}

/** All that a cell lacks of a function: its entry, its registers, its ports. */
export function lackingParts(situation: Situation, cell: Cell, one: PciFunction): Addition[] {
  const isRoot = cell === situation.system.rootCell;
  const { device, capabilities, memory, ports } = partsOfFunction(one, !isRoot);
  const comment = functionText(one);
  const listed = cell.memory.map(virtual);
  const entry: Addition[] = cell.pciDevices.some(({ bdf }) => bdf === one.bdf)
    ? []
    : [{ kind: "pci", device, capabilities, comment }];
  const registers = memory.flatMap((region) =>
    uncovered(virtual(region), listed).map(({ start, size }): Addition => {
      const piece = { ...region, physicalStart: start, virtualStart: start, size };
      return { kind: "memory", region: piece, comment };
    }),
  );
  const missing = ports.filter((range) => !isListed(cell, range));
  return [
    ...entry,
    ...registers,
    ...missing.map((range): Addition => ({ kind: "ports", ports: range, comment })),
  ];
}

/** A function of which nothing is known but what the system lists. */
export function listedPart(system: SystemConfig, empty: PciDevice): Addition {
  const listed = system.rootCell.pciDevices.find(({ bdf }) => bdf === empty.bdf);
  if (!listed) return { kind: "pci", device: empty, capabilities: [], comment: UNREADABLE };
  const capabilities = capabilitiesOf(system, listed);
  return { kind: "pci", device: listed, capabilities, comment: "as the system lists it" };
}
