// Physical pages that the hypervisor plays or keeps for itself (hypervisor/core/memory/trapped.ts), and where the system says so.

import { APIC_PAGE, MESSAGE_WINDOW_SIZE } from "../../abi/x86/apic.ts";
import type { PciDevice } from "../types.ts";
import type { Place } from "./finding.ts";
import { PAGE, type Range } from "./ranges.ts";
import type { ConfigSet } from "./set.ts";

/** A device, or what else is at an address, to be put into a sentence. */
export interface Played extends Range {
  readonly label: string;
  /** Where the system says it. */
  readonly places: readonly Place[];
}

const BUS_SIZE = 1n << 20n;
const ENTRY = 16;
/** Sizes of a GIC's parts (GIC architecture specification, IHI 0069, section 12.10): two frames of 64 KiB a redistributor. */
const GIC_V2 = 2;
const GICV3_DISTRIBUTOR = 0x10000n;
const GICV3_REDISTRIBUTOR = 0x20000n;

const isX86 = ({ system }: ConfigSet): boolean => system.architecture === "x86";
const LOCAL_APIC: Played = {
  label: "the local APIC",
  places: [],
  start: BigInt(APIC_PAGE),
  size: PAGE,
};
const MESSAGES: Played = {
  label: "the addresses of interrupt messages",
  places: [],
  start: BigInt(APIC_PAGE) + PAGE,
  size: BigInt(MESSAGE_WINDOW_SIZE) - PAGE,
};

/** The local APIC and the addresses of messages, which all cells on x86 have. */
export const localDevices = (set: ConfigSet): readonly Played[] =>
  isX86(set) ? [LOCAL_APIC, MESSAGES] : [];

/** The I/O APICs of the system. */
export const ioapics = (set: ConfigSet): Played[] =>
  set.root.cell.irqchips.flatMap(({ address }, index) =>
    isX86(set)
      ? [
          {
            label: `I/O APIC ${index}`,
            places: [set.root.at(`irqchips[${index}].address`)],
            start: address,
            size: PAGE,
          },
        ]
      : [],
  );

/** What a GIC of Arm has that the hypervisor plays: the distributor, and from version 3 on a redistributor for each CPU. */
export function gic({ system, root }: ConfigSet): Played[] {
  if (!system.arm) return [];
  const { gicVersion, gicdBase, gicrBase } = system.arm;
  const frames = Math.max(0, ...root.cell.cpus) + 1;
  const isNew = gicVersion > GIC_V2;
  const distributor = {
    label: "the GIC's distributor",
    places: [{ file: 0, path: "arm.gicdBase" }],
    start: gicdBase,
    size: isNew ? GICV3_DISTRIBUTOR : PAGE,
  };
  const redistributors = {
    label: "the GIC's redistributors",
    places: [{ file: 0, path: "arm.gicrBase" }],
    start: gicrBase,
    size: BigInt(frames) * GICV3_REDISTRIBUTOR,
  };
  return (isNew ? [distributor, redistributors] : [distributor]).filter(({ start }) => start > 0n);
}

/** PCI's memory-mapped configuration space: one entry or none. */
export const mmconfig = ({ system }: ConfigSet): Played[] =>
  system.pciMmconfigBase === 0n
    ? []
    : [
        {
          label: "PCI's configuration space",
          places: [{ file: 0, path: "pciMmconfigBase" }],
          start: system.pciMmconfigBase,
          size: BigInt(system.pciMmconfigEndBus + 1) * BUS_SIZE,
        },
      ];

/** The registers of IOMMUs, as far as the list is read: to the first without an address. */
export function iommus({ system }: ConfigSet): Played[] {
  const end = system.iommuUnits.findIndex(({ base }) => base === 0n);
  return system.iommuUnits.slice(0, end < 0 ? undefined : end).map(({ base, size }, index) => ({
    label: `the registers of IOMMU ${index}`,
    places: [{ file: 0, path: `iommuUnits[${index}]` }],
    start: base,
    size: size > PAGE ? BigInt(size) : PAGE,
  }));
}

/** The MSI-X table of a device, with what else is trapped behind it; empty when it has none. */
export const tableOf = ({ msixAddress, numMsixVectors, msixRegionSize }: PciDevice): Range => ({
  start: msixAddress,
  size:
    msixAddress === 0n || numMsixVectors === 0
      ? 0n
      : BigInt(Math.max(numMsixVectors * ENTRY, msixRegionSize)),
});
