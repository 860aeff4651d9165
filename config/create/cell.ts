// A proposal for a cell: CPUs, memory and devices of a system's root cell, devices by name.
import { checkConfigs } from "../check/index.ts";
import { findRam } from "../check/place-ram.ts";
import { PAGE } from "../check/ranges.ts";
import { makeSet } from "../check/set.ts";
import { defineCell } from "../define-cell.ts";
import type { MemoryDefinition } from "../definition.ts";
import { commRegion, lowRam, uart } from "../helpers.ts";
import type { CellConfig, PciCapability, SystemConfig } from "../types.ts";
import { type Chosen, chooseDevice, ProposalError } from "./choose.ts";
import type { PciFunction } from "./pci.ts";

export interface Wishes {
  readonly name: string;
  /** CPU numbers; default: the system's last one that no other cell has. */
  readonly cpus?: readonly number[] | undefined;
  /** Bytes of RAM. */
  readonly memory: bigint;
  /** COM1 to COM4, the name of one of the system's devices, a PCI function as `00:1b.0`, `8086:100e`, or its class. */
  readonly devices: readonly string[];
  /** The machine's PCI functions, where it is known. */
  readonly functions?: readonly PciFunction[] | undefined;
  /** Whether its devices may reach all memory where no IOMMU guards it. */
  readonly allowDma?: boolean | undefined;
  /** Cells that exist beside it. */
  readonly cells: readonly CellConfig[];
}

/** RAM below the communication region, and where the rest goes. */
const LOW_RAM = 0x100000n;
const HIGH_RAM = 0x200000n;
const PC_UARTS = ["COM1", "COM2", "COM3", "COM4"] as const;

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
  if (memory === 0n || memory % PAGE !== 0n)
    throw new ProposalError(`${memory} bytes of RAM are not whole pages of 4 KiB`);
  const start = findRam(makeSet([system, ...cells])!, memory);
  if (start === undefined) {
    throw new ProposalError(`no ${memory} bytes of the root cell's RAM are free in one piece`);
  }
  return start;
}

/** RAM from guest address 0 on; what exceeds the first MiB, where the communication region is, lies behind that. */
function ramAt(physical: bigint, size: bigint, dma: boolean): MemoryDefinition[] {
  if (size <= LOW_RAM) return [lowRam({ physical, size, dma })];
  const rest = { physical: physical + LOW_RAM, size: size - LOW_RAM, virtual: HIGH_RAM };
  return [lowRam({ physical, size: LOW_RAM, dma }), lowRam({ ...rest, dma })];
}

/** Devices with their capabilities in a list of the cell's own. */
function adopt(chosen: readonly Chosen[]) {
  const pciCapabilities: PciCapability[] = [];
  const pciDevices = chosen
    .flatMap(({ pci }) => pci)
    .map(({ device, capabilities }) => {
      const capsStart = capabilities.length > 0 ? pciCapabilities.length : 0;
      pciCapabilities.push(...capabilities);
      return { ...device, capsStart, numCaps: capabilities.length };
    });
  return { pciDevices, pciCapabilities };
}

export interface Proposal {
  readonly cell: CellConfig;
  /** What a person must still decide, a sentence each. */
  readonly questions: readonly string[];
}

const PASSIVE =
  "The cell is never asked before it is destroyed (passive-commreg): remove that if its program answers messages.";

const UNGUARDED = "dma-unguarded";

/** What the check of the whole set still says about the cell. Throws ProposalError where that is for an option to decide. */
function remaining(
  system: SystemConfig,
  beside: readonly CellConfig[],
  cell: CellConfig,
): string[] {
  const set = [system, ...beside, cell];
  const own = checkConfigs(set).filter(
    ({ severity, place }) => severity !== "note" && place.file === set.length - 1,
  );
  const dma = own.find(({ rule }) => rule === UNGUARDED);
  if (dma) throw new ProposalError(`${dma.message}; --allow-dma trusts it`);
  return own.map(
    ({ rule, message, advice }) => `${message} [${rule}]${advice ? `: ${advice}` : ""}`,
  );
}

/**
 * Proposes a cell. Throws ProposalError when the system does not have what is asked for.
 */
export function proposeCell(system: SystemConfig, wishes: Wishes): Proposal {
  const names = [...new Set(wishes.devices)];
  const uarts = PC_UARTS.filter((port) => names.includes(port));
  const chosen = names
    .filter((device) => !uarts.some((port) => port === device))
    .map((device) => chooseDevice(system, wishes.functions, device));
  const hasPci = chosen.some(({ pci }) => pci.length > 0);
  const physical = chooseRam(system, wishes);
  const [console] = uarts;
  const cell = defineCell({
    name: wishes.name,
    cpus: chooseCpus(system, wishes),
    flags: ["passive-commreg", ...(hasPci && wishes.allowDma ? (["unguarded-dma"] as const) : [])],
    memory: [...ramAt(physical, wishes.memory, hasPci), commRegion()],
    devices: uarts.map((port) => uart(port)),
    ...(console === undefined ? {} : { console }),
  });
  const whole = {
    ...cell,
    memory: [...cell.memory, ...chosen.flatMap(({ memory }) => memory)],
    ports: [...cell.ports, ...chosen.flatMap(({ ports }) => ports)],
    ...adopt(chosen),
  };
  return { cell: whole, questions: [PASSIVE, ...remaining(system, wishes.cells, whole)] };
}
