// Whose an address, a port or a PCI function is: the words of an explanation.
import * as abi from "../../abi/config.ts";
import type { PciFunctions } from "../create/pci.ts";
import type { Cell, MemoryRegion, SystemConfig } from "../types.ts";

/** A cell as it is at the moment. */
export interface KnownCell {
  readonly id: number;
  readonly config: Cell;
}

/** Everything that an explanation can refer to. */
export interface Situation {
  readonly system: SystemConfig;
  /** The root cell included. */
  readonly cells: readonly KnownCell[];
  /** Names of cells whose configurations are not known, by id. */
  readonly strangers?: ReadonlyMap<number, string> | undefined;
  /** The machine's PCI functions, where they can be looked at. */
  readonly functions?: PciFunctions | undefined;
  /** The cell may have the line on which the hypervisor prints, as the configurations of the demos do: what is learned in a test. */
  readonly sharesConsole?: boolean | undefined;
}

const NOT_MOVED = BigInt(abi.MEM_COMM_REGION | abi.MEM_ROOTSHARED);

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

export function rangeText(start: bigint, size: bigint): string {
  return `${hex(start)} to ${hex(start + size - 1n)}`;
}

/** The region of a cell that has a guest-physical address, with its index; sub-page and whole ones alike. */
export function regionAt(
  cell: Cell,
  address: bigint,
): { index: number; region: MemoryRegion } | undefined {
  const index = cell.memory.findIndex(
    ({ virtualStart, size }) => address >= virtualStart && address < virtualStart + size,
  );
  return index < 0 ? undefined : { index, region: cell.memory[index]! };
}

function hasPhysical({ physicalStart, size, flags }: MemoryRegion, address: bigint): boolean {
  return (flags & NOT_MOVED) === 0n && address >= physicalStart && address < physicalStart + size;
}

/** The non-root cell other than `id` that has physical memory for itself. */
export function ownerOfMemory(situation: Situation, id: number, address: bigint): Cell | undefined {
  return situation.cells.find(
    (cell) =>
      cell.id !== id &&
      cell.id !== 0 &&
      cell.config.memory.some((one) => hasPhysical(one, address)),
  )?.config;
}

/** The non-root cell other than `id` that has a port. */
export function ownerOfPort(situation: Situation, id: number, port: bigint): Cell | undefined {
  return situation.cells.find(
    (cell) =>
      cell.id !== id &&
      cell.id !== 0 &&
      cell.config.ports.some(
        ({ base, length }) => port >= BigInt(base) && port < BigInt(base + length),
      ),
  )?.config;
}

/** The non-root cell other than `id` that has a PCI function. */
export function ownerOfDevice(situation: Situation, id: number, bdf: number): Cell | undefined {
  return situation.cells.find(
    (cell) =>
      cell.id !== id &&
      cell.id !== 0 &&
      cell.config.pciDevices.some((device) => device.bdf === bdf),
  )?.config;
}

/** Whether a physical address is the hypervisor's. */
export function isHypervisors({ hypervisorMemory }: SystemConfig, address: bigint): boolean {
  const { physicalStart, size } = hypervisorMemory;
  return address >= physicalStart && address < physicalStart + size;
}
