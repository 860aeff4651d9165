// Reads the hypervisor's table of denied accesses (abi/denials.ts).
import * as table from "../abi/denials.ts";
import { EINVAL } from "../abi/errno.ts";
import type { Denial, DenialLog } from "./api.ts";
import { SystemError } from "./errors.ts";

const KINDS = new Map<number, Denial["kind"]>([
  [table.DENIAL_KIND_MEMORY, "memory"],
  [table.DENIAL_KIND_PORT, "port"],
  [table.DENIAL_KIND_MSR, "msr"],
  [table.DENIAL_KIND_PCI, "pci"],
  [table.DENIAL_KIND_CONTROL, "control"],
  [table.DENIAL_KIND_EXIT, "exit"],
]);
const BITS = new Map<number, Denial["bits"]>([
  [2, 16],
  [4, 32],
  [8, 64],
]);

/** The record that begins at an offset of the table. */
export function readDenial(view: DataView, at: number, sequence: number): Denial {
  const flags = view.getUint8(at + table.DENIAL_FLAGS);
  const isAllowed = (flags & table.DENIAL_FLAG_ALLOWED) !== 0;
  const available = Math.min(view.getUint8(at + table.DENIAL_BYTES), table.DENIAL_INSTRUCTION_SIZE);
  const bytes = view.byteOffset + at + table.DENIAL_INSTRUCTION;
  return {
    sequence,
    kind: KINDS.get(view.getUint8(at + table.DENIAL_KIND)) ?? "exit",
    cell: view.getUint32(at + table.DENIAL_CELL, true),
    cpu: view.getUint16(at + table.DENIAL_CPU, true),
    address: view.getBigUint64(at + table.DENIAL_ADDRESS, true),
    size: view.getUint8(at + table.DENIAL_ACCESS_SIZE),
    write: (flags & table.DENIAL_FLAG_WRITE) !== 0,
    fetch: (flags & table.DENIAL_FLAG_FETCH) !== 0,
    string: (flags & table.DENIAL_FLAG_STRING) !== 0,
    allowed: isAllowed ? view.getUint32(at + table.DENIAL_LENGTH, true) : 0,
    value: view.getBigUint64(at + table.DENIAL_VALUE, true),
    rip: view.getBigUint64(at + table.DENIAL_RIP, true),
    bits: BITS.get(view.getUint8(at + table.DENIAL_MODE)) ?? 64,
    instruction: new Uint8Array(view.buffer, bytes, available).slice(),
    times: view.getUint32(at + table.DENIAL_TIMES, true),
  };
}

/** What the table says. Throws EINVAL for one of a layout that is not known. */
export function readDenials(view: DataView): DenialLog {
  const isKnown =
    view.byteLength >= table.DENIALS_SIZE &&
    view.getUint32(table.DENIALS_SIGNATURE, true) === table.DENIALS_MAGIC &&
    view.getUint32(table.DENIALS_VERSION, true) === table.DENIALS_VERSION_1;
  if (!isKnown) {
    const hint = "This hypervisor does not keep a record of denied accesses.";
    throw new SystemError(EINVAL, { hint });
  }
  const slots = (table.DENIALS_SIZE - table.DENIALS_RECORDS) / table.DENIAL_SIZE;
  const count = view.getUint32(table.DENIALS_COUNT, true);
  const missed = Math.max(0, count - slots);
  const at = (sequence: number) => table.DENIALS_RECORDS + (sequence % slots) * table.DENIAL_SIZE;
  return {
    learning: (view.getUint32(table.DENIALS_FLAGS, true) & table.DENIALS_FLAG_LEARNING) !== 0,
    missed,
    denials: Array.from({ length: count - missed }, (_, index) =>
      readDenial(view, at(missed + index), missed + index),
    ),
  };
}
