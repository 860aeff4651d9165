// Definitions of systems: the platform and the root cell.
import * as abi from "../abi/config.ts";
import { FILE_KEYS, parseRootCell } from "./define-cell.ts";
import { NO_CONSOLE, parseConsole } from "./define-resources.ts";
import type { SystemConfigDefinition } from "./definition.ts";
import { ConfigError } from "./errors.ts";
import * as names from "./names.ts";
import { derive } from "./origin.ts";
import * as parse from "./parse.ts";
import { applyBytes } from "./raw-bytes.ts";
import type { IommuUnit, SystemConfig } from "./types.ts";

const { optional, required } = parse;
const u8 = parse.integer(1);
const u16 = parse.integer(2);
const u32 = parse.integer(4);

const iommuKeys = parse.object("IOMMU unit", {
  type: required(parse.choice(names.IOMMU_TYPES, 4)),
  base: required(parse.address),
  size: required(u32),
  amd: optional<IommuUnit["amd"]>(
    parse.object("AMD IOMMU", {
      bdf: required(u16),
      baseCapability: required(u8),
      msiCapability: optional(u8, 0),
      features: optional(u32, 0),
    }),
    undefined,
  ),
  pvu: optional<IommuUnit["pvu"]>(
    parse.object("PVU", { tlbBase: required(parse.address), tlbSize: required(u32) }),
    undefined,
  ),
});

const NO_AMD = { bdf: 0, baseCapability: 0, msiCapability: 0, features: 0 };
const NO_PVU = { tlbBase: 0n, tlbSize: 0 };

/** A unit with the part that its type has, zero where it was left out. */
const parseIommu: parse.Parser<IommuUnit> = (value, path) => {
  const { amd, pvu, ...unit } = iommuKeys(value, path);
  const isAmd = unit.type === abi.IOMMU_TYPE_AMD;
  const isPvu = unit.type === abi.IOMMU_TYPE_PVU;
  if ((amd && !isAmd) || (pvu && !isPvu))
    throw new ConfigError("key", `${path} has a part that belongs to another type of IOMMU`);
  return derive(value, {
    ...unit,
    ...(isAmd ? { amd: amd ?? NO_AMD } : {}),
    ...(isPvu ? { pvu: pvu ?? NO_PVU } : {}),
  });
};

const parseX86 = parse.object("system's x86 part", {
  pmTimer: required(u16),
  apicMode: optional(parse.choice(names.APIC_MODES, 1), abi.APIC_MODE_AUTO),
  vtdInterruptLimit: optional(u32, 0),
  tscKhz: optional(u32, 0),
  apicKhz: optional(u32, 0),
});

const parseArm = parse.object("system's Arm part", {
  gicVersion: required(u8),
  maintenanceIrq: required(u8),
  gicdBase: required(parse.address),
  giccBase: optional(parse.address, 0n),
  gichBase: optional(parse.address, 0n),
  gicvBase: optional(parse.address, 0n),
  gicrBase: optional(parse.address, 0n),
});

const NO_PCI = { mmconfigBase: 0n, endBus: 0, virtual: false, domain: 0 };

const systemKeys = parse.object("system configuration", {
  ...FILE_KEYS,
  flags: optional(parse.flags(names.SYSTEM_FLAGS, 4), 0n),
  hypervisorMemory: required(
    parse.object("hypervisor memory", {
      physical: required(parse.address),
      size: required(parse.address),
    }),
  ),
  debugConsole: optional(parseConsole, NO_CONSOLE),
  pci: optional(
    parse.object("PCI host", {
      mmconfigBase: required(parse.address),
      endBus: required(u8),
      virtual: optional(parse.boolean, false),
      domain: optional(u16, 0),
    }),
    NO_PCI,
  ),
  iommuUnits: optional(parse.list(parseIommu), []),
  x86: optional<ReturnType<typeof parseX86> | undefined>(parseX86, undefined),
  arm: optional<ReturnType<typeof parseArm> | undefined>(parseArm, undefined),
  rootCell: required(parseRootCell),
});

type SystemKeys = ReturnType<typeof systemKeys>;

/** The part for its architecture, which must be there, and no other. */
function platform({ architecture, x86, arm }: SystemKeys): Pick<SystemConfig, "x86" | "arm"> {
  const isX86 = architecture === "x86";
  if (isX86 ? arm : x86)
    throw new ConfigError(
      "architecture",
      `${isX86 ? "arm" : "x86"} is not a key on ${architecture}`,
    );
  if (isX86 && x86) {
    const { pmTimer, ...rest } = x86;
    return { x86: derive(x86, { pmTimerAddress: pmTimer, ...rest }) };
  }
  if (!isX86 && arm) return { arm };
  throw new ConfigError("key", `${isX86 ? "x86" : "arm"} is missing: every system has one`);
}

/** A whole system configuration from a value of unknown origin. */
export const parseSystem: parse.Parser<SystemConfig> = (value, path) => {
  const keys = systemKeys(value, path);
  const { physical, size } = keys.hypervisorMemory;
  const config: SystemConfig = {
    kind: "system",
    architecture: keys.architecture,
    flags: Number(keys.flags),
    hypervisorMemory: derive(keys.hypervisorMemory, {
      physicalStart: physical,
      virtualStart: 0n,
      size,
      flags: 0n,
    }),
    debugConsole: keys.debugConsole,
    pciMmconfigBase: keys.pci.mmconfigBase,
    pciMmconfigEndBus: keys.pci.endBus,
    pciIsVirtual: keys.pci.virtual ? 1 : 0,
    pciDomain: keys.pci.domain,
    iommuUnits: keys.iommuUnits,
    ...platform(keys),
    rootCell: keys.rootCell,
  };
  return applyBytes(derive(value, config), keys.bytes);
};

/** A system configuration; throws ConfigError (`value`, `key`, `name`, `architecture`, `revision`) naming the place. */
export function defineSystem(definition: SystemConfigDefinition): SystemConfig {
  return parseSystem(definition, "");
}
