// A configuration beside the machine that it is for: PCI functions, their base address registers and capabilities.
import * as abi from "../../../abi/config.ts";
import { describeFunction, isIommu, type PciFunction, planDevice } from "../../create/pci.ts";
import { definitionText } from "../../create/source.ts";
import { CAPABILITIES } from "../../names.ts";
import type { PciDevice } from "../../types.ts";
import { family, type Report } from "../finding.ts";
import { add, remove, setTo } from "../fix.ts";
import type { Machine } from "../machine.ts";
import {
  alignDown,
  alignUp,
  hex,
  isComm,
  PAGE,
  physical,
  type Range,
  span,
  uncovered,
} from "../ranges.ts";
import { type ConfigSet, machineOf, regionsOf } from "../set.ts";
import { devicesOf } from "./pci.ts";

const RULES = {
  "machine-pci-absent": ["warning", "The machine does not have a PCI device"],
  "machine-pci-forgotten": ["warning", "A PCI device of the machine is in no list"],
  "machine-pci-other": ["warning", "Another PCI device is there"],
  "machine-pci-iommu": ["warning", "The root cell has an IOMMU's own function"],
  "machine-pci-bars": ["warning", "A PCI device has other base address registers"],
  "machine-pci-caps": ["warning", "A PCI device has other capabilities"],
  "machine-pci-caps-more": ["note", "A PCI device has capabilities that are not listed"],
  "machine-pci-msi": ["warning", "A PCI device has other message interrupts"],
  "machine-pci-memory": ["warning", "Registers of a PCI device are not the root cell's"],
} as const;
type Tell = Report<keyof typeof RULES>;
type Device = ReturnType<typeof devicesOf>[number];

const DEVICE_FLAGS = abi.MEM_READ | abi.MEM_WRITE;
const BUS_SIZE = 1n << 20n;

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? "" : "s"}`;
const deviceLine = (one: PciFunction): string => `${definitionText(planDevice(one).value)},`;
const idOf = (id: string | number): number =>
  typeof id === "number" ? id : CAPABILITIES[id as keyof typeof CAPABILITIES];
const idText = (id: number): string =>
  Object.entries(CAPABILITIES).find(([, number]) => number === id)?.[0] ?? hex(id);

/** The message interrupts of a function, as the model has them. */
function interruptsOf({ msi, msix }: PciFunction): Partial<PciDevice> {
  const flags = (msi?.bits64 ? abi.PCI_MSI_64BITS : 0) | (msi?.maskable ? abi.PCI_MSI_MASKABLE : 0);
  return {
    numMsiVectors: msi?.vectors ?? 0,
    msiFlags: flags,
    numMsixVectors: msix?.vectors ?? 0,
    msixRegionSize: msix?.regionSize ?? 0,
    msixAddress: msix?.address ?? 0n,
  };
}

const interruptText = ({ msi, msix }: PciFunction): string =>
  `${msi ? counted(msi.vectors, "MSI vector") : "no MSI"} and ${msix ? `${counted(msix.vectors, "MSI-X vector")} at ${hex(msix.address)}` : "no MSI-X"}`;

interface Capability {
  readonly id: number;
  readonly start: number;
}

/** What a listed device and the function that is there do not have in common. */
interface Differences {
  readonly hasOtherBars: boolean;
  /** Keys of the model that are wrong, with the right values. */
  readonly interrupts: readonly (readonly [keyof PciDevice, number | bigint])[];
  /** Listed, but not there. */
  readonly absent: readonly Capability[];
  /** There, but not listed. */
  readonly more: readonly Capability[];
}

function compare(device: Device, one: PciFunction): Differences {
  const { capsStart, numCaps, part, barMask } = device;
  const listed = part.cell.pciCapabilities.slice(capsStart, capsStart + numCaps);
  const real = one.capabilities.map(({ id, start }) => ({ id: idOf(id), start: Number(start) }));
  const own = listed.filter(({ id }) => id !== CAPABILITIES.registers);
  const isIn = (list: readonly Capability[]) => (cap: Capability) =>
    list.some(({ id, start }) => id === cap.id && start === cap.start);
  const right = Object.entries(interruptsOf(one)) as [keyof PciDevice, number | bigint][];
  return {
    hasOtherBars: barMask.some((mask, index) => mask !== one.barMask[index]),
    interrupts: right.filter(([key, value]) => device[key] !== value),
    absent: one.isComplete ? own.filter((cap) => !isIn(real)(cap)) : [],
    more: one.isComplete ? real.filter((cap) => !isIn(own)(cap)) : [],
  };
}

const capsText = (caps: readonly Capability[]): string =>
  caps.map(({ id, start }) => `${idText(id)} at ${hex(start)}`).join(", ");

function checkFunction(device: Device, one: PciFunction, tell: Tell) {
  const what = describeFunction(one);
  const advice = `Write the device as the machine has it: ${deviceLine(one)}`;
  const { hasOtherBars, interrupts, absent, more } = compare(device, one);
  const hasOtherCaps = absent.length > 0 || (hasOtherBars && more.length > 0);
  const aspects = [hasOtherBars, interrupts.length > 0, hasOtherCaps].filter(Boolean);
  if (aspects.length > 1) {
    tell("machine-pci-other", device.at(), `the device there is ${what}`, { advice });
    return;
  }
  if (hasOtherBars)
    tell(
      "machine-pci-bars",
      device.at("barMask"),
      `${what} has the masks ${one.barMask.map(hex).join(", ")}`,
      { fix: [setTo(device.at("barMask"), one.barMask)] },
    );
  const [first] = interrupts;
  if (first)
    tell("machine-pci-msi", device.at(first[0]), `${what} has ${interruptText(one)}`, {
      fix: interrupts.map(([key, value]) => setTo(device.at(key), value)),
    });
  if (absent.length > 0)
    tell("machine-pci-caps", device.at("numCaps"), `${what} does not have ${capsText(absent)}`, {
      advice,
    });
  else if (more.length > 0)
    tell(
      "machine-pci-caps-more",
      device.at("numCaps"),
      `${what} has ${capsText(more)} besides: the root cell cannot write there`,
      { advice },
    );
}

const pages = ({ start, size }: Range): Range => {
  const first = alignDown(start, PAGE);
  return { start: first, size: alignUp(start + size, PAGE) - first };
};

/** Memory that the root cell has, or that the hypervisor plays for it. */
function reachable({ system, root }: ConfigSet): Range[] {
  const buses = BUS_SIZE * BigInt(system.pciMmconfigEndBus + 1);
  return [
    ...regionsOf(root)
      .filter((region) => !isComm(region))
      .map(physical),
    ...devicesOf(root).map(({ msixAddress, msixRegionSize }) => ({
      start: msixAddress,
      size: BigInt(msixRegionSize),
    })),
    { start: system.pciMmconfigBase, size: system.pciMmconfigBase === 0n ? 0n : buses },
  ];
}

function checkMemory(set: ConfigSet, device: Device, one: PciFunction, tell: Tell) {
  const known = reachable(set);
  for (const bar of one.bars.filter(({ isPorts, start }) => !isPorts && start !== 0n))
    for (const hole of uncovered(pages(bar), known)) {
      const region = { physicalStart: hole.start, virtualStart: hole.start, size: hole.size };
      tell(
        "machine-pci-memory",
        device.at(),
        `${span(hole)} are registers of ${describeFunction(one)}, but in no region of the root cell: Linux is stopped when it gets there`,
        { fix: [add(set.root.at("memory"), { ...region, flags: BigInt(DEVICE_FLAGS) })] },
      );
      known.push(hole);
    }
}

function checkForgotten({ root, system }: ConfigSet, { functions }: Machine, tell: Tell) {
  const listed = new Set(root.cell.pciDevices.map(({ bdf }) => bdf));
  for (const one of functions) {
    if (one.segment !== system.pciDomain || listed.has(one.bdf) || isIommu(one)) continue;
    tell(
      "machine-pci-forgotten",
      root.at("pciDevices"),
      `${describeFunction(one)} is not listed: Linux loses it`,
      { advice: `Add it to pciDevices: ${deviceLine(one)}` },
    );
  }
}

export const machinePci = family(RULES, (set, tell) => {
  const machine = machineOf(set);
  if (!machine || machine.functions.length === 0) return;
  for (const device of devicesOf(set.root)) {
    if (device.type === abi.PCI_TYPE_IVSHMEM) continue;
    const one = machine.functions.find(
      ({ bdf, segment }) => bdf === device.bdf && segment === device.domain,
    );
    if (!one) {
      tell("machine-pci-absent", device.at("bdf"), "the machine has no PCI function there", {
        fix: [remove(device.at())],
      });
      continue;
    }
    if (isIommu(one)) {
      tell(
        "machine-pci-iommu",
        device.at(),
        `${describeFunction(one)}: who has it switches it off`,
        {
          fix: [remove(device.at())],
        },
      );
      continue;
    }
    checkFunction(device, one, tell);
    checkMemory(set, device, one, tell);
  }
  checkForgotten(set, machine, tell);
});
