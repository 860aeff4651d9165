// jailhouse hardware check: what the metal platform needs of a Linux machine, found or missing, and what follows. Exit
// status 0 when all that is essential is there, 2 when something is missing, 1 when something could not be looked at.

import { type CommonOptions, givenTarget, openTarget } from "./context.ts";
import { attempt, ExitStatus, UsageError } from "./failure.ts";
import { Facts } from "./hardware-facts.ts";
import type { Io } from "./io.ts";

const FAILED = 2;
const SKIPPED = 1;
const NAME_WIDTH = 32;
const ROOT = "run this as root";

/** AMD64 APM volume 2, section 15.30.1. */
const MSR_VM_CR = 0xc0010114;
const VM_CR_SVMDIS = 1n << 4n;
const LIVE = "/";
/** Everything that is looked at below. */
const FILES: readonly string[] = [
  ...["/proc/cpuinfo", "/proc/cmdline", "/proc/modules", "/proc/sys/kernel/osrelease"],
  ...["/sys/kernel/security/lockdown", "/sys/module/", "/sys/class/", "/sys/class/iommu/"],
  ...["/sys/class/tty/", "/sys/class/tty/*/type", "/sys/firmware/acpi/tables/"],
];
const OLDEST_KERNEL = [6, 1] as const;

/** `undefined`: it cannot be told from here; "unused": it is there, and nothing is made of it. */
type Found = boolean | "unused" | undefined;

interface Need {
  readonly name: string;
  readonly isOptional?: boolean;
  look(facts: Facts): Found;
  /** What follows when it is missing. */
  readonly consequence: string;
  /** What makes it possible to tell; default: being root. */
  readonly remedy?: string;
}

const isAmd = (facts: Facts): boolean => facts.processor("vendor_id") === "AuthenticAMD";

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

function isSvmEnabled(facts: Facts): Found {
  const value = facts.msr(MSR_VM_CR);
  return value === undefined ? undefined : (value & VM_CR_SVMDIS) === 0n;
}

/** Without KVM, as a module or built in, nothing else uses SVM. */
function isKvmUnused(facts: Facts): Found {
  const modules = facts.list("/sys/module");
  return modules.length === 0 ? undefined : !modules.includes("kvm_amd");
}

/** What the kernel's command line says last of an option; undefined when it does not. */
function kernelOption(facts: Facts, name: string): string | undefined {
  const words = (facts.text("/proc/cmdline") ?? "").split(" ");
  return words.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Where the kernel is not told to encrypt, it does not. */
function isMemoryPlain(facts: Facts): Found {
  if (facts.text("/proc/cmdline") === undefined) return undefined;
  return kernelOption(facts, "mem_encrypt") !== "on";
}

/** A unit that Linux drives is listed; its registers are not the root cell's. */
const isIommuFree = (facts: Facts): Found =>
  facts.list("/sys/class").length === 0 ? undefined : facts.list("/sys/class/iommu").length === 0;

/** Whether there is one: the hypervisor leaves it alone. */
function hasIommu(facts: Facts): Found {
  const found = table("IVRS")(facts);
  return found === true ? "unused" : found;
}

function hasReservation(facts: Facts): Found {
  const line = facts.text("/proc/cmdline");
  return line === undefined ? undefined : /\bmemmap=[^ ]+\$[^ ]+/.test(line);
}

/** Whether Linux drives the local APICs in a mode that the hypervisor mediates. */
function hasApic(facts: Facts): Found {
  return facts.has("apic");
}

const hasSerial = (facts: Facts): Found =>
  facts
    .list("/sys/class/tty")
    .filter((name) => /^ttyS\d+$/.test(name))
    .some((name) => (facts.text(`/sys/class/tty/${name}/type`) ?? "0") !== "0");

const table =
  (name: string) =>
  (facts: Facts): Found => {
    const names = facts.list("/sys/firmware/acpi/tables");
    return names.length === 0 ? undefined : names.includes(name);
  };

const NEEDS: readonly Need[] = [
  {
    name: "AMD processor with SVM",
    look: (facts) => isAmd(facts) && facts.has("svm"),
    consequence: "there is no hypervisor image for other processors",
  },
  {
    name: "  enabled by the firmware",
    look: isSvmEnabled,
    consequence: "switch SVM (AMD-V) on in the firmware's setup",
    remedy: "as root, with Linux' module: modprobe msr",
  },
  {
    name: "Nested paging",
    look: (facts) => facts.has("npt"),
    consequence: "cells could not be kept in their memory",
  },
  {
    name: "1 GiB pages",
    look: (facts) => facts.has("pdpe1gb"),
    consequence: "the hypervisor maps physical memory with them",
  },
  {
    name: "Next RIP saving",
    isOptional: true,
    look: (facts) => facts.has("nrip_save"),
    consequence: "the hypervisor reads instructions to know their length",
  },
  {
    name: "Decode assists",
    isOptional: true,
    look: (facts) => facts.has("decodeassists"),
    consequence: "the hypervisor reads instructions from the cell's memory",
  },
  {
    name: "Invariant TSC",
    isOptional: true,
    look: (facts) => facts.has("constant_tsc") && facts.has("nonstop_tsc"),
    consequence: "time in cells depends on the processor's power saving",
  },
  { name: "Local APIC", look: hasApic, consequence: "interrupts cannot be kept apart" },
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
  {
    name: "IOMMU (IVRS)",
    isOptional: true,
    look: hasIommu,
    consequence: "devices of cells need the flag unguarded-dma: they can reach all memory",
  },
  {
    name: "IOMMU not used by Linux",
    look: isIommuFree,
    consequence: "the hypervisor stops Linux when it touches the unit: boot with amd_iommu=off",
  },
  {
    name: "No memory encryption",
    look: isMemoryPlain,
    consequence: "the driver refuses: boot with mem_encrypt=off",
  },
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
  {
    name: "SVM not used by KVM",
    look: isKvmUnused,
    consequence: "unload it first: rmmod kvm_amd kvm",
  },
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

function result(found: Found, isOptional: boolean): string {
  if (found === undefined) return "cannot be told";
  if (found) return found === "unused" ? "unused" : "ok";
  return isOptional ? "missing (optional)" : "MISSING";
}

export interface HardwareOptions extends Pick<CommonOptions, "target"> {
  readonly root: string;
}

/** What a machine says of itself: the target, or this one, or what lies below `root`. */
async function gatherFacts(io: Io, { root, ...options }: HardwareOptions): Promise<Facts> {
  if (root !== LIVE && options.target !== undefined)
    throw new UsageError("--root and --target exclude each other");
  const isRemote = root === LIVE && givenTarget(io, options) !== undefined;
  const here = { ...io, host: { ...io.host, root } };
  const target = await openTarget(isRemote ? io : { ...here, env: {} }, isRemote ? options : {});
  try {
    return await attempt("looking at the hardware", Facts.of(target, FILES, [MSR_VM_CR]));
  } finally {
    await target.close();
  }
}

/** Looks at a machine and prints what it has. */
export async function checkHardware(io: Io, options: HardwareOptions): Promise<void> {
  const facts = await gatherFacts(io, options);
  io.out("Feature                         Availability\n");
  io.out("------------------------------  ------------------\n");
  let [isMissing, isSkipped] = [false, false];
  for (const { name, isOptional = false, look, consequence, remedy = ROOT } of NEEDS) {
    const found = look(facts);
    const why = found === true ? "" : `: ${found === undefined ? remedy : consequence}`;
    io.out(`${name.padEnd(NAME_WIDTH)}${result(found, isOptional)}${why}\n`);
    if (!isOptional && found === false) isMissing = true;
    if (!isOptional && found === undefined) isSkipped = true;
  }
  io.out(`\nCheck ${isMissing ? "FAILED" : "passed"}!\n`);
  if (isSkipped) io.out("BUT: Some essential checks had to be skipped!\n");
  if (isMissing) throw new ExitStatus(FAILED);
  if (isSkipped) throw new ExitStatus(SKIPPED);
}
