// What the driver reads and changes in the bytes of a configuration before the hypervisor gets it.
import {
  CELL_FLAG_VIRTUAL_CONSOLE_ACTIVE,
  CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED,
  CELL_FLAGS,
  CELL_ID,
  SYS_FLAG_VIRTUAL_DEBUG_CONSOLE,
  SYS_FLAGS,
  SYS_X86_APIC_KHZ,
  SYS_X86_TSC_KHZ,
} from "../abi/config.ts";

/** Frequency of TSC and APIC timer of the emulated PC in kHz. */
const MACHINE_KHZ = 1_000_000;

/** Whether a system configuration lets the root cell read the hypervisor's console. */
export function isConsoleReadable(config: Uint8Array): boolean {
  const view = new DataView(config.buffer, config.byteOffset);
  return (view.getUint32(SYS_FLAGS, true) & SYS_FLAG_VIRTUAL_DEBUG_CONSOLE) !== 0;
}

/** A copy in which frequencies that the file leaves open are the machine's. */
export function withFrequencies(config: Uint8Array): Uint8Array {
  // Not slice(): that of a Buffer shares its memory.
  const copy = Uint8Array.from(config);
  const view = new DataView(copy.buffer);
  for (const field of [SYS_X86_TSC_KHZ, SYS_X86_APIC_KHZ]) {
    if (view.getUint32(field, true) === 0) view.setUint32(field, MACHINE_KHZ, true);
  }
  return copy;
}

/** A copy with the cell's id; an active virtual console is a permitted one. */
export function prepared(config: Uint8Array, id: number): Uint8Array {
  // Not slice(): that of a Buffer shares its memory.
  const copy = Uint8Array.from(config);
  const view = new DataView(copy.buffer);
  view.setUint32(CELL_ID, id, true);
  const flags = view.getUint32(CELL_FLAGS, true);
  if (flags & CELL_FLAG_VIRTUAL_CONSOLE_ACTIVE) {
    view.setUint32(CELL_FLAGS, flags | CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED, true);
  }
  return copy;
}
