// Where in a definition stands what a part of the C variable says: `.mem_regions[3].size` is part of `memory[3]`.
import type { Initialised, Member, Path } from "./initialiser.ts";

type Table = Readonly<Record<string, string>>;

/** Lists of a cell, by the structures of their entries. */
const LISTS: Table = {
  jailhouse_memory: "memory",
  jailhouse_cache: "caches",
  jailhouse_irqchip: "irqchips",
  jailhouse_pio: "ports",
  jailhouse_pci_device: "pciDevices",
  jailhouse_pci_capability: "pciCapabilities",
  jailhouse_stream_id: "streamIds",
};
const SYSTEM = "jailhouse_system";
const CELL = "jailhouse_cell_desc";
/** Keys of a cell, by the fields of its descriptor; counts and the signature have none. */
const CELL_KEYS: Table = {
  name: "name",
  flags: "flags",
  cpu_set_size: "cpuSetSize",
  vpci_irq_base: "vpciIrqBase",
  cpu_reset_address: "cpuResetAddress",
  msg_reply_timeout: "msgReplyTimeout",
  console: "console",
  architecture: "architecture",
};
const SYSTEM_KEYS: Table = {
  architecture: "architecture",
  flags: "flags",
  hypervisor_memory: "hypervisorMemory",
  debug_console: "debugConsole",
};
const CONSOLES = ["console", "debug_console"];
const CONSOLE_KEYS: Table = {
  address: "address",
  size: "size",
  type: "type",
  flags: "flags",
  divider: "divider",
  gate_nr: "gateNumber",
  clock_reg: "clockRegister",
};
const PCI_KEYS: Table = {
  pci_mmconfig_base: "pci.mmconfigBase",
  pci_mmconfig_end_bus: "pci.endBus",
  pci_is_virtual: "pci.virtual",
  pci_domain: "pci.domain",
};
const PLATFORM_KEYS: Readonly<Record<string, Table>> = {
  x86: {
    pm_timer_address: "pmTimer",
    apic_mode: "apicMode",
    vtd_interrupt_limit: "vtdInterruptLimit",
    tsc_khz: "tscKhz",
    apic_khz: "apicKhz",
  },
  arm: {
    maintenance_irq: "maintenanceIrq",
    gic_version: "gicVersion",
    gicd_base: "gicdBase",
    gicc_base: "giccBase",
    gich_base: "gichBase",
    gicv_base: "gicvBase",
    gicr_base: "gicrBase",
  },
};
const UNITS = "iommu_units";

const isOf = ({ type }: Member, structure: string): boolean => type.split(" ").includes(structure);

/** A place, and the part of it that a field is, if that has a key of its own. */
const within = (place: string, keys: Table | undefined, field: string | number | undefined) =>
  keys?.[field ?? ""] === undefined ? place : `${place}.${keys[field ?? ""]}`;

function platformPlace([field = "", part]: Path): string {
  if (field === UNITS) return `iommuUnits[${typeof part === "number" ? part : 0}]`;
  const keys = PLATFORM_KEYS[field];
  return keys ? within(`${field}`, keys, part) : (PCI_KEYS[field] ?? "pci");
}

/** What a field of the system's header, or of a cell's descriptor, is called; `other` is what those without a key stand by. */
function fieldPlace([field = "", part]: Path, keys: Table, other: string): string {
  const place = keys[field] ?? other;
  return CONSOLES.includes(`${field}`) ? within(place, CONSOLE_KEYS, part) : place;
}

function systemPlace([field = "", ...rest]: Path): string {
  if (field === "platform_info") return platformPlace(rest);
  if (field === "root_cell") return `rootCell.${fieldPlace(rest, CELL_KEYS, "name")}`;
  return fieldPlace([field, ...rest], SYSTEM_KEYS, "hypervisorMemory");
}

/** What a member is, by its type; what is of none of the format's is the set of CPUs, or stream ids that are plain numbers. */
function listOf(member: Member): string {
  const known = Object.keys(LISTS).find((structure) => isOf(member, structure));
  if (known) return LISTS[known] as string;
  return member.name.includes("stream") ? "streamIds" : "cpus";
}

/** Finds places for the parts of a variable. */
export function placesOf({ members, counts }: Initialised): (path: Path) => string | undefined {
  const isSystem = members.some((member) => isOf(member, SYSTEM));
  const prefix = isSystem ? "rootCell." : "";
  /** Entries of a list that stand in members before this one. */
  const before = (member: Member): number =>
    members
      .slice(0, members.indexOf(member))
      .filter((other) => listOf(other) === listOf(member))
      .reduce((sum, { name }) => sum + (counts.get(name) ?? 0), 0);
  return ([name, ...rest]) => {
    const member = members.find((one) => one.name === name);
    if (!member) return undefined;
    if (isOf(member, SYSTEM)) return systemPlace(rest);
    if (isOf(member, CELL)) return fieldPlace(rest, CELL_KEYS, "name");
    const list = listOf(member);
    if (list === "cpus") return `${prefix}cpus`;
    const index = typeof rest[0] === "number" ? rest[0] : 0;
    return `${prefix}${list}[${before(member) + index}]`;
  };
}
