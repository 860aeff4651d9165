// A machine as `config check` compares configurations with it: what the same readers find as for a new configuration.
import type { Machine, MachineFacts } from "../check/machine.ts";
import { type Range, uncovered } from "../check/ranges.ts";
import { hasTables, readIoApics, readIommus, readMmconfigs } from "./acpi.ts";
import { claimed } from "./claims.ts";
import { haveFeature, readCpus, readCStatePorts, readSiblings } from "./cpus.ts";
import { reservedRanges } from "./kernel-options.ts";
import { allRam, systemRam } from "./memory.ts";
import { readPci } from "./pci.ts";
import { isArm } from "./platform.ts";
import { findPmTimer, isHidden, type Resource, readMemory, readResources } from "./resources.ts";
import { firstLine, isEnabled, type Tree } from "./tree.ts";

/** RAM that Linux uses: Arm's kernels list what they keep free inside of it. */
function usedRam(tree: Tree, iomem: readonly Resource[]): Range[] {
  const ram = systemRam(iomem);
  if (!isArm(tree)) return ram;
  return ram.flatMap((one) => uncovered(one, claimed(one.children, "firmware")));
}

function readMachine(tree: Tree): Machine {
  const iomem = readMemory(tree);
  const reserved = reservedRanges(tree);
  const ioports = readResources(tree, "/proc/ioports");
  return {
    isArm: isArm(tree),
    iomem,
    ioports: isHidden(ioports) ? [] : ioports,
    cStates: readCStatePorts(tree),
    systemRam: usedRam(tree, iomem),
    ram: isArm(tree) ? systemRam(iomem) : allRam(iomem, reserved),
    reserved,
    commandLine: firstLine(tree, "/proc/cmdline"),
    functions: readPci(tree),
    hasTables: hasTables(tree),
    ioapics: readIoApics(tree),
    mmconfig: readMmconfigs(tree).find(({ segment }) => segment === 0),
    iommus: readIommus(tree),
    pmTimer: findPmTimer(ioports),
  };
}

/** What is known of a machine. Throws an Error that says why when the data are none of a machine. */
export function machineFacts(tree: Tree): MachineFacts {
  if (isEnabled(tree))
    throw new Error("the hypervisor is enabled there: what cells have is missing");
  const found = readMachine(tree);
  const cpus = readCpus(tree);
  return {
    found,
    cpus: cpus.length > 0 ? cpus : undefined,
    siblings: readSiblings(tree, cpus),
    // Which mode is in use is not told; a processor without the other one is in this one.
    x2apic: cpus.length > 0 && !haveFeature(tree, "x2apic") ? false : undefined,
  };
}
