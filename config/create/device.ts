// What a PCI function consists of: its entry with capabilities, its registers and its ports; from the machine itself, or from
// what a system's configuration says of it.
import * as abi from "../../abi/config.ts";
import { alignDown, alignUp, endOf, PAGE, type Range, uncovered } from "../check/ranges.ts";
import { parsePci, placePciDevices } from "../define-pci.ts";
import type { MemoryRegion, PciCapability, PciDevice, PortRange, SystemConfig } from "../types.ts";
import { type PciFunction, planDevice } from "./pci.ts";

/** A function's share of a cell. `device.capsStart` is 0: its capabilities are these. */
export interface DeviceParts {
  readonly device: PciDevice;
  readonly capabilities: readonly PciCapability[];
  /** Registers in memory, without a table of MSI-X. */
  readonly memory: readonly MemoryRegion[];
  readonly ports: readonly PortRange[];
}

const REGISTERS = BigInt(abi.MEM_READ | abi.MEM_WRITE);
/** Below a page accesses are trapped: all widths that registers have. */
const SMALL_REGISTERS =
  REGISTERS | BigInt(abi.MEM_IO | abi.MEM_IO_8 | abi.MEM_IO_16 | abi.MEM_IO_32 | abi.MEM_IO_64);

function region({ start, size }: Range): MemoryRegion {
  const flags = size % PAGE === 0n ? REGISTERS : SMALL_REGISTERS;
  return { physicalStart: start, virtualStart: start, size, flags };
}

/** A block of registers as regions: whole pages, unless it is smaller and `isExact`. */
function registerRegions(bar: Range, tables: readonly Range[], isExact: boolean): MemoryRegion[] {
  const start = alignDown(bar.start, PAGE);
  const pages = { start, size: alignUp(endOf(bar), PAGE) - start };
  return uncovered(isExact && bar.size < PAGE ? bar : pages, tables).map(region);
}

/** Where a device's registers are, as regions and port ranges. */
export function regionsAt(
  places: { readonly memory: readonly Range[]; readonly ports: readonly Range[] },
  tables: readonly Range[],
  isExact: boolean,
): Pick<DeviceParts, "memory" | "ports"> {
  return {
    memory: places.memory.flatMap((bar) => registerRegions(bar, tables, isExact)),
    ports: places.ports.map(({ start, size }) => ({ base: Number(start), length: Number(size) })),
  };
}

/**
 * What the machine says of a function. `isExact` for a cell that must not have what else is in the pages of small
 * registers; the root cell has it all.
 */
export function partsOfFunction(one: PciFunction, isExact: boolean): DeviceParts {
  const listed = placePciDevices([parsePci(planDevice(one).value, "")], [], "");
  const { msix, bars } = one;
  const tables = msix ? [{ start: msix.address, size: BigInt(msix.regionSize) }] : [];
  const placed = bars.filter(({ start }) => start !== 0n);
  const memory = placed.filter(({ isPorts }) => !isPorts);
  const ports = placed.filter(({ isPorts }) => isPorts);
  return {
    device: listed.pciDevices[0]!,
    capabilities: listed.pciCapabilities,
    ...regionsAt({ memory, ports }, tables, isExact),
  };
}

/** The table of a device's MSI-X, which the hypervisor plays. */
export function tablesOf({ numMsixVectors, msixAddress, msixRegionSize }: PciDevice): Range[] {
  return numMsixVectors === 0 ? [] : [{ start: msixAddress, size: BigInt(msixRegionSize) }];
}

/** The capabilities that a listed device points to. */
export function capabilitiesOf(system: SystemConfig, device: PciDevice): PciCapability[] {
  const { capsStart, numCaps } = device;
  return system.rootCell.pciCapabilities.slice(capsStart, capsStart + numCaps);
}
