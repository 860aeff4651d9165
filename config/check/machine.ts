// What was read of a real machine, as far as rules compare configurations with it (create/facts.ts reads it).
import type { IoApic, Iommu, Mmconfig } from "../create/acpi.ts";
import type { CStatePort } from "../create/cpus.ts";
import type { PciFunction } from "../create/pci.ts";
import type { Resource } from "../create/resources.ts";
import type { Range } from "./ranges.ts";

/** A machine that was looked at: its Linux' view of it. */
export interface Machine {
  /** Whether it is one of Arm's, of 32 or 64 bits; else it is a PC. */
  readonly isArm: boolean;
  /** RAM that Linux runs in: System RAM of /proc/iomem. */
  readonly systemRam: readonly Range[];
  /** All RAM: that, the first MiB, what firmware keeps right behind it, and what memmap= keeps. */
  readonly ram: readonly Range[];
  /** What memmap= options of its kernel's command line keep free. */
  readonly reserved: readonly Range[];
  /** The kernel's command line. */
  readonly commandLine: string;
  /** /proc/iomem and /proc/ioports; ports are none where they were hidden. */
  readonly iomem: readonly Resource[];
  readonly ioports: readonly Resource[];
  /** Ports by which CPUs sleep. */
  readonly cStates: readonly CStatePort[];
  /** PCI functions of all segments. */
  readonly functions: readonly PciFunction[];
  /** Whether its ACPI tables could be read: what is missing in them is not there. */
  readonly hasTables: boolean;
  readonly ioapics: readonly IoApic[];
  /** PCI's configuration space of segment 0. */
  readonly mmconfig: Mmconfig | undefined;
  readonly iommus: readonly Iommu[];
  /** Port of the PM timer. */
  readonly pmTimer: number | undefined;
}

/** What is known of the machine besides its configuration; each part may be unknown. */
export interface MachineFacts {
  /** CPUs that are online when the hypervisor is enabled. */
  readonly cpus?: readonly number[] | undefined;
  /** First address after the RAM that one may reserve for the hypervisor. */
  readonly ramEnd?: bigint | undefined;
  /** Whether the local APICs are in x2APIC mode. */
  readonly x2apic?: boolean | undefined;
  /** CPUs that share a core, each list at least two. */
  readonly siblings?: readonly (readonly number[])[] | undefined;
  /** The machine itself, when it was looked at. */
  readonly found?: Machine | undefined;
}
