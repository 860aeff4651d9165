// A configuration as the original's users write it: C, of its headers' structures, fields and flags (docs/abi.md, section 1).
import * as abi from "../../abi/config.ts";
import type { Cell, Config, Console, IommuUnit, PciDevice, SystemConfig } from "../types.ts";

type Value = string | number | bigint | readonly Field[] | undefined;
/** A member and what it is set to; undefined and 0 are what it is anyway. */
type Field = readonly [name: string, value: Value];

const MEMORY_FLAGS: readonly (readonly [number, string])[] = [
  [abi.MEM_READ, "READ"],
  [abi.MEM_WRITE, "WRITE"],
  [abi.MEM_EXECUTE, "EXECUTE"],
  [abi.MEM_DMA, "DMA"],
  [abi.MEM_IO, "IO"],
  [abi.MEM_COMM_REGION, "COMM_REGION"],
  [abi.MEM_LOADABLE, "LOADABLE"],
  [abi.MEM_ROOTSHARED, "ROOTSHARED"],
  [abi.MEM_NO_HUGEPAGES, "NO_HUGEPAGES"],
  [abi.MEM_IO_UNALIGNED, "IO_UNALIGNED"],
  [abi.MEM_IO_8, "IO_8"],
  [abi.MEM_IO_16, "IO_16"],
  [abi.MEM_IO_32, "IO_32"],
  [abi.MEM_IO_64, "IO_64"],
];
const ARCHITECTURES = { x86: "X86", arm: "ARM", arm64: "ARM64" } as const;
const PCI_TYPES = ["0", "DEVICE", "BRIDGE", "IVSHMEM"];
const WORD_BYTES = 8;
const BITS_PER_BYTE = 8;
const PRINTABLE = /^[\x20-\x7e]$/;

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** A C string literal of a name's bytes. */
function text(name: string): string {
  const letters = [...Buffer.from(name)].map((byte) => {
    const letter = String.fromCharCode(byte);
    if (letter === '"' || letter === "\\") return `\\${letter}`;
    return PRINTABLE.test(letter) ? letter : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return `"${letters.join("")}"`;
}

function flags(value: bigint): string {
  const known = MEMORY_FLAGS.filter(([bit]) => (value & BigInt(bit)) !== 0n);
  const rest = known.reduce((left, [bit]) => left & ~BigInt(bit), value);
  const names = known.map(([, name]) => `JAILHOUSE_MEM_${name}`);
  return (
    [...names, ...(rest === 0n || names.length === 0 ? [] : [hex(rest)])].join(" | ") || hex(value)
  );
}

/** An initialiser at a depth of tabs. */
function initialiser(value: Exclude<Value, undefined>, depth: number): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object") return hex(value);
  const indent = "\t".repeat(depth + 1);
  const members = value
    .filter(([, one]) => one !== undefined && one !== 0 && one !== 0n)
    .map(([name, one]) => `${indent}${name && `${name} = `}${initialiser(one!, depth + 1)},\n`);
  return `{\n${members.join("")}${"\t".repeat(depth)}}`;
}

const list = (entries: readonly Value[]): Field[] => entries.map((entry) => ["", entry] as const);
const numbers = (values: readonly number[]): string => `{ ${values.map(hex).join(", ")} }`;

const console = (one: Console): Field[] => [
  [".address", one.address],
  [".size", one.size],
  [".type", one.type],
  [".flags", one.flags],
  [".divider", one.divider],
  [".gate_nr", one.gateNumber],
  [".clock_reg", one.clockRegister],
];
const ifSet = (fields: Field[]): Value => (fields.some(([, value]) => value) ? fields : undefined);

const device = (one: PciDevice): Field[] => [
  [".type", PCI_TYPES[one.type] ? `JAILHOUSE_PCI_TYPE_${PCI_TYPES[one.type]}` : one.type],
  [".iommu", one.iommu],
  [".domain", one.domain],
  [".bdf", one.bdf],
  [".bar_mask", one.barMask.some((mask) => mask !== 0) ? numbers(one.barMask) : undefined],
  [".caps_start", one.capsStart],
  [".num_caps", one.numCaps],
  [".num_msi_vectors", one.numMsiVectors],
  [".msi_64bits", one.msiFlags & abi.PCI_MSI_64BITS ? 1 : 0],
  [".msi_maskable", one.msiFlags & abi.PCI_MSI_MASKABLE ? 1 : 0],
  [".num_msix_vectors", one.numMsixVectors],
  [".msix_region_size", one.msixRegionSize],
  [".msix_address", one.msixAddress],
  [".shmem_regions_start", one.shmemRegionsStart],
  [".shmem_dev_id", one.shmemDeviceId],
  [".shmem_peers", one.shmemPeers],
  [".shmem_protocol", one.shmemProtocol],
];

/** An array of the file: its C type, its name, the field with its count, and its entries. */
interface Part {
  readonly type: string;
  readonly name: string;
  readonly count?: string;
  readonly entries: readonly Value[];
}

function cpuSet({ cpuSetSize, cpus }: Cell): Part {
  const bytes = [WORD_BYTES, WORD_BYTES / 2].find((size) => cpuSetSize % size === 0) ?? 1;
  const bits = bytes * BITS_PER_BYTE;
  const words = Array.from({ length: cpuSetSize / bytes }, () => 0n);
  for (const cpu of cpus) words[Math.floor(cpu / bits)]! |= 1n << BigInt(cpu % bits);
  return { type: `__u${bits}`, name: "cpus", entries: words.map(hex) };
}

const partsOf = (cell: Cell): Part[] => [
  cpuSet(cell),
  {
    type: "struct jailhouse_memory",
    name: "mem_regions",
    count: "num_memory_regions",
    entries: cell.memory.map((one) => [
      [".phys_start", one.physicalStart],
      [".virt_start", one.virtualStart],
      [".size", one.size],
      [".flags", one.flags === 0n ? undefined : flags(one.flags)],
    ]),
  },
  {
    type: "struct jailhouse_cache",
    name: "cache_regions",
    count: "num_cache_regions",
    entries: cell.caches.map((one) => [
      [".start", one.start],
      [".size", one.size],
      [".type", one.type],
      [".flags", one.flags],
    ]),
  },
  {
    type: "struct jailhouse_irqchip",
    name: "irqchips",
    count: "num_irqchips",
    entries: cell.irqchips.map((one) => [
      [".address", one.address],
      [".id", one.id],
      [".pin_base", one.pinBase],
      [".pin_bitmap", numbers(one.pinBitmap)],
    ]),
  },
  {
    type: "struct jailhouse_pio",
    name: "pio_regions",
    count: "num_pio_regions",
    entries: cell.ports.map(({ base, length }) => `PIO_RANGE(${hex(base)}, ${hex(length)})`),
  },
  {
    type: "struct jailhouse_pci_device",
    name: "pci_devices",
    count: "num_pci_devices",
    entries: cell.pciDevices.map(device),
  },
  {
    type: "struct jailhouse_pci_capability",
    name: "pci_caps",
    count: "num_pci_caps",
    entries: cell.pciCapabilities.map((one) => [
      [".id", one.id],
      [".start", one.start],
      [".len", one.length],
      [".flags", one.flags & abi.CAP_FLAG_WRITE ? "JAILHOUSE_PCICAPS_WRITE" : one.flags],
    ]),
  },
  {
    type: "union jailhouse_stream_id",
    name: "stream_ids",
    count: "num_stream_ids",
    entries: cell.streamIds.map((id) => [[".id", id]]),
  },
];

const descriptor = (cell: Cell, parts: readonly Part[]): Field[] => [
  [".name", text(cell.name)],
  [".id", cell.id],
  [".flags", cell.flags],
  [".cpu_set_size", "sizeof(config.cpus)"],
  ...parts
    .filter(({ count, entries }) => count !== undefined && entries.length > 0)
    .map(({ count, name }): Field => [`.${count}`, `ARRAY_SIZE(config.${name})`]),
  [".vpci_irq_base", cell.vpciIrqBase],
  [".cpu_reset_address", cell.cpuResetAddress],
  [".msg_reply_timeout", cell.msgReplyTimeout],
  [".console", ifSet(console(cell.console))],
];

const identity = (architecture: Config["architecture"], kind: "CELL_DESC" | "SYSTEM"): Field[] => [
  [".signature", `JAILHOUSE_${kind}_SIGNATURE`],
  [".architecture", `JAILHOUSE_${ARCHITECTURES[architecture]}`],
  [".revision", "JAILHOUSE_CONFIG_REVISION"],
];

const iommu = ({ type, base, size, amd, pvu }: IommuUnit): Field[] => [
  [".type", type],
  [".base", base],
  [".size", size],
  [".amd.bdf", amd?.bdf],
  [".amd.base_cap", amd?.baseCapability],
  [".amd.msi_cap", amd?.msiCapability],
  [".amd.features", amd?.features],
  [".tipvu.tlb_base", pvu?.tlbBase],
  [".tipvu.tlb_size", pvu?.tlbSize],
];

const platform = (system: SystemConfig): Field[] => [
  [".pci_mmconfig_base", system.pciMmconfigBase],
  [".pci_mmconfig_end_bus", system.pciMmconfigEndBus],
  [".pci_is_virtual", system.pciIsVirtual],
  [".pci_domain", system.pciDomain],
  [".iommu_units", system.iommuUnits.length > 0 ? list(system.iommuUnits.map(iommu)) : undefined],
  [".x86.pm_timer_address", system.x86?.pmTimerAddress],
  [".x86.apic_mode", system.x86?.apicMode],
  [".x86.vtd_interrupt_limit", system.x86?.vtdInterruptLimit],
  [".x86.tsc_khz", system.x86?.tscKhz],
  [".x86.apic_khz", system.x86?.apicKhz],
  [".arm.maintenance_irq", system.arm?.maintenanceIrq],
  [".arm.gic_version", system.arm?.gicVersion],
  [".arm.gicd_base", system.arm?.gicdBase],
  [".arm.gicc_base", system.arm?.giccBase],
  [".arm.gich_base", system.arm?.gichBase],
  [".arm.gicv_base", system.arm?.gicvBase],
  [".arm.gicr_base", system.arm?.gicrBase],
];

const systemHeader = (system: SystemConfig, parts: readonly Part[]): Field[] => [
  ...identity(system.architecture, "SYSTEM"),
  [".flags", system.flags],
  [
    ".hypervisor_memory",
    [
      [".phys_start", system.hypervisorMemory.physicalStart],
      [".size", system.hypervisorMemory.size],
    ],
  ],
  [".debug_console", ifSet(console(system.debugConsole))],
  [".platform_info", platform(system)],
  [".root_cell", descriptor(system.rootCell, parts)],
];

/**
 * The C source of a configuration; `about` is its first comment, line by line. What no configuration says by its members
 * (padding) is not in it.
 */
export function decompileToC(config: Config, about: string): string {
  const isCell = config.kind === "cell";
  const parts = partsOf(isCell ? config : config.rootCell).filter(
    ({ entries }) => entries.length > 0,
  );
  const [type, name, first] = isCell
    ? [
        "struct jailhouse_cell_desc",
        "cell",
        [...identity(config.architecture, "CELL_DESC"), ...descriptor(config, parts)],
      ]
    : ["struct jailhouse_system", "header", systemHeader(config, parts)];
  const members = [
    `\t${type} ${name};`,
    ...parts.map((one) => `\t${one.type} ${one.name}[${one.entries.length}];`),
  ];
  const body = initialiser(
    [
      [`.${name}`, first as Field[]],
      ...parts.map((one): Field => [`.${one.name}`, list(one.entries)]),
    ],
    0,
  );
  const comment = about.split("\n").map((line) => ` * ${line.replaceAll("*/", "* /")}`.trimEnd());
  return [
    ["/*", ...comment, " */", ""],
    ["#include <jailhouse/types.h>", "#include <jailhouse/cell-config.h>", ""],
    ["struct {", ...members, `} __attribute__((packed)) config = ${body};`, ""],
  ]
    .flat()
    .join("\n");
}
