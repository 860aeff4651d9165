// What firmware leaves in the machine before an operating system starts, beside its tables: what a kernel that is started directly
// takes for granted.

import {
  APIC_LVT_LINT0,
  APIC_LVT_LINT1,
  APIC_SVR,
  APIC_SVR_ENABLE,
  ICR_MODE_EXTINT,
  ICR_MODE_NMI,
  ICR_MODE_SHIFT,
} from "../../abi/x86/apic.ts";
import * as M from "../../abi/x86/msr.ts";
import { MEMORY_MAP, PCI_WINDOWS, PORT_MAP } from "../board.ts";
import { writeRegister } from "../devices/lapic/registers.ts";
import type { Pc } from "../pc.ts";
import { hasEcam } from "./acpi.ts";

/** 8259A: edges, cascaded, more words follow; vectors of ISA interrupts in real mode; cascade on input 2; 8086 mode. */
const ICW1 = 0x11;
const MASTER_VECTORS = 0x08;
const SLAVE_VECTORS = 0x70;
const MASTER_CASCADE = 0x04;
const SLAVE_CASCADE = 0x02;
const ICW4_8086 = 0x01;
const ALL_MASKED = 0xff;
/** SCI is a level (edge/level register of the second 8259A, input 9). */
const SCI_LEVEL = 0x02;

/** 8254: channel 0 as a rate generator of square waves, 18.2 a second. */
const CHANNEL_0_SQUARE = 0x36;

/** Memory types. */
const UNCACHED = 0x00;
const WRITE_BACK = 0x06;
/** Default type: MTRRs are on, fixed ones too. */
const MTRR_ENABLE = 0xc00;
const VARIABLE_VALID = 0x800;
/** End of what the processors can address: a variable range's mask is this minus its size. */
const PHYSICAL_END = 2 ** 40;
const FOUR_GIB = 2 ** 32;
const LOW_HALF = 0xffffffffn;
const BYTES = 8;
/** Fixed ranges: below 0xa0000, and from 0xc0000 to 0xfffff. */
const FIXED_MEMORY = [0x250, 0x258, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f];
/** Fixed ranges of video memory, 0xa0000 to 0xbffff. */
const FIXED_VIDEO = 0x259;
const SPURIOUS_VECTOR = 0xff;

function writePorts(pc: Pc, writes: readonly (readonly [number, number])[]): void {
  for (const [port, value] of writes) pc.writePort(0, port, 1, value);
}

/** Both 8259A initialised, with everything masked. */
function leavePics(pc: Pc): void {
  const master = PORT_MAP.picMaster.first;
  const slave = PORT_MAP.picSlave.first;
  writePorts(pc, [
    ...[[master, ICW1] as const, [master + 1, MASTER_VECTORS] as const],
    ...[[master + 1, MASTER_CASCADE] as const, [master + 1, ICW4_8086] as const],
    ...[[slave, ICW1] as const, [slave + 1, SLAVE_VECTORS] as const],
    ...[[slave + 1, SLAVE_CASCADE] as const, [slave + 1, ICW4_8086] as const],
    ...[[master + 1, ALL_MASKED] as const, [slave + 1, ALL_MASKED] as const],
    [PORT_MAP.picLevels.first + 1, SCI_LEVEL],
  ]);
}

/** The clock of BIOS: 65536 cycles a tick. */
function leavePit(pc: Pc): void {
  const { first } = PORT_MAP.pit;
  writePorts(pc, [
    [first + 3, CHANNEL_0_SQUARE],
    [first, 0],
    [first, 0],
  ]);
}

/** The boot CPU's LINT0 takes the 8259A's interrupts, LINT1 NMIs (virtual wire mode, MultiProcessor Specification 1.4, 3.6.2.2). */
function leaveLapic(pc: Pc): void {
  const lapic = pc.lapic(0);
  writeRegister(lapic, APIC_SVR, APIC_SVR_ENABLE | SPURIOUS_VECTOR);
  writeRegister(lapic, APIC_LVT_LINT0, ICR_MODE_EXTINT << ICR_MODE_SHIFT);
  writeRegister(lapic, APIC_LVT_LINT1, ICR_MODE_NMI << ICR_MODE_SHIFT);
}

/** Eight fixed ranges of one type. */
function eight(type: number): bigint {
  return BigInt(`0x${type.toString(16).padStart(2, "0").repeat(BYTES)}`);
}

/** Memory is cached, device memory below 4 GiB is not: ECAM, and all from the windows of PCI on. */
function leaveMemoryTypes(pc: Pc, cpu: number): void {
  const { ecam } = MEMORY_MAP;
  const devices = { first: PCI_WINDOWS.memory.first, size: FOUR_GIB - PCI_WINDOWS.memory.first };
  const holes = hasEcam(pc.options) ? [ecam, devices] : [devices];
  for (const [index, { first, size }] of holes.entries()) {
    const base = M.MSR_MTRR_FIRST + 2 * index;
    pc.writeMsr(cpu, base, BigInt(first | UNCACHED) & LOW_HALF);
    pc.writeMsr(cpu, base + 1, BigInt(PHYSICAL_END - size + VARIABLE_VALID));
  }
  for (const msr of FIXED_MEMORY) pc.writeMsr(cpu, msr, eight(WRITE_BACK));
  pc.writeMsr(cpu, FIXED_VIDEO, eight(UNCACHED));
  pc.writeMsr(cpu, M.MSR_MTRR_DEF_TYPE, BigInt(MTRR_ENABLE | WRITE_BACK));
}

/** Leaves a machine that was just switched on as firmware does. ACPI mode and the serial ports are set from the start. */
export function leaveFirmwareState(pc: Pc): void {
  leavePics(pc);
  leavePit(pc);
  leaveLapic(pc);
  for (const { index } of pc.processors) leaveMemoryTypes(pc, index);
}
