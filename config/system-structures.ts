// The structures of a file and of a system configuration, as field tables. Tables are in file order: a member of a union
// looks at fields before it to know whether it applies.
import * as abi from "../abi/config.ts";
import { CONSOLE, MEMORY } from "./cell-structures.ts";
import { type Field, nested, reserved, type Structure, u8, u16, u32, u64, when } from "./fields.ts";
import type * as types from "./types.ts";

/** What both kinds of file begin with; the root cell's descriptor has zeros there. */
export interface FileHeader {
  /** The five letters of the signature. */
  signature: string;
  architecture: number;
  revision: number;
}

/** Size of a FileHeader. */
export const FILE_HEADER_SIZE = abi.CONFIG_REVISION_OFFSET + 2;

const signature: Field<string> = {
  offset: 0,
  size: abi.SIGNATURE_SIZE,
  read: (view, base) =>
    Array.from({ length: abi.SIGNATURE_SIZE }, (_, index) =>
      String.fromCharCode(view.getUint8(base + index)),
    ).join(""),
  write(view, base, value) {
    for (let index = 0; index < abi.SIGNATURE_SIZE; index++)
      view.setUint8(base + index, (value as string).charCodeAt(index));
  },
};

export const FILE_HEADER: Structure<FileHeader> = {
  name: "file header",
  size: FILE_HEADER_SIZE,
  fields: {
    signature,
    architecture: u8(abi.CONFIG_ARCHITECTURE),
    revision: u16(abi.CONFIG_REVISION_OFFSET),
  },
};

const AMD_RESERVED = 4;

export const IOMMU_AMD: Structure<types.AmdIommu> = {
  name: "AMD IOMMU",
  size: abi.IOMMU_SIZE - abi.IOMMU_UNION,
  fields: {
    bdf: u16(abi.IOMMU_AMD_BDF - abi.IOMMU_UNION),
    baseCapability: u8(abi.IOMMU_AMD_BASE_CAP - abi.IOMMU_UNION),
    msiCapability: u8(abi.IOMMU_AMD_MSI_CAP - abi.IOMMU_UNION),
    features: u32(abi.IOMMU_AMD_FEATURES - abi.IOMMU_UNION),
    reserved: reserved(abi.IOMMU_AMD_FEATURES + 4 - abi.IOMMU_UNION, AMD_RESERVED),
  },
};

export const IOMMU_PVU: Structure<types.PvuIommu> = {
  name: "PVU",
  size: abi.IOMMU_SIZE - abi.IOMMU_UNION,
  fields: {
    tlbBase: u64(abi.IOMMU_PVU_TLB_BASE - abi.IOMMU_UNION),
    tlbSize: u32(abi.IOMMU_PVU_TLB_SIZE - abi.IOMMU_UNION),
  },
};

const iommuType = u32(abi.IOMMU_TYPE);
const isAmd = (view: DataView, base: number) => iommuType.read(view, base) === abi.IOMMU_TYPE_AMD;
const isPvu = (view: DataView, base: number) => iommuType.read(view, base) === abi.IOMMU_TYPE_PVU;

export const IOMMU: Structure<types.IommuUnit> = {
  name: "IOMMU unit",
  size: abi.IOMMU_SIZE,
  fields: {
    type: iommuType,
    base: u64(abi.IOMMU_BASE),
    size: u32(abi.IOMMU_REGION_SIZE),
    amd: when(isAmd, nested(abi.IOMMU_UNION, IOMMU_AMD)),
    pvu: when(isPvu, nested(abi.IOMMU_UNION, IOMMU_PVU)),
    reserved: when(
      (view, base) => !isAmd(view, base) && !isPvu(view, base),
      reserved(abi.IOMMU_UNION, abi.IOMMU_SIZE - abi.IOMMU_UNION),
    ),
  },
};

const X86_END = abi.SYS_X86_APIC_KHZ + 4 - abi.SYS_PLATFORM;

export const X86_PLATFORM: Structure<types.X86Platform> = {
  name: "x86 part",
  size: abi.SYS_PLATFORM_SIZE,
  fields: {
    pmTimerAddress: u16(abi.SYS_X86_PM_TIMER_ADDRESS - abi.SYS_PLATFORM),
    apicMode: u8(abi.SYS_X86_APIC_MODE - abi.SYS_PLATFORM),
    padding: reserved(abi.SYS_X86_APIC_MODE + 1 - abi.SYS_PLATFORM, 1),
    vtdInterruptLimit: u32(abi.SYS_X86_VTD_INTERRUPT_LIMIT - abi.SYS_PLATFORM),
    tscKhz: u32(abi.SYS_X86_TSC_KHZ - abi.SYS_PLATFORM),
    apicKhz: u32(abi.SYS_X86_APIC_KHZ - abi.SYS_PLATFORM),
    reserved: reserved(X86_END, abi.SYS_PLATFORM_SIZE - X86_END),
  },
};

const ARM_RESERVED = abi.SYS_ARM_GIC_VERSION + 1;

export const ARM_PLATFORM: Structure<types.ArmPlatform> = {
  name: "Arm part",
  size: abi.SYS_PLATFORM_SIZE,
  fields: {
    maintenanceIrq: u8(abi.SYS_ARM_MAINTENANCE_IRQ - abi.SYS_PLATFORM),
    gicVersion: u8(abi.SYS_ARM_GIC_VERSION - abi.SYS_PLATFORM),
    reserved: reserved(ARM_RESERVED - abi.SYS_PLATFORM, abi.SYS_ARM_GICD_BASE - ARM_RESERVED),
    gicdBase: u64(abi.SYS_ARM_GICD_BASE - abi.SYS_PLATFORM),
    giccBase: u64(abi.SYS_ARM_GICC_BASE - abi.SYS_PLATFORM),
    gichBase: u64(abi.SYS_ARM_GICH_BASE - abi.SYS_PLATFORM),
    gicvBase: u64(abi.SYS_ARM_GICV_BASE - abi.SYS_PLATFORM),
    gicrBase: u64(abi.SYS_ARM_GICR_BASE - abi.SYS_PLATFORM),
  },
};

/** The fields of a system configuration before its root cell, without the file header and the IOMMU units. */
export type SystemHeader = Omit<
  types.SystemConfig,
  "kind" | "architecture" | "iommuUnits" | "rootCell"
>;

const architecture = u8(abi.CONFIG_ARCHITECTURE);
const isX86 = (view: DataView, base: number) => architecture.read(view, base) === abi.ARCH_X86;

/** Its `applies` conditions need the file header to be in place. */
export const SYSTEM_HEADER: Structure<SystemHeader> = {
  name: "system header",
  size: abi.SYS_HEADER_SIZE,
  fields: {
    flags: u32(abi.SYS_FLAGS),
    hypervisorMemory: nested(abi.SYS_HYPERVISOR_MEMORY, MEMORY),
    debugConsole: nested(abi.SYS_DEBUG_CONSOLE, CONSOLE),
    pciMmconfigBase: u64(abi.SYS_PCI_MMCONFIG_BASE),
    pciMmconfigEndBus: u8(abi.SYS_PCI_MMCONFIG_END_BUS),
    pciIsVirtual: u8(abi.SYS_PCI_IS_VIRTUAL),
    pciDomain: u16(abi.SYS_PCI_DOMAIN),
    x86: when(isX86, nested(abi.SYS_PLATFORM, X86_PLATFORM)),
    arm: when((view, base) => !isX86(view, base), nested(abi.SYS_PLATFORM, ARM_PLATFORM)),
  },
};
