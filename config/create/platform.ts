// Which of the platforms can run on a machine, by what /proc/cpuinfo says of its processors.
import { haveFeature } from "./cpus.ts";
import { linesOf, type Tree } from "./tree.ts";

/** Makers whose processors have AMD's virtualisation; all others of a PC have Intel's, or none (driver/processor.c). */
const WITH_SVM = ["AuthenticAMD", "HygonGenuine"];
const PROCESSORS = "/proc/cpuinfo";

interface Metal {
  readonly feature: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
}

const AMD: Metal = {
  feature: "svm",
  name: "AMD-V",
  image: "jailhouse-amd.bin",
  state: "has run in emulators only, never on silicon",
};
const INTEL: Metal = {
  feature: "vmx",
  name: "VT-x",
  image: "jailhouse-intel.bin",
  state: "has run in Bochs only, never on silicon",
};

function keyOf(tree: Tree, key: string): string | undefined {
  const pattern = new RegExp(`^${key}\\s*:\\s*(.*?)\\s*$`);
  return linesOf(tree, PROCESSORS)
    .map((line) => pattern.exec(line)?.[1])
    .find((value) => value !== undefined);
}

/** Whether the machine is one of Arm's: those have no vendor but an implementer, whose number 0x41 is Arm itself. */
export const isArm = (tree: Tree): boolean =>
  keyOf(tree, "vendor_id") === undefined && keyOf(tree, "CPU implementer") !== undefined;

/** One sentence: the platform that the machine is for, or why there is none. */
export function platformText(tree: Tree): string {
  const vendor = keyOf(tree, "vendor_id") ?? "an unknown maker";
  const { feature, name, image, state } = WITH_SVM.includes(vendor) ? AMD : INTEL;
  if (haveFeature(tree, feature))
    return `metal with ${name} (${image}) is for its processors, ${vendor}; it ${state}: jailhouse hardware check says what else it needs`;
  return `none runs there as it is: ${PROCESSORS} lists no ${feature} for ${vendor}, so ${name} is switched off in the firmware's setup, kept back by a hypervisor that the machine runs on, or missing`;
}
