// What the configurations ask for and this hypervisor does not do (yet); the table is features.ts.
import * as abi from "../../../abi/config.ts";
import { FEATURES, type FeatureName } from "../../features.ts";
import { family } from "../finding.ts";
import { setTo } from "../fix.ts";
import { has } from "../ranges.ts";
import type { ConfigSet, Part } from "../set.ts";
import { bdfText, devicesOf } from "./pci.ts";

const RULES = {
  unsupported: ["note", "Something is accepted but has no effect"],
  "dma-unguarded": ["error", "A cell has a device that no IOMMU keeps from other memory"],
  "dma-trusted": ["note", "A cell is trusted with the DMA of its devices"],
} as const;

const IOMMU_FEATURES: Readonly<Record<number, FeatureName>> = {
  [abi.IOMMU_TYPE_AMD]: "iommu-amd",
  [abi.IOMMU_TYPE_INTEL]: "iommu-intel",
};

/** What a cell asks for, and where. */
function* asked(part: Part): Generator<readonly [FeatureName, string]> {
  if (part.cell.caches.length > 0) yield ["cache-partition", "caches[0]"];
  if (has(part.cell.flags, abi.CELL_FLAG_TEST_DEVICE)) yield ["test-device", "flags"];
  for (const [index, { type }] of part.cell.pciDevices.entries())
    if (type === abi.PCI_TYPE_IVSHMEM) yield ["ivshmem", `pciDevices[${index}]`];
}

/** Whether an IOMMU of the system is driven, so that devices reach only their cell's memory. */
function isGuarded({ system }: ConfigSet): boolean {
  return system.iommuUnits.some(({ type, base }) => {
    const name = IOMMU_FEATURES[type];
    return base !== 0n && name !== undefined && (FEATURES[name].support as string) === "yes";
  });
}

export const support = family(RULES, (set, tell) => {
  const note = (name: FeatureName, at: ReturnType<Part["at"]>) => {
    const feature = FEATURES[name];
    if (feature.support === "ignored")
      tell(
        "unsupported",
        at,
        `this asks for ${feature.name}, which has no effect here: ${feature.consequence}`,
      );
  };
  for (const part of set.parts) for (const [name, path] of asked(part)) note(name, part.at(path));
  set.system.iommuUnits.forEach(({ type }, index) => {
    const name = IOMMU_FEATURES[type];
    if (name) note(name, { file: 0, path: `iommuUnits[${index}]` });
  });
  if (set.system.debugConsole.type === abi.CONSOLE_TYPE_EFIFB)
    note("debug-console-efifb", { file: 0, path: "debugConsole" });
  // Whose devices reach what on Arm is a matter of the board's IOMMUs, which the original drives.
  if (set.system.architecture !== "x86" || isGuarded(set)) return;
  for (const part of set.cells)
    for (const device of devicesOf(part)) {
      if (device.type !== abi.PCI_TYPE_DEVICE) continue;
      const what = `${bdfText(device.bdf)} can do DMA, and no IOMMU keeps it from the memory of the other cells and of the hypervisor`;
      const related = [{ file: 0, path: "iommuUnits" }];
      if (has(part.cell.flags, abi.CELL_FLAG_UNGUARDED_DMA))
        tell("dma-trusted", device.at(), what, { related });
      else
        tell(
          "dma-unguarded",
          device.at(),
          `${what}: the hypervisor refuses unless the cell is trusted`,
          {
            fix: [setTo(part.at("flags"), (part.cell.flags | abi.CELL_FLAG_UNGUARDED_DMA) >>> 0)],
            related: [...related, part.at("flags")],
          },
        );
    }
});
