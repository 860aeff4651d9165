// What the metal platform needs of a processor with AMD's virtualisation (AMD64 Architecture Programmer's Manual, volume 2, chapter 15).

import type { Facts } from "./hardware-facts.ts";
import {
  type Found,
  flag,
  iommu,
  iommuFree,
  kernelOption,
  type Maker,
  MSR_REMEDY,
} from "./hardware-needs.ts";

/** Section 15.30.1. */
const MSR_VM_CR = 0xc0010114;
const VM_CR_SVMDIS = 1n << 4n;
const VENDORS = ["AuthenticAMD", "HygonGenuine"];

/** Whether a processor has AMD's virtualisation or none; Hygon's are AMD's. */
export const isAmd = (facts: Facts): boolean => VENDORS.includes(facts.processor("vendor_id"));

function isSvmEnabled(facts: Facts): Found {
  const value = facts.msr(MSR_VM_CR);
  return value === undefined ? undefined : (value & VM_CR_SVMDIS) === 0n;
}

/** Where the kernel is not told to encrypt, it does not. */
function isMemoryPlain(facts: Facts): Found {
  if (facts.text("/proc/cmdline") === undefined) return undefined;
  return kernelOption(facts, "mem_encrypt") !== "on";
}

export const AMD: Maker = {
  processor: [
    {
      name: "AMD processor with SVM",
      look: (facts) => isAmd(facts) && facts.has("svm"),
      consequence: "there is no virtualisation that the hypervisor could use",
    },
    {
      name: "  enabled by the firmware",
      look: isSvmEnabled,
      consequence: "switch SVM (AMD-V) on in the firmware's setup",
      remedy: MSR_REMEDY,
    },
    {
      name: "Nested paging",
      look: flag("npt"),
      consequence: "cells could not be kept in their memory",
    },
    {
      name: "1 GiB pages",
      look: flag("pdpe1gb"),
      consequence: "the hypervisor maps physical memory with them",
    },
    {
      name: "Next RIP saving",
      isOptional: true,
      look: flag("nrip_save"),
      consequence: "the hypervisor reads instructions to know their length",
    },
    {
      name: "Decode assists",
      isOptional: true,
      look: flag("decodeassists"),
      consequence: "the hypervisor reads instructions from the cell's memory",
    },
  ],
  iommu: [iommu("IVRS"), iommuFree("amd_iommu=off")],
  memory: {
    name: "No memory encryption",
    look: isMemoryPlain,
    consequence: "the driver refuses: boot with mem_encrypt=off",
  },
  kvm: "kvm_amd",
  virtualisation: "SVM",
  msrs: [MSR_VM_CR],
};
