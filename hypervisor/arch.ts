// The architecture under the core: everything that core/ calls and that differs between processors. The contracts are
// here; the bodies are chosen by the path below. Members that return nothing cannot fail.

import {
  ARCHITECTURE,
  archActivate,
  archCellCheck,
  archCellCreate,
  archCellDestroy,
  archCodeBytes,
  archCommFill,
  archCpuAssign,
  archCpuPark,
  archCpuRelease,
  archCpuReset,
  archInit,
  archInitCpu,
  archIommu,
  archMessageAddress,
  archMessageAllowed,
  archMmio,
  archPosition,
  archPrintPosition,
  archReport,
  archRootMayRead,
  archTrapped,
} from "./x86/arch.ts";

export {
  /** ARCH_* of the configurations that fit. */
  ARCHITECTURE,
  /** Initialises the units (prints `Initializing unit: …`) once all CPUs are prepared. Returns 0 or -errno. */
  archActivate,
  /**
   * Decodes the architecture's part of `cell`'s configuration (irqchips, what else it has besides memory, memory that would hide a
   * trapped device), says on the console why it refuses, registers its trapped ranges (mmioRegister). Nothing outside
   * the cell's own block changes. For the root cell: called from `init`. Returns 0 or -errno.
   */
  archCellCheck,
  /** Moves what archCellCheck has accepted from the root cell to `cell`; for the root cell: hands it all it has. */
  archCellCreate,
  /** Gives what `cell` owns back to the root cell, as far as that one's configuration lists it. */
  archCellDestroy,
  /** Writes the bytes at the instruction pointer of `cpu`, as far as they can be read, into a DENIAL_* record. */
  archCodeBytes,
  /** Fills the communication page of `cell` from COMM_PCI_MMCONFIG_BASE on, which is zero; the core fills the rest. */
  archCommFill,
  /** Gives `cpu` (stopped or calling) a fresh architecture state for the cell that it now belongs to, after assignCpu. */
  archCpuAssign,
  /** Parks `cpu` (stopped or calling); `wake` as of the waist's parkCpu. */
  archCpuPark,
  /** Undoes what the hypervisor shows to the calling CPU alone, before releaseCpu. */
  archCpuRelease,
  /** Resets `cpu` (stopped or calling): it starts at `entry` once resumed. */
  archCpuReset,
  /**
   * On `cpu`: looks at the machine and the architecture's part of the system configuration at `config` (decoded by then), and
   * prints what it found. Called once, on the first CPU, before any CPU has a PerCpu block. Returns 0 or -errno.
   */
  archInit,
  /**
   * Prepares the calling CPU `cpu`, a CPU of the root cell that goes on with the state it has, and prints what
   * identifies it, followed by a blank. Returns 0 or -errno.
   */
  archInitCpu,
  /** Whether machines of this architecture have IOMMU units of IOMMU_TYPE_* `type`. */
  archIommu,
  /**
   * The lower half of a message's address as a device has to have it, for one that `cell` has written there; the same if it needs
   * no translation, or is one that the cell may not send.
   */
  archMessageAddress,
  /** Whether the devices of a cell may send the message-signalled interrupt with this address and data. */
  archMessageAllowed,
  /**
   * An access of the calling CPU to a range registered with `kind` and `argument`, `offset` bytes into it. Returns
   * MMIO_HANDLED (a value read is in PerCpu.mmioValue) or MMIO_FAULT.
   */
  archMmio,
  /** The instruction pointer of `cpu` (stopped or calling). */
  archPosition,
  /** Prints `<name of the instruction pointer>: 0x…` of the calling CPU, without end of line. */
  archPrintPosition,
  /** Prints the registers of `cpu` (stopped or calling), the middle of a violation's report, whole lines. */
  archReport,
  /** Whether the root cell may read the pages of trapped ranges of this kind without an exit, where its own regions have them. */
  archRootMayRead,
  /**
   * Whether physical [phys, phys+size) has a device of the architecture that `cell` (the root cell, a listed one or one that is
   * checked) reaches through its mediation only. Asked of bytes and of whole pages.
   */
  archTrapped,
};
