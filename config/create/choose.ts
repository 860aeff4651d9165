// The devices that a cell is to have, by the names that people have for them.
import * as abi from "../../abi/config.ts";
import { originOf } from "../origin.ts";
import type { MemoryRegion, PciCapability, PciDevice, PortRange, SystemConfig } from "../types.ts";
import { capabilitiesOf, partsOfFunction, regionsAt, tablesOf } from "./device.ts";
import { placesOfListed } from "./listed.ts";
import { describeFunction, type PciFunction } from "./pci.ts";

/** A cell of this kind cannot be proposed; the message says why and what there is. */
export class ProposalError extends Error {
  override readonly name = "ProposalError";
}

/** What the cell gets. */
export interface Chosen {
  readonly ports: readonly PortRange[];
  readonly memory: readonly MemoryRegion[];
  readonly pci: readonly {
    readonly device: PciDevice;
    readonly capabilities: readonly PciCapability[];
  }[];
}

const PCI_NAME = /^(?:(?:0000:)?([0-9a-f]{1,2}):)?([0-9a-f]{1,2})\.([0-7])$/i;
const HOST_BRIDGE = 0;
const BRIDGE_CLASS = 6;
const CLASS_SHIFT = 8;
const PCI_IDS = /^[0-9a-f]{4}:[0-9a-f]{4}$/i;

const nameOf = (bdf: number): string => {
  const two = (value: number) => value.toString(16).padStart(2, "0");
  return `${two(bdf >> 8)}:${two((bdf >> 3) & 0x1f)}.${bdf & 7}`;
};

function named(system: SystemConfig, device: string): Chosen | undefined {
  const { rootCell } = system;
  const has = (list: string, index: number) =>
    originOf(system, `rootCell.${list}[${index}]`)?.device === device;
  const pci = rootCell.pciDevices.filter((_, index) => has("pciDevices", index));
  const chosen = {
    ports: rootCell.ports.filter((_, index) => has("ports", index)),
    memory: rootCell.memory.filter((_, index) => has("memory", index)),
    pci: pci.map((one) => ({ device: one, capabilities: capabilitiesOf(system, one) })),
  };
  return chosen.ports.length + chosen.memory.length + pci.length > 0 ? chosen : undefined;
}

/** The functions whose class, or vendor and device, a word names; undefined where the machine is not known. */
function ofClass(functions: readonly PciFunction[], word: string): PciFunction[] {
  const wanted = word.toLowerCase();
  return functions.filter((one) => {
    const [, kind = "", ids = ""] = /: (.*), ([0-9a-f:]+)$/.exec(describeFunction(one)) ?? [];
    return PCI_IDS.test(word) ? ids === wanted : kind.toLowerCase().includes(wanted);
  });
}

/** The number that a name stands for; throws a ProposalError where there is none, or more than one. */
function numberOf(
  system: SystemConfig,
  functions: readonly PciFunction[] | undefined,
  name: string,
): number {
  const [, bus = "0", slot, fn] = PCI_NAME.exec(name) ?? [];
  if (slot !== undefined && fn !== undefined)
    return (Number.parseInt(bus, 16) << 8) | (Number.parseInt(slot, 16) << 3) | Number(fn);
  const found = ofClass(functions ?? [], name);
  if (found.length === 1) return found[0]!.bdf;
  if (found.length > 1) {
    const list = found.map((one) => `\n  ${describeFunction(one)}`).join("");
    throw new ProposalError(`several devices are "${name}", choose by number:${list}`);
  }
  const listed = system.rootCell.pciDevices.map(({ bdf }) => {
    const known = functions?.find((one) => one.bdf === bdf);
    return `\n  ${known ? describeFunction(known) : nameOf(bdf)}`;
  });
  const how = functions ? "" : "; classes such as ethernet are known with -r ROOT";
  throw new ProposalError(
    `the system has no device "${name}"; there are COM1 to COM4, the names in its source, and PCI devices${how}:${listed.join("")}`,
  );
}

function registersOf(
  system: SystemConfig,
  device: PciDevice,
  one: PciFunction | undefined,
): Pick<Chosen, "memory" | "ports"> {
  if (one) return partsOfFunction(one, true);
  const places = placesOfListed(system, device);
  if (places.open.length === 0) return regionsAt(places, tablesOf(device), true);
  throw new ProposalError(
    `the configuration does not tell where ${nameOf(device.bdf)} has ${places.open.join(", and ")}: -r / on that machine does, or -r with what \`config collect\` saved of it`,
  );
}

/** What is no single device of the root cell's to give. */
function needGivable({ type, bdf }: PciDevice, one: PciFunction | undefined): void {
  if (type === abi.PCI_TYPE_IVSHMEM)
    throw new ProposalError(
      `${nameOf(bdf)} is one end of shared memory: ivshmemLink in a source makes both ends`,
    );
  const isBridge = type === abi.PCI_TYPE_BRIDGE || bdf === HOST_BRIDGE;
  if (isBridge || (one && one.class >> CLASS_SHIFT === BRIDGE_CLASS))
    throw new ProposalError(
      `${one ? describeFunction(one) : nameOf(bdf)} is a bridge: other devices need it`,
    );
}

/** What one name stands for. `functions` are those of the machine, if it is known. */
export function chooseDevice(
  system: SystemConfig,
  functions: readonly PciFunction[] | undefined,
  name: string,
): Chosen {
  const own = named(system, name);
  if (own) return own;
  const bdf = numberOf(system, functions, name);
  const device = system.rootCell.pciDevices.find((one) => one.bdf === bdf);
  const one = functions?.find((other) => other.bdf === bdf);
  if (!device) {
    const what = one ? describeFunction(one) : `PCI device ${nameOf(bdf)}`;
    throw new ProposalError(`the root cell does not have ${what}: it cannot give it`);
  }
  needGivable(device, one);
  const capabilities = capabilitiesOf(system, device);
  const { memory, ports } = registersOf(system, device, one);
  return { memory, ports, pci: [{ device, capabilities }] };
}
