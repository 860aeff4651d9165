// What the format of configurations can say, and how much of it this hypervisor does. One table: `config check` and the
// documentation read it.

/** `yes`: works; `ignored`: accepted without an effect; `refused`: the hypervisor does not accept it. */
export type Support = "yes" | "ignored" | "refused";

export interface Feature {
  readonly support: Support;
  /** What it is called. */
  readonly name: string;
  /** What that means for who asks for it. */
  readonly consequence: string;
}

export const FEATURES = {
  "architecture-x86": { support: "yes", name: "x86", consequence: "" },
  "architecture-arm": {
    support: "refused",
    name: "32-bit Arm",
    consequence: "configurations for it are checked, shown and compiled, not run",
  },
  "architecture-arm64": {
    support: "refused",
    name: "64-bit Arm",
    consequence: "configurations for it are checked, shown and compiled, not run",
  },
  "iommu-amd": {
    support: "ignored",
    name: "AMD's IOMMU",
    consequence: "the unit is not driven, so the DMA of devices is not confined",
  },
  "iommu-intel": {
    support: "ignored",
    name: "Intel's VT-d",
    consequence: "the unit is not driven, so the DMA of devices is not confined",
  },
  "iommu-smmuv3": {
    support: "refused",
    name: "Arm's SMMUv3",
    consequence: "the hypervisor refuses a system that lists one",
  },
  "iommu-pvu": {
    support: "refused",
    name: "TI's PVU",
    consequence: "the hypervisor refuses a system that lists one",
  },
  "iommu-mmu500": {
    support: "refused",
    name: "Arm's MMU-500",
    consequence: "the hypervisor refuses a system that lists one",
  },
  ivshmem: {
    support: "ignored",
    name: "shared memory devices (ivshmem)",
    consequence: "the memory is shared as configured, but no device appears on the PCI bus",
  },
  "cache-partition": {
    support: "ignored",
    name: "partitions of the last-level cache",
    consequence: "the cells share the whole cache",
  },
  "test-device": {
    support: "yes",
    name: "the MMIO test device",
    consequence: "",
  },
  "debug-console-efifb": {
    support: "ignored",
    name: "a framebuffer as the hypervisor's console",
    consequence: "its messages are in the console page only",
  },
} as const satisfies Readonly<Record<string, Feature>>;

export type FeatureName = keyof typeof FEATURES;
