// What the metal platform needs of a processor with Intel's virtualisation: its capability MSRs (SDM, volume 3, appendix A). Of a word of
// controls the upper half says which may be set, the lower half which have to be.

import type { Facts } from "./hardware-facts.ts";
import {
  type Found,
  flag,
  iommu,
  iommuFree,
  type Maker,
  MSR_REMEDY,
  type Need,
} from "./hardware-needs.ts";

const MSR = {
  featureControl: 0x3a,
  keyPartitioning: 0x87,
  basic: 0x480,
  cr0Fixed: 0x486,
  cr4Fixed: 0x488,
  secondary: 0x48b,
  tables: 0x48c,
  pin: 0x48d,
  primary: 0x48e,
  exit: 0x48f,
  entry: 0x490,
};

const bit = (number: number) => 1n << BigInt(number);
const UPPER = 32n;

/** IA32_FEATURE_CONTROL (volume 4, table 2-2). */
const LOCKED = bit(0);
const INSIDE_SMX = bit(1);
const OUTSIDE_SMX = bit(2);
/** IA32_VMX_BASIC: the words of controls that are looked at here exist. */
const TRUE_CONTROLS = bit(55);
/** Bits of CR0 and CR4 that VMX operation wants set, and that the hypervisor sets: PE, NE, PG; VMXE. */
const CR0_KNOWN = bit(0) | bit(5) | bit(31);
const CR4_KNOWN = bit(13);

/** Controls, or capabilities, by their bits. */
type Names = ReadonlyMap<number, string>;
const PIN: Names = new Map([
  [3, "NMI exiting"],
  [5, "virtual NMIs"],
]);
const PRIMARY: Names = new Map([
  [3, "TSC offsetting"],
  [7, "HLT exiting"],
  [10, "MWAIT exiting"],
  [22, "NMI-window exiting"],
  [25, "I/O bitmaps"],
  [28, "MSR bitmaps"],
  [31, "secondary controls"],
]);
/** Controls of that word that must not have to be set. */
const PRIMARY_UNWANTED: Names = new Map([
  [15, "no CR3-load exiting"],
  [16, "no CR3-store exiting"],
]);
const EXIT: Names = new Map([
  [2, "save debug controls"],
  [9, "64-bit host"],
  [18, "save PAT"],
  [19, "load PAT"],
  [20, "save EFER"],
  [21, "load EFER"],
]);
const ENTRY: Names = new Map([
  [2, "load debug controls"],
  [9, "IA-32e mode guest"],
  [14, "load PAT"],
  [15, "load EFER"],
]);
const TABLES: Names = new Map([
  [6, "4 levels"],
  [14, "write-back"],
  [16, "2 MiB pages"],
  [17, "1 GiB pages"],
  [20, "INVEPT"],
  [26, "INVEPT of all contexts"],
]);
/** Secondary controls without which instructions raise #UD: by the flag with which Linux uses them. */
const INSTRUCTIONS: ReadonlyMap<string, number> = new Map([
  ["rdtscp", 3],
  ["invpcid", 12],
  ["xsaves", 20],
  ["waitpkg", 26],
]);
const CONTROL_EPT = 1;
const CONTROL_VPID = 5;
const CONTROL_UNRESTRICTED = 7;

/** A register that is never zero; undefined where it cannot be read, as where somebody below answers for one that does not exist. */
const read = (facts: Facts, msr: number): bigint | undefined => facts.msr(msr) || undefined;

/** Whether Linux, or the processor itself, tells of VT-x: Linux forgets it where the firmware has switched it off. */
const hasVmx = (facts: Facts): Found => facts.has("vmx") || read(facts, MSR.basic) !== undefined;

/** Where there is no VT-x its registers are not looked for. */
function look(facts: Facts, msr: number, judge: (value: bigint) => boolean): Found {
  if (!hasVmx(facts)) return false;
  const value = read(facts, msr);
  return value === undefined ? (canRead(facts) ? false : undefined) : judge(value);
}

/** Whether registers can be read at all: this one every processor with VT-x has. */
const canRead = (facts: Facts): boolean => read(facts, MSR.basic) !== undefined;

const isSet = (value: bigint, number: number) => (value & bit(number)) !== 0n;

/** Those of the controls that may not be set. */
const missingControls = (facts: Facts, msr: number, names: Names): string[] => {
  const allowed = (read(facts, msr) ?? 0n) >> UPPER;
  return [...names].filter(([number]) => !isSet(allowed, number)).map(([, name]) => name);
};

/** The primary controls that are not as they must be. */
function missingPrimary(facts: Facts): string[] {
  const required = read(facts, MSR.primary) ?? 0n;
  const unwanted = [...PRIMARY_UNWANTED].filter(([number]) => isSet(required, number));
  return [...missingControls(facts, MSR.primary, PRIMARY), ...unwanted.map(([, name]) => name)];
}

function missingInstructions(facts: Facts): string[] {
  const used = [...INSTRUCTIONS].filter(([name]) => facts.has(name));
  return missingControls(facts, MSR.secondary, new Map(used.map(([name, at]) => [at, name])));
}

function missingTables(facts: Facts): string[] {
  const value = read(facts, MSR.tables) ?? 0n;
  return [...TABLES].filter(([number]) => !isSet(value, number)).map(([, name]) => name);
}

/** Words that a hypervisor below may have thinned out. */
const below = (facts: Facts): string =>
  facts.has("hypervisor") ? " (the hypervisor below may hide it)" : "";

/** A need that is met when nothing is missing, and that names what is. */
function listed(
  name: string,
  msrs: readonly number[],
  missing: (facts: Facts) => readonly string[],
  what: string,
): Need {
  return {
    name,
    look: (facts) => {
      const found = msrs.map((msr) => look(facts, msr, () => true));
      if (found.includes(false)) return false;
      return found.includes(undefined) ? undefined : missing(facts).length === 0;
    },
    consequence: (facts) => {
      const names = missing(facts).join(", ");
      return `${what}: without ${names}${below(facts)}`;
    },
    remedy: MSR_REMEDY,
  };
}

const secondary = (number: number) => (facts: Facts) =>
  look(facts, MSR.secondary, (value) => isSet(value >> UPPER, number));

function firmwareAdvice(facts: Facts): string {
  if (!hasVmx(facts)) return "see above";
  const control = facts.msr(MSR.featureControl) ?? 0n;
  if (control & INSIDE_SMX)
    return "VT-x is for measured launches only (Intel TXT): switch it on outside of them in the firmware's setup";
  return "switch VT-x (Intel Virtualization Technology) on in the firmware's setup";
}

/** What the firmware left open the hypervisor sets. */
const isEnabled = (facts: Facts): Found => {
  if (!hasVmx(facts)) return false;
  const control = facts.msr(MSR.featureControl);
  if (control === undefined) return undefined;
  return (control & LOCKED) === 0n || (control & OUTSIDE_SMX) !== 0n;
};

/** Keys of trust domains, in the upper half; where there are none the register may not exist. */
function hasNoTrustDomains(facts: Facts): Found {
  if (facts.has("tdx_host_platform")) return false;
  const value = facts.msr(MSR.keyPartitioning);
  if (value === undefined) return !hasVmx(facts) || canRead(facts) ? true : undefined;
  return value >> UPPER === 0n;
}

export const INTEL: Maker = {
  processor: [
    {
      name: "Intel processor with VT-x",
      look: hasVmx,
      consequence: (facts) =>
        `there is no virtualisation that the hypervisor could use${below(facts) || ", or the firmware's setup has it off"}`,
    },
    {
      name: "  enabled by the firmware",
      look: isEnabled,
      consequence: firmwareAdvice,
      remedy: MSR_REMEDY,
    },
    {
      name: "  with TRUE controls",
      look: (facts) => look(facts, MSR.basic, (value) => (value & TRUE_CONTROLS) !== 0n),
      consequence: (facts) => `its VT-x is too old${below(facts)}`,
      remedy: MSR_REMEDY,
    },
    listed(
      "NMIs of guests",
      [MSR.pin],
      (facts) => missingControls(facts, MSR.pin, PIN),
      "a CPU could not be stopped",
    ),
    listed(
      "Controls of execution",
      [MSR.primary],
      missingPrimary,
      "cells could not be kept to what they may do",
    ),
    listed(
      "Controls of exits and entries",
      [MSR.exit, MSR.entry],
      (facts) => [
        ...missingControls(facts, MSR.exit, EXIT),
        ...missingControls(facts, MSR.entry, ENTRY),
      ],
      "registers of guests and hypervisor could not be kept apart",
    ),
    {
      name: "Extended page tables (EPT)",
      look: secondary(CONTROL_EPT),
      consequence: (facts) => `cells could not be kept in their memory${below(facts)}`,
      remedy: MSR_REMEDY,
    },
    listed(
      "  as the hypervisor has them",
      [MSR.tables],
      missingTables,
      "its tables could not be used",
    ),
    {
      name: "Unrestricted guest",
      look: secondary(CONTROL_UNRESTRICTED),
      consequence: (facts) => `cells could not start in real mode${below(facts)}`,
      remedy: MSR_REMEDY,
    },
    listed(
      "Linux' own instructions",
      [MSR.secondary],
      missingInstructions,
      "Linux uses what would raise #UD below the hypervisor",
    ),
    {
      name: "No unknown control bits",
      look: (facts) => {
        const fixed = look(facts, MSR.cr0Fixed, (value) => (value & ~CR0_KNOWN) === 0n);
        return fixed === true
          ? look(facts, MSR.cr4Fixed, (value) => (value & ~CR4_KNOWN) === 0n)
          : fixed;
      },
      consequence: "VMX operation wants bits of CR0 or CR4 that the hypervisor does not know",
      remedy: MSR_REMEDY,
    },
    {
      name: "1 GiB pages",
      look: flag("pdpe1gb"),
      consequence: "the hypervisor maps physical memory with them",
    },
    {
      name: "Identifiers of guests (VPID)",
      isOptional: true,
      look: secondary(CONTROL_VPID),
      consequence: "each exit and entry makes the processor forget translations",
      remedy: MSR_REMEDY,
    },
  ],
  iommu: [iommu("DMAR"), iommuFree("intel_iommu=off nointremap")],
  memory: {
    name: "No trust domains (TDX)",
    look: hasNoTrustDomains,
    consequence: "the driver refuses: switch Intel TDX off in the firmware's setup",
    remedy: MSR_REMEDY,
  },
  kvm: "kvm_intel",
  virtualisation: "VT-x",
  msrs: Object.values(MSR),
};
