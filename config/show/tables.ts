// A configuration as tables. The rows are texts already; text.ts aligns them.

import * as abi from "../../abi/config.ts";
import * as names from "../names.ts";
import { originOf } from "../origin.ts";
import { oneLine } from "../printable.ts";
import type { Cell, Config, IommuUnit, PciDevice, SystemConfig } from "../types.ts";
import {
  choiceText,
  consoleText,
  flagText,
  functionText,
  hex,
  pinNumbers,
  portsText,
  rangesText,
  sizeText,
  spanText,
} from "./words.ts";

/** A table, or a list of facts when it has no heading. */
export interface Section {
  readonly title: string;
  readonly heading?: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Everything that a configuration says. */
export function describe(config: Config): Section[] {
  if (config.kind === "cell")
    return [
      { title: `Cell "${oneLine(config.name)}"`, rows: [file(config), ...cellFacts(config)] },
      ...lists(config, config, ""),
    ];
  const { rootCell } = config;
  return [
    { title: `System "${oneLine(rootCell.name)}"`, rows: [file(config), ...systemFacts(config)] },
    ...iommuUnits(config.iommuUnits),
    { title: `Root cell "${oneLine(rootCell.name)}"`, rows: cellFacts(rootCell) },
    ...lists(config, rootCell, "rootCell."),
  ];
}

const file = ({ architecture }: Config) => [
  "format",
  `revision ${abi.CONFIG_REVISION}, ${architecture}`,
];

/** The rows whose values say something. */
function present(
  rows: readonly (readonly [name: string, value: string | undefined])[],
): string[][] {
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

function systemFacts(config: SystemConfig): string[][] {
  const { hypervisorMemory: memory, pciMmconfigBase: base } = config;
  const host = config.pciIsVirtual ? "virtual, " : "";
  const buses = `buses 0 to ${config.pciMmconfigEndBus}`;
  const segment = config.pciDomain > 0 ? `, segment ${config.pciDomain}` : "";
  return present([
    ["flags", flagText(names.SYSTEM_FLAGS, config.flags)],
    [
      "hypervisor memory",
      `${spanText(memory.physicalStart, memory.size)}  ${sizeText(memory.size)}`,
    ],
    ["debug console", consoleText(config.debugConsole)],
    ["PCI", base ? `${host}MMCONFIG at ${hex(base)}, ${buses}${segment}` : `${host}no MMCONFIG`],
    ...platformFacts(config),
  ]);
}

function platformFacts({ x86, arm }: SystemConfig): [string, string | undefined][] {
  const khz = (value: number) => (value > 0 ? `${value} kHz` : undefined);
  if (x86)
    return [
      ["PM timer", `port ${hex(x86.pmTimerAddress)}`],
      ["APIC mode", choiceText(names.APIC_MODES, x86.apicMode)],
      ["VT-d interrupts", x86.vtdInterruptLimit > 0 ? `${x86.vtdInterruptLimit}` : undefined],
      ["TSC", khz(x86.tscKhz)],
      ["APIC timer", khz(x86.apicKhz)],
    ];
  if (!arm) return [];
  const base = (address: bigint) => (address > 0n ? hex(address) : undefined);
  return [
    ["GIC", `version ${arm.gicVersion}, maintenance interrupt ${arm.maintenanceIrq}`],
    ["GIC distributor", base(arm.gicdBase)],
    ["GIC CPU interface", base(arm.giccBase)],
    ["GIC interface control", base(arm.gichBase)],
    ["GIC virtual interface", base(arm.gicvBase)],
    ["GIC redistributors", base(arm.gicrBase)],
  ];
}

function iommuUnits(units: readonly IommuUnit[]): Section[] {
  const detail = ({ amd, pvu }: IommuUnit) => {
    if (amd)
      return `function ${functionText(amd.bdf)}, capability ${hex(amd.baseCapability)}, MSI ${hex(amd.msiCapability)}, features ${hex(amd.features)}`;
    return pvu ? `TLB at ${hex(pvu.tlbBase)}, ${sizeText(pvu.tlbSize)}` : "";
  };
  return table("IOMMU units", ["#", "Type", "Registers", "Size", ""], units, (unit, index) => [
    `${index}`,
    choiceText(names.IOMMU_TYPES, unit.type),
    hex(unit.base),
    sizeText(unit.size),
    detail(unit),
  ]);
}

function cellFacts(cell: Cell): string[][] {
  return present([
    ["CPUs", rangesText(cell.cpus)],
    ["flags", flagText(names.CELL_FLAGS, cell.flags)],
    ["starts at", hex(cell.cpuResetAddress)],
    ["console", consoleText(cell.console)],
    ["id", cell.id > 0 ? `${cell.id}` : undefined],
    ["message timeout", cell.msgReplyTimeout > 0n ? `${cell.msgReplyTimeout} polls` : undefined],
    ["virtual PCI interrupts", cell.vpciIrqBase > 0 ? `from ${cell.vpciIrqBase}` : undefined],
    ["stream ids", cell.streamIds.length > 0 ? cell.streamIds.map(hex).join(", ") : undefined],
  ]);
}

/** A section for a list, or none when it is empty. */
function table<Entry>(
  title: string,
  heading: readonly string[],
  entries: readonly Entry[],
  row: (entry: Entry, index: number) => string[],
): Section[] {
  if (entries.length === 0) return [];
  return [{ title: `${title} (${entries.length})`, heading, rows: entries.map(row) }];
}

/** Sections for a cell's lists; `path` leads to the cell in its configuration. */
function lists(config: Config, cell: Cell, path: string): Section[] {
  const device = (list: string, index: number) =>
    originOf(config, `${path}${list}[${index}]`)?.device ?? "";
  return [
    ...table(
      "Memory regions",
      ["#", "Physical", "In the cell", "Size", "Flags", ""],
      cell.memory,
      ({ physicalStart, virtualStart, size, flags }, index) => [
        `${index}`,
        flags & BigInt(abi.MEM_COMM_REGION) ? "-" : spanText(physicalStart, size),
        virtualStart === physicalStart ? "same" : spanText(virtualStart, size),
        sizeText(size),
        flagText(names.MEMORY_FLAGS, flags),
        device("memory", index),
      ],
    ),
    ...table(
      "Cache regions",
      ["#", "Type", "First", "Units", "Flags"],
      cell.caches,
      ({ type, start, size, flags }, index) => [
        `${index}`,
        choiceText(names.CACHE_TYPES, type),
        `${start}`,
        `${size}`,
        flagText(names.CACHE_FLAGS, flags),
      ],
    ),
    ...table(
      "Interrupt controllers",
      ["#", "Address", "Id", "Pins"],
      cell.irqchips,
      ({ address, id, pinBase, pinBitmap }, index) => [
        `${index}`,
        hex(address),
        hex(id),
        rangesText(pinNumbers(pinBitmap, pinBase)),
      ],
    ),
    ...table("Ports", ["#", "Ports", "Number", ""], cell.ports, (ports, index) => [
      `${index}`,
      portsText(ports),
      `${ports.length}`,
      device("ports", index),
    ]),
    ...pciDevices(cell),
  ];
}

function pciDevices(cell: Cell): Section[] {
  const heading = ["#", "Function", "Type", "IOMMU", "BAR masks", "MSI", "MSI-X", "Capabilities"];
  const devices = table("PCI devices", heading, cell.pciDevices, (device, index) => [
    `${index}`,
    functionText(device.bdf, device.domain),
    choiceText(names.PCI_TYPES, device.type),
    `${device.iommu}`,
    device.barMask.flatMap((mask, bar) => (mask ? [`${bar}:${hex(mask)}`] : [])).join(" ") || "-",
    msi(device),
    msix(device),
    device.numCaps > 0 ? capabilities(cell, device) : "-",
  ]);
  const links = cell.pciDevices.filter(
    ({ type, shmemPeers }) => type === abi.PCI_TYPE_IVSHMEM || shmemPeers > 0,
  );
  const columns = ["Function", "End", "Protocol", "Memory regions"];
  return [
    ...devices,
    ...table("Shared memory", columns, links, (device) => [
      functionText(device.bdf, device.domain),
      `${device.shmemDeviceId} of ${device.shmemPeers}`,
      choiceText(names.PROTOCOLS, device.shmemProtocol),
      // The state table and the read/write section, then an output of each end.
      `${device.shmemRegionsStart} to ${device.shmemRegionsStart + 1 + device.shmemPeers}`,
    ]),
    ...table(
      "PCI capabilities",
      ["#", "Capability", "From", "Bytes", "Flags"],
      cell.pciCapabilities,
      ({ id, start, length, flags }, index) => [
        `${index}`,
        choiceText(names.CAPABILITIES, id),
        hex(start),
        `${length}`,
        flagText(names.CAPABILITY_FLAGS, flags),
      ],
    ),
  ];
}

function msi({ numMsiVectors: vectors, msiFlags: flags }: PciDevice): string {
  if (vectors === 0) return "-";
  const bits = flags & abi.PCI_MSI_64BITS ? ", 64-bit" : "";
  return `${vectors}${bits}${flags & abi.PCI_MSI_MASKABLE ? ", maskable" : ""}`;
}

function msix({ numMsixVectors: vectors, msixAddress, msixRegionSize }: PciDevice): string {
  if (vectors === 0) return "-";
  return msixAddress
    ? `${vectors} at ${hex(msixAddress)}, ${sizeText(msixRegionSize)}`
    : `${vectors}`;
}

function capabilities(cell: Cell, { capsStart, numCaps }: PciDevice): string {
  const found = cell.pciCapabilities.slice(capsStart, capsStart + numCaps);
  return found.map(({ id }) => choiceText(names.CAPABILITIES, id)).join(" ");
}
