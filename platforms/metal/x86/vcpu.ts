// The vendor under x86: all that differs between AMD-V and VT-x. The contracts are here; the bodies are in the vendor's folder, which
// the build chooses, and whose files have the same names for every vendor. Members that return nothing cannot fail.

import { adoptLinux, dropEvents, setCell, startAt } from "./amd/control-block.ts";
import { dispatch } from "./amd/exits.ts";
import { checkFeatures } from "./amd/features.ts";
import { grantMsrs, revokeMsrs } from "./amd/permissions.ts";
import { injectException, readRegister, saveState, writeRegister } from "./amd/registers.ts";
import { resetMsrs } from "./amd/reset-msrs.ts";
import {
  EXIT_INSTRUCTION,
  finishExit,
  flush,
  freeNestedTop,
  hasEvent,
  idleTable,
  injectNmi,
  leave,
  loadGuest,
  nestedBits,
  nestedTop,
  prepareIdle,
  runGuest,
  runIdle,
  switchOff,
  switchOn,
  watchHalts,
} from "./amd/vcpu.ts";

export {
  /** The guest of `cpu`, the calling one, gets the state that Linux called the entry with, after that call, with 0 as its result. */
  adoptLinux,
  /** Looks at the calling CPU. Returns 0, or, after saying why, -ENODEV or -EBUSY when another hypervisor uses it. */
  checkFeatures,
  /** Hands the last exit of the calling CPU `cpu`, number `number`, to the core's handler for it. */
  dispatch,
  /** The guest of `cpu` begins with no event, and its NMIs are not blocked. */
  dropEvents,
  /** Machine code, three bytes, of an instruction that leaves every guest. */
  EXIT_INSTRUCTION,
  /** Once after each exit of the calling CPU, before `dispatch`: the host's state is made good, what was changed is known. */
  finishExit,
  /** When `cpu` enters its guest the next time it forgets all translations, and reads permission maps anew. */
  flush,
  /** Frees what `nestedTop` made for the table `root`. */
  freeNestedTop,
  /** The waist's member of this name, on a permission map that all CPUs of a cell share. */
  grantMsrs,
  /** Whether the guest of `cpu` will begin with an event. */
  hasEvent,
  /** Makes a nested table that maps the page at linear address `page` at 0. Returns its top, or 0 when the pool is exhausted. */
  idleTable,
  /** The waist's. */
  injectException,
  /** The guest of `cpu`, which has no event, begins with an NMI; until its handler has ended Cpu.nmiBlocked is 1. */
  injectNmi,
  /** Gives the processor back for good, with the state of the guest of `cpu`. Never returns. */
  leave,
  /** Loads what the processor keeps of the guest of `cpu` while the hypervisor executes. */
  loadGuest,
  /** Bits of an entry of nested page tables that can be read, and written or executed where so. */
  nestedBits,
  /**
   * What the processor wants to be told of the nested table of four levels at linear address `root`; 0 when the pool is exhausted.
   */
  nestedTop,
  /** Makes what `runIdle` needs, once: the nested table of `top` maps the page at physical `page` at 0. */
  prepareIdle,
  /** The waist's. */
  readRegister,
  /** MSRs of the calling CPU that no guest's state holds get their values after a reset. */
  resetMsrs,
  revokeMsrs,
  /** Enters the guest of the calling CPU `cpu`; returns at its exit. Interrupts arrive in the guest only. */
  runGuest,
  /**
   * Enters the guest for idle CPUs, in real mode at offset `at` of its page, with `flags` and its stack at `stack`. Returns at
   * its exit whether that was by an NMI, which is still to be taken.
   */
  runIdle,
  /** The state of the guest of the calling CPU `cpu` is in memory, for others to read and change until it is entered again. */
  saveState,
  /** Gives `cpu` the maps of `cell`, and the processor's own time. */
  setCell,
  /** The guest of `cpu` gets the start state, entered at `entry`; general registers are in Cpu.registers and not touched. */
  startAt,
  /** Ends what `switchOn` began on the calling CPU `cpu`, which had no guest yet; nothing where it was not called. */
  switchOff,
  /** Begins to use virtualisation on the calling CPU `cpu`. */
  switchOn,
  /** Whether the guest of the calling CPU `cpu` comes out when it would halt. */
  watchHalts,
  writeRegister,
};
