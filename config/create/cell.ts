// A proposal for a cell: CPUs, memory and devices of a system's root cell, devices by name.
import { findRam } from "../check/place-ram.ts";
import { makeSet } from "../check/set.ts";
import { defineCell } from "../define-cell.ts";
import type { MemoryDefinition } from "../definition.ts";
import { commRegion, lowRam, uart } from "../helpers.ts";
import { originOf } from "../origin.ts";
import type { CellConfig, PciCapability, PciDevice, PortRange, SystemConfig } from "../types.ts";

/** A cell of this kind cannot be proposed; the message says why and what there is. */
export class ProposalError extends Error {
  override readonly name = "ProposalError";
}

export interface Wishes {
  readonly name: string;
  /** CPU numbers; default: the system's last one that no other cell has. */
  readonly cpus?: readonly number[] | undefined;
  /** Bytes of RAM. */
  readonly memory: bigint;
  /** Devices: COM1 to COM4, a PCI function as `00:1b.0`, or the name of one of the system's devices. */
  readonly devices: readonly string[];
  /** Cells that exist beside it. */
  readonly cells: readonly CellConfig[];
}

/** RAM below the communication region, and where the rest goes. */
const LOW_RAM = 0x100000n;
const HIGH_RAM = 0x200000n;
const PC_UARTS = ["COM1", "COM2", "COM3", "COM4"] as const;
const PCI_NAME = /^(?:([0-9a-f]{1,2}):)?([0-9a-f]{1,2})\.([0-7])$/i;

function chooseCpus(system: SystemConfig, { cpus, cells }: Wishes): readonly number[] {
  const taken = new Set(cells.flatMap((cell) => cell.cpus));
  const free = system.rootCell.cpus.filter((cpu) => !taken.has(cpu));
  if (!cpus) {
    const last = free.at(-1);
    if (last !== undefined && free.length > 1) return [last];
    throw new ProposalError("no CPU is left: the root cell needs one itself");
  }
  const absent = cpus.filter((cpu) => !free.includes(cpu));
  if (absent.length > 0) {
    throw new ProposalError(`CPU ${absent.join(", ")} is not the root cell's; it has ${free}`);
  }
  if (cpus.length === free.length) throw new ProposalError("the root cell needs a CPU itself");
  return cpus;
}

function chooseRam(system: SystemConfig, { memory, cells }: Wishes): bigint {
  const start = findRam(makeSet([system, ...cells])!, memory);
  if (start === undefined) {
    throw new ProposalError(`no ${memory} bytes of the root cell's RAM are free in one piece`);
  }
  return start;
}

/** RAM from guest address 0 on; what exceeds the first MiB, where the communication region is, lies behind that. */
function ramAt(physical: bigint, size: bigint): MemoryDefinition[] {
  if (size <= LOW_RAM) return [lowRam({ physical, size })];
  const rest = { physical: physical + LOW_RAM, size: size - LOW_RAM, virtual: HIGH_RAM };
  return [lowRam({ physical, size: LOW_RAM }), lowRam(rest)];
}

/** What a device consists of, as it is in the root cell's lists. */
interface Parts {
  readonly ports: PortRange[];
  readonly memory: SystemConfig["rootCell"]["memory"][number][];
  readonly pci: PciDevice[];
}

function named(system: SystemConfig, device: string): Parts {
  const { rootCell } = system;
  const has = (list: string, index: number) =>
    originOf(system, `rootCell.${list}[${index}]`)?.device === device;
  return {
    ports: rootCell.ports.filter((_, index) => has("ports", index)),
    memory: rootCell.memory.filter((_, index) => has("memory", index)),
    pci: rootCell.pciDevices.filter((_, index) => has("pciDevices", index)),
  };
}

function functionOf(system: SystemConfig, device: string): Parts | undefined {
  const [, bus = "0", slot, number] = PCI_NAME.exec(device) ?? [];
  if (slot === undefined || number === undefined) return undefined;
  const bdf =
    (Number.parseInt(bus, 16) << 8) | (Number.parseInt(slot, 16) << 3) | Number.parseInt(number, 8);
  const pci = system.rootCell.pciDevices.filter((each) => each.bdf === bdf);
  return { ports: [], memory: [], pci };
}

function partsOf(system: SystemConfig, device: string): Parts {
  const parts = functionOf(system, device) ?? named(system, device);
  if (parts.ports.length + parts.memory.length + parts.pci.length > 0) return parts;
  throw new ProposalError(
    `the system has no device "${device}"; there are COM1 to COM4, PCI functions such as 00:1b.0, and the names in its source`,
  );
}

/** Devices with their capabilities in a list of the cell's own. */
function adopt(system: SystemConfig, devices: readonly PciDevice[]) {
  const pciCapabilities: PciCapability[] = [];
  const pciDevices = devices.map((device) => {
    const { capsStart, numCaps } = device;
    const own = system.rootCell.pciCapabilities.slice(capsStart, capsStart + numCaps);
    const moved = { ...device, capsStart: pciCapabilities.length };
    pciCapabilities.push(...own);
    return moved;
  });
  return { pciDevices, pciCapabilities };
}

/** What a person must still decide about a proposed cell, a sentence each. */
export function openQuestions(cell: CellConfig): string[] {
  const pci = cell.pciDevices.length > 0;
  const questions = [
    "The cell is never asked before it is destroyed (passive-commreg): remove that if its program answers messages.",
  ];
  if (pci) {
    questions.push(
      "Devices that can do DMA reach all memory, since no IOMMU guards them: the flag unguarded-dma accepts that.",
      "Memory for a PCI device's registers comes from the system's list only where the device has a name there; add what is missing.",
    );
  }
  return questions;
}

/**
 * Proposes a cell. Throws ProposalError when the system does not have what is asked for.
 */
export function proposeCell(system: SystemConfig, wishes: Wishes): CellConfig {
  const physical = chooseRam(system, wishes);
  const uarts = PC_UARTS.filter((port) => wishes.devices.includes(port));
  const others = wishes.devices
    .filter((device) => !uarts.some((port) => port === device))
    .map((device) => partsOf(system, device));
  const [console] = uarts;
  const cell = defineCell({
    name: wishes.name,
    cpus: chooseCpus(system, wishes),
    flags: ["passive-commreg"],
    memory: [...ramAt(physical, wishes.memory), commRegion()],
    devices: uarts.map((port) => uart(port)),
    ...(console === undefined ? {} : { console }),
  });
  const pci = others.flatMap((one) => one.pci);
  return {
    ...cell,
    memory: [...cell.memory, ...others.flatMap((one) => one.memory)],
    ports: [...cell.ports, ...others.flatMap((one) => one.ports)],
    ...adopt(system, pci),
  };
}
