// PCI devices: types, numbers, base address registers, interrupts, and whose they are.
import * as abi from "../../../abi/config.ts";
import type { PciDevice, SystemConfig } from "../../types.ts";
import { family, type Report } from "../finding.ts";
import { remove, setTo } from "../fix.ts";
import { hex } from "../ranges.ts";
import { type ConfigSet, type Part, pairs } from "../set.ts";

const RULES = {
  "pci-type": ["error", "A PCI device is of an unknown type"],
  "pci-domain": ["error", "A PCI device is in another domain"],
  "pci-iommu": ["error", "A PCI device names an IOMMU that is not there"],
  "pci-caps": ["error", "A PCI device names capabilities that are not there"],
  "pci-inside": ["error", "A cell lists a PCI device twice"],
  "pci-twice": ["error", "Two cells have the same PCI device"],
  "pci-foreign": ["warning", "A cell has a PCI device that the root cell does not list"],
  "pci-bus": ["warning", "A PCI device is on a bus that the system does not have"],
  "pci-host": ["warning", "The root cell lacks the PCI host bridge"],
  "pci-function": ["warning", "A PCI device lacks its first function"],
  "pci-bridge": ["warning", "A cell has a PCI bridge"],
  "pci-bars": ["warning", "A PCI device has none of its base address registers"],
  "pci-bar-mask": ["warning", "A base address register's mask is not one"],
  "pci-msi": ["warning", "The MSI of a PCI device does not fit together"],
} as const;
type Tell = Report<keyof typeof RULES>;

/** Registers for ports may have 16 bits only. */
const IO_BITS = 16;
const IO_MASK = 0xffff;
const MAX_MSI = 32;
const isVirtual = ({ type }: PciDevice): boolean => type === abi.PCI_TYPE_IVSHMEM;

/** bus:device.function, in hex. */
export const bdfText = (bdf: number): string =>
  `${(bdf >> 8).toString(16).padStart(2, "0")}:${((bdf >> 3) & 0x1f).toString(16).padStart(2, "0")}.${bdf & 7}`;

/** Domain of a host bridge of the hypervisor's own that Linux gives the next free number. */
const DOMAIN_OPEN = 0xffff;

/** Whether nobody knows beforehand which number the system's PCI domain is going to have; on Arm only. */
const isChosenByLinux = ({ architecture, pciDomain }: SystemConfig): boolean =>
  architecture !== "x86" && pciDomain === DOMAIN_OPEN;

interface Device extends PciDevice {
  readonly part: Part;
  readonly index: number;
  at(field?: keyof PciDevice): ReturnType<Part["at"]>;
}

/** The devices of a cell with where they stand. */
export function devicesOf(part: Part): Device[] {
  return part.cell.pciDevices.map((device, index) => ({
    ...device,
    part,
    index,
    at: (field) => part.at(`pciDevices[${index}]${field === undefined ? "" : `.${field}`}`),
  }));
}

function checkNumbers(set: ConfigSet, device: Device, tell: Tell) {
  const { system } = set;
  const { type, part } = device;
  if (type < abi.PCI_TYPE_DEVICE || type > abi.PCI_TYPE_IVSHMEM)
    tell(
      "pci-type",
      device.at("type"),
      `${type} is no type: 1 is a device, 2 a bridge, 3 shared memory`,
      {
        fix: [setTo(device.at("type"), homeOf(set, device)?.type ?? abi.PCI_TYPE_DEVICE)],
      },
    );
  if (device.domain !== system.pciDomain && !isChosenByLinux(system))
    tell(
      "pci-domain",
      device.at("domain"),
      `its domain is ${device.domain}, the system's ${system.pciDomain}`,
      {
        related: [{ file: 0, path: "pciDomain" }],
        fix: [setTo(device.at("domain"), system.pciDomain)],
      },
    );
  const units = system.iommuUnits.filter(({ base }) => base !== 0n).length;
  if (device.iommu !== 0 && device.iommu >= units)
    tell(
      "pci-iommu",
      device.at("iommu"),
      `it is behind IOMMU ${device.iommu}, but the system has ${units === 0 ? "none" : `only ${units}`}`,
      {
        fix: [setTo(device.at("iommu"), homeOf(set, device)?.iommu ?? 0)],
      },
    );
  const capsEnd = device.capsStart + device.numCaps;
  if (capsEnd > part.cell.pciCapabilities.length)
    tell(
      "pci-caps",
      device.at("numCaps"),
      `its capabilities are ${device.capsStart} to ${capsEnd - 1} of a list of ${part.cell.pciCapabilities.length}`,
      {
        fix: [
          setTo(
            device.at("numCaps"),
            Math.max(0, part.cell.pciCapabilities.length - device.capsStart),
          ),
        ].concat(
          device.capsStart > part.cell.pciCapabilities.length
            ? [setTo(device.at("capsStart"), 0)]
            : [],
        ),
      },
    );
  const hasMmconfig = system.pciMmconfigBase !== 0n;
  if (hasMmconfig && device.bdf >> 8 > system.pciMmconfigEndBus)
    tell(
      "pci-bus",
      device.at("bdf"),
      `${bdfText(device.bdf)} is on bus ${device.bdf >> 8}, but buses end at ${system.pciMmconfigEndBus}`,
      {
        advice: "Correct the bus number, or pci.endBus of the system.",
      },
    );
}

/** The root cell's entry for a physical device of another cell. */
function homeOf({ root }: ConfigSet, device: Device): Device | undefined {
  if (device.part.isRoot || isVirtual(device)) return undefined;
  return devicesOf(root).find((one) => one.bdf === device.bdf && !isVirtual(one));
}

function checkTwice(part: Part, tell: Tell) {
  for (const [a, b] of pairs(devicesOf(part)))
    if (a.bdf === b.bdf)
      tell("pci-inside", b.at("bdf"), `pciDevices[${a.index}] is ${bdfText(a.bdf)} too`, {
        fix: [remove(b.at())],
        related: [a.at()],
      });
}

function checkCells({ cells }: ConfigSet, tell: Tell) {
  for (const [first, second] of pairs(cells))
    for (const a of devicesOf(first))
      for (const b of devicesOf(second)) {
        if (a.bdf !== b.bdf || isVirtual(a) || isVirtual(b)) continue;
        tell("pci-twice", b.at("bdf"), `${bdfText(b.bdf)} belongs to ${first.label} too`, {
          fix: [remove(b.at())],
          related: [a.at()],
        });
      }
}

function checkBars(set: ConfigSet, device: Device, tell: Tell) {
  device.barMask.forEach((mask, index) => {
    if (mask === 0 || isSecondHalf(device.barMask, index)) return;
    const lowest = (mask & -mask) >>> 0;
    const isIo = mask >>> IO_BITS === 0;
    const wanted = isIo ? IO_MASK - (lowest - 1) : -lowest >>> 0;
    if (mask !== wanted)
      tell(
        "pci-bar-mask",
        device.at("barMask"),
        `BAR ${index} has the mask ${hex(mask)}: the writable bits of a register are the upper ones without a gap, ${hex(wanted)}`,
        { fix: [setTo(device.at("barMask"), device.barMask.with(index, wanted))] },
      );
  });
  const home = homeOf(set, device);
  const hasNone = (masks: readonly number[]) => masks.every((mask) => mask === 0);
  if (home && hasNone(device.barMask) && !hasNone(home.barMask))
    tell(
      "pci-bars",
      device.at("barMask"),
      `${bdfText(device.bdf)} has base address registers in the root cell, but none here: the cell reads 0 from them`,
      {
        fix: [setTo(device.at("barMask"), home.barMask)],
        related: [home.at("barMask")],
      },
    );
}

/** Whether a mask is the upper half of the 64-bit register before it. */
export function isSecondHalf(masks: readonly number[], index: number): boolean {
  return index > 0 && masks[index] === 0xffffffff && masks[index - 1] !== 0;
}

function checkMsi(device: Device, tell: Tell) {
  const vectors = device.numMsiVectors;
  if (vectors > MAX_MSI || (vectors & (vectors - 1)) !== 0)
    tell(
      "pci-msi",
      device.at("numMsiVectors"),
      `it has ${vectors} MSI vectors: there are 1, 2, 4, 8, 16 or 32`,
      {
        fix: [
          setTo(
            device.at("numMsiVectors"),
            vectors > MAX_MSI ? MAX_MSI : 2 ** Math.ceil(Math.log2(vectors)),
          ),
        ],
      },
    );
}

function checkOwner(set: ConfigSet, device: Device, tell: Tell) {
  if (device.part.isRoot || isVirtual(device)) return;
  if (device.type === abi.PCI_TYPE_BRIDGE)
    tell(
      "pci-bridge",
      device.at("type"),
      `${bdfText(device.bdf)} is a bridge: what is behind it would hang on ${device.part.label}`,
      {
        advice: "Leave bridges to the root cell.",
      },
    );
  if (!homeOf(set, device))
    tell(
      "pci-foreign",
      device.at("bdf"),
      `${bdfText(device.bdf)} is no device of the root cell: the system does not know it`,
      {
        related: [set.root.at("pciDevices")],
        advice: `The root cell has ${
          devicesOf(set.root)
            .filter((one) => !isVirtual(one))
            .map(({ bdf }) => bdfText(bdf))
            .join(", ") || "no PCI devices"
        }.`,
      },
    );
}

/** The root cell's list is what its system sees: it looks for function 0 first. */
function checkFunctions({ system, root }: ConfigSet, tell: Tell) {
  const devices = devicesOf(root).filter((device) => !isVirtual(device));
  if (system.architecture === "x86" && devices.length > 0 && devices.every(({ bdf }) => bdf !== 0))
    tell(
      "pci-host",
      root.at("pciDevices"),
      "00:00.0, the host bridge, is not listed: systems look for it first",
      {
        advice: 'Add { type: "device", bdf: bdf(0, 0, 0) }.',
      },
    );
  for (const device of devices) {
    const first = device.bdf & ~7;
    if (device.bdf === first || devices.some(({ bdf }) => bdf === first)) continue;
    tell(
      "pci-function",
      device.at("bdf"),
      `${bdfText(device.bdf)} is listed, but not ${bdfText(first)}: systems do not look for further functions then`,
      {
        related: [root.at("pciDevices")],
        advice: `Add ${bdfText(first)}, or correct the bdf.`,
      },
    );
  }
}

export const pci = family(RULES, (set, tell) => {
  for (const part of set.parts) {
    checkTwice(part, tell);
    for (const device of devicesOf(part)) {
      checkNumbers(set, device, tell);
      checkOwner(set, device, tell);
      if (!isVirtual(device)) checkBars(set, device, tell);
      checkMsi(device, tell);
    }
  }
  checkFunctions(set, tell);
  checkCells(set, tell);
});
