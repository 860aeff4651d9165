// What the metal platform needs of a machine, whoever made its processor.

import type { Facts } from "./hardware-facts.ts";

/** `undefined`: it cannot be told from here; "unused": it is there, and nothing is made of it. */
export type Found = boolean | "unused" | undefined;

export interface Need {
  readonly name: string;
  readonly isOptional?: boolean;
  look(facts: Facts): Found;
  /** What follows when it is missing. */
  readonly consequence: string | ((facts: Facts) => string);
  /** What makes it possible to tell; default: being root. */
  readonly remedy?: string;
}

/** What a maker's processors need, in the order in which it is shown. */
export interface Maker {
  readonly processor: readonly Need[];
  readonly iommu: readonly Need[];
  /** Memory that the hypervisor could not read. */
  readonly memory: Need;
  /** The kernel module by which KVM uses these processors, and what KVM uses. */
  readonly kvm: string;
  readonly virtualisation: string;
  /** Registers that are looked at. */
  readonly msrs: readonly number[];
}

/** By Linux' module for them. */
export const MSR_REMEDY = "as root, with Linux' module: modprobe msr";
const OLDEST_KERNEL = [6, 1] as const;
/** Modules of others that use the processor's virtualisation: VirtualBox', VMware's. */
const OTHER_HYPERVISORS = ["vboxdrv", "vmmon"];

/** A feature that /proc/cpuinfo lists. */
export const flag =
  (name: string) =>
  (facts: Facts): Found =>
    facts.has(name);

/** A table of ACPI's. */
export const table =
  (name: string) =>
  (facts: Facts): Found => {
    const names = facts.list("/sys/firmware/acpi/tables");
    return names.length === 0 ? undefined : names.includes(name);
  };

/** What the kernel's command line says last of an option; undefined when it does not. */
export function kernelOption(facts: Facts, name: string): string | undefined {
  const words = (facts.text("/proc/cmdline") ?? "").split(" ");
  return words.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** An IOMMU that there is, by its table of ACPI's: the hypervisor leaves it alone. */
export const iommu = (name: string): Need => ({
  name: `IOMMU (${name})`,
  isOptional: true,
  look: (facts) => {
    const found = table(name)(facts);
    return found === true ? "unused" : found;
  },
  consequence: "devices of cells need the flag unguarded-dma: they can reach all memory",
});

/** A unit that Linux drives is listed, and interrupts that go through one are called so. */
function isIommuFree(facts: Facts): Found {
  if (facts.list("/sys/class").length === 0) return undefined;
  if (facts.list("/sys/class/iommu").length > 0) return false;
  return !/\bIR-/.test(facts.text("/proc/interrupts") ?? "");
}

/** `options`: Linux' options without which it uses it. */
export const iommuFree = (options: string): Need => ({
  name: "IOMMU not used by Linux",
  look: isIommuFree,
  consequence: `the hypervisor stops Linux when it touches the unit: boot with ${options}`,
});

function kernelVersion(facts: Facts): Found {
  const [, major, minor] =
    /^(\d+)\.(\d+)/.exec(facts.text("/proc/sys/kernel/osrelease") ?? "") ?? [];
  if (major === undefined) return undefined;
  const [oldest, least] = OLDEST_KERNEL;
  return Number(major) > oldest || (Number(major) === oldest && Number(minor) >= least);
}

/** Whether the kernel lets root load a module and read machine registers. */
function isUnlocked(facts: Facts): Found {
  const text = facts.text("/sys/kernel/security/lockdown");
  return text === undefined ? true : text.includes("[none]");
}

/** Modules, or what is built in, that may use the processor's virtualisation. */
function users(facts: Facts, kvm: string): readonly string[] {
  return [kvm, ...OTHER_HYPERVISORS].filter((name) =>
    facts.list("/sys/module").some((module) => module === name),
  );
}

const unused = ({ kvm, virtualisation }: Maker): Need => ({
  name: `${virtualisation} not used by KVM`,
  look: (facts) =>
    facts.list("/sys/module").length === 0 ? undefined : users(facts, kvm).length === 0,
  consequence: (facts) => {
    const modules = users(facts, kvm).map((name) => (name === kvm ? `${kvm} kvm` : name));
    return `unload it first: rmmod ${modules.join(" ")}`;
  },
});

function hasReservation(facts: Facts): Found {
  const line = facts.text("/proc/cmdline");
  return line === undefined ? undefined : /\bmemmap=[^ ]+\$[^ ]+/.test(line);
}

const hasSerial = (facts: Facts): Found =>
  facts
    .list("/sys/class/tty")
    .filter((name) => /^ttyS\d+$/.test(name))
    .some((name) => (facts.text(`/sys/class/tty/${name}/type`) ?? "0") !== "0");

const BOARD: readonly Need[] = [
  {
    name: "Invariant TSC",
    isOptional: true,
    look: (facts) => facts.has("constant_tsc") && facts.has("nonstop_tsc"),
    consequence: "time in cells depends on the processor's power saving",
  },
  {
    name: "Local APIC",
    look: flag("apic"),
    consequence: "interrupts cannot be kept apart",
  },
  {
    name: "ACPI: I/O APICs (APIC)",
    look: table("APIC"),
    consequence: "config create cannot find the interrupt controllers",
  },
  {
    name: "ACPI: PCI space (MCFG)",
    isOptional: true,
    look: table("MCFG"),
    consequence: "extended configuration space is not protected",
  },
];

const LINUX: readonly Need[] = [
  {
    name: "Linux 6.1 or newer",
    look: kernelVersion,
    consequence: "the driver is not made for it",
  },
  {
    name: "No kernel lockdown",
    look: isUnlocked,
    consequence: "the driver cannot be loaded; Secure Boot switches lockdown on",
  },
  {
    name: "Loadable modules",
    look: (facts) => facts.text("/proc/modules") !== undefined,
    consequence: "this kernel cannot load the driver",
  },
];

const REST: readonly Need[] = [
  {
    name: "Memory kept free (memmap=)",
    look: hasReservation,
    consequence: "add the kernel option that jailhouse config create prints",
  },
  {
    name: "Serial line",
    isOptional: true,
    look: hasSerial,
    consequence: "the hypervisor's last words cannot be seen when the machine hangs",
  },
];

/** All that a machine with a maker's processor needs. */
export function needsOf(maker: Maker): readonly Need[] {
  const { processor, iommu: unit, memory } = maker;
  return [...processor, ...BOARD, ...unit, memory, ...LINUX, unused(maker), ...REST];
}
