// The architecture's state: of each CPU (in PerCpu.arch), of each cell (in Cell.arch) and of the machine.

import { IOAPIC_UNITS_MAX } from "../../abi/x86/apic.ts";
import { CELL_ARCH_SIZE, Cell } from "../core/cells/cell.ts";
import { CPU_ARCH_SIZE, cellOfCpu, perCpu } from "../core/cells/percpu.ts";
import { Instruction } from "./instruction/instruction.ts";

/** Pins of an IOAPIC that a configuration can name. */
export const PINS_MAX: u32 = 128;

/** Machine-wide state, written by `archInit` and `archActivate` only. */
@unmanaged
export class Machine {
  /** Value of MTRRdefType that the first CPU had. */
  mtrrDefType: u64;
  /** The first CPU's APIC base register; 0 where there is none. */
  apicBase: u64;
  /** Port of the PM timer, or 0. */
  pmTimer: u32;
  /** Whether the local APICs are in x2APIC mode: all of them, as Linux has chosen. */
  x2apic: bool;
  /** Whether they are not, but all have that mode, and cells' CPUs may be put into it (apic.ts). */
  offersX2apic: bool;
  /** Whether the processors are AMD's: EFER shows SVME, and reports speak of #VMEXIT. */
  isAmd: bool;
  /** Physical IOAPICs found (ioapic.ts). */
  ioapics: u32;
  /** What the owners of their pins have written: pages of the pool (ioapic.ts). */
  ioapicEntries: usize;
}

/** State of one CPU. */
@unmanaged
export class CpuState {
  /** PAT as the guest has set it; in effect only while MTRRs are enabled. */
  pat: u64;
  /** MTRRdefType as the guest has set it; only its enable bit has an effect. */
  mtrrDefType: u64;
  /** High half of the xAPIC's ICR; in x2APIC mode both halves as the guest has written them. */
  icrHigh: u32;
  icrLow: u32;
  /** Whether the CPU waits for a SIPI; a platform may have started it otherwise, so an exit disproves it. */
  waiting: bool;
  /** Where `loadMsr` puts what it reads. */
  msrValue: u64;
}

/** Offset of the Instruction in a CPU's part. */
const INSTRUCTION: usize = 0x40;
if (offsetof<CpuState>() > INSTRUCTION) ERROR("CpuState is too large");
if (INSTRUCTION + offsetof<Instruction>() > CPU_ARCH_SIZE) ERROR("Instruction is too large");

/** State of one cell. */
@unmanaged
export class CellState {
  /** What the cell has written to PCI's address port. */
  pciAddress: u32;
  /** Whether the local APICs of its CPUs are in x2APIC mode. */
  x2apic: bool;
}

/** Offsets in a cell's part: index register of each IOAPIC, u32; pins of each, PINS_MAX bits. */
const INDEXES: usize = 0x10;
const PINS: usize = 0x110;
const PIN_BYTES: u32 = PINS_MAX >> 3;
if (INDEXES + (IOAPIC_UNITS_MAX << 2) > PINS) ERROR("indexes overlap pins");
if (PINS + IOAPIC_UNITS_MAX * PIN_BYTES > CELL_ARCH_SIZE) ERROR("CellState is too large");

const MACHINE: usize = memory.data(64, 8);
if (offsetof<Machine>() > 64) ERROR("Machine is too large");

/** The machine's state. */
export function machine(): Machine {
  return changetype<Machine>(MACHINE);
}

/** The state of an existing CPU. */
export function cpuState(cpu: u32): CpuState {
  return changetype<CpuState>(perCpu(cpu).arch);
}

/** Forgets all that a guest has left in the state of a CPU. */
export function clearCpuState(cpu: u32): void {
  memory.fill(perCpu(cpu).arch, 0, offsetof<CpuState>());
}

/** Room for the instruction of `cpu` that is being emulated. */
export function instructionOf(cpu: u32): Instruction {
  return changetype<Instruction>(perCpu(cpu).arch + INSTRUCTION);
}

/** The state of a cell. */
export function cellState(cell: Cell): CellState {
  return changetype<CellState>(cell.arch);
}

/** Whether `cell` has its CPUs in x2APIC mode and the root cell has not: see apic.ts. */
export function isMixed(cell: Cell): bool {
  return cellState(cell).x2apic && !machine().x2apic;
}

/** Whether the local APIC of `cpu` is in x2APIC mode. */
export function hasX2apic(cpu: u32): bool {
  return cellState(cellOfCpu(cpu)).x2apic;
}

/** Address of the index register that `cell` sees in IOAPIC number `ioapic`, u32. */
export function ioapicIndex(cell: Cell, ioapic: u32): usize {
  return cell.arch + INDEXES + (ioapic << 2);
}

/** Address of the bitmap of the pins of IOAPIC number `ioapic` that `cell` has. */
export function ioapicPins(cell: Cell, ioapic: u32): usize {
  return cell.arch + PINS + ioapic * PIN_BYTES;
}
