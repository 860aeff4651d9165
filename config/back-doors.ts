// Ports by which a guest talks to the hypervisor or the emulator below it: what is there is no device of the machine.
import type { PortRange } from "./types.ts";

export interface BackDoor extends PortRange {
  /** With its article, to be put into a sentence. */
  readonly name: string;
}

export const BACK_DOORS: readonly BackDoor[] = [
  { base: 0xe9, length: 1, name: "the debug port of Bochs and QEMU" },
  { base: 0x501, length: 1, name: "QEMU's exit port (isa-debug-exit)" },
  { base: 0x5658, length: 4, name: "VMware's back door, which QEMU has too" },
  { base: 0x8900, length: 1, name: "Bochs' shutdown port" },
  { base: 0x8a00, length: 2, name: "Bochs' debugger ports" },
];

/** The back door that has one of the ports, or undefined. */
export const backDoorAt = ({ base, length }: PortRange): BackDoor | undefined =>
  BACK_DOORS.find((one) => base < one.base + one.length && one.base < base + length);
