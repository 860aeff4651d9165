// A PCI function with registers of its own: base address registers (PCI Local Bus Specification 3.0, section 6.2.5), a list of
// capabilities (6.7), and the interrupt line INTx (6.2.4). A device gives each base address register its size and what is behind it;
// where that lies, software says.
import type { Line, Registers } from "../device.ts";
import { type FunctionIdentity, PCI_COMMAND, PciFunction, type PciWindow } from "./pci.ts";

/** First base address register. */
export const PCI_BAR = 0x10;
/** Offset of the first capability. */
export const PCI_CAPABILITIES = 0x34;
/** Interrupt pin: 1 for INTA. */
const PCI_INTERRUPT_PIN = 0x3d;
/** Command: answers at its I/O, at its memory. */
export const COMMAND_IO = 0x1;
export const COMMAND_MEMORY = 0x2;
/** Command: INTx is off. */
export const COMMAND_NO_INTX = 0x400;
/** Status, in the upper half of the command's dword: INTx is asserted; there are capabilities. */
const STATUS_INTERRUPT = 0x00080000;
const STATUS_CAPABILITIES = 0x00100000;
const BAR_IO = 0x1;
const BAR_64_BIT = 0x4;
const BAR_IO_FLAGS = 0x3;
const BAR_MEMORY_FLAGS = 0xf;
const BARS = 6;
const DWORD = 4;
const TWO_32 = 2 ** 32;
/** The first capability comes after the standard header. */
const FIRST_CAPABILITY = 0x40;

/** What is behind a base address register. */
export interface Bar {
  /** I/O, memory below 4 GiB, or memory anywhere (takes two registers). */
  readonly kind: "io" | "memory" | "memory64";
  /** Bytes, a power of two: at least 4 of I/O, 16 of memory. */
  readonly size: number;
  readonly registers: Registers;
}

/** A device's face to PCI. */
export class PciEndpoint extends PciFunction {
  readonly #bars = new Map<number, Bar>();
  readonly #line: Line;
  #nextCapability = FIRST_CAPABILITY;
  #lastPointer = PCI_CAPABILITIES;
  #afterWrite: (() => void)[] = [];

  /** `line` is what INTA leads to: true while it is asserted. */
  constructor(identity: FunctionIdentity, line: Line) {
    super(identity);
    this.#line = line;
    this.set(PCI_INTERRUPT_PIN & ~3, 1 << 8);
  }

  /** Puts registers behind base address register `index`, 0 to 5; memory64 takes the next one as well. */
  addBar(index: number, bar: Bar): void {
    const register = PCI_BAR + index * DWORD;
    const flags = { io: BAR_IO, memory: 0, memory64: BAR_64_BIT }[bar.kind];
    this.#bars.set(index, bar);
    this.set(register, flags);
    this.allow(register, (TWO_32 - bar.size) >>> 0);
    if (bar.kind === "memory64" && index + 1 < BARS) this.allow(register + DWORD, TWO_32 - 1);
  }

  /**
   * Adds a capability of `dwords` dwords and returns its offset. The first dword is its id, the link to the next, and `control` in
   * 31:16, of which software may write `writable`; `written` is called after each write to the function's configuration space.
   */
  addCapability(
    id: number,
    dwords: number,
    control: number,
    writable = 0,
    written = () => {},
  ): number {
    const at = this.#nextCapability;
    const link = this.read(this.#lastPointer & ~3, DWORD);
    this.set(this.#lastPointer & ~3, link | (at << ((this.#lastPointer & 3) * 8)));
    this.set(at, id | (control << 16));
    this.allow(at, writable << 16);
    this.set(PCI_COMMAND, this.read(PCI_COMMAND, DWORD) | STATUS_CAPABILITIES);
    this.#lastPointer = at + 1;
    this.#nextCapability = at + dwords * DWORD;
    this.#afterWrite.push(written);
    return at;
  }

  override write(register: number, size: number, value: number): void {
    super.write(register, size, value);
    this.#drive();
    for (const written of this.#afterWrite) written();
  }

  /** The registers that answer at an address of I/O or memory, if any do. */
  override find(isIo: boolean, address: number): PciWindow | undefined {
    const enabled = this.read(PCI_COMMAND, 2) & (isIo ? COMMAND_IO : COMMAND_MEMORY);
    if (!enabled) return undefined;
    for (const [index, bar] of this.#bars) {
      if ((bar.kind === "io") !== isIo) continue;
      const first = this.#base(index, bar);
      if (address >= first && address < first + bar.size)
        return { first, last: first + bar.size - 1, registers: bar.registers };
    }
    return undefined;
  }

  /** Drives INTx, as far as software lets it. */
  interrupt(level: boolean): void {
    const status = this.read(PCI_COMMAND, DWORD) & ~STATUS_INTERRUPT;
    this.set(PCI_COMMAND, status | (level ? STATUS_INTERRUPT : 0));
    this.#drive();
  }

  #drive(): void {
    const status = this.read(PCI_COMMAND, DWORD);
    this.#line((status & STATUS_INTERRUPT) !== 0 && (status & COMMAND_NO_INTX) === 0);
  }

  #base(index: number, { kind }: Bar): number {
    const register = PCI_BAR + index * DWORD;
    const low = this.read(register, DWORD);
    if (kind === "io") return (low & ~BAR_IO_FLAGS) >>> 0;
    const high = kind === "memory64" ? this.read(register + DWORD, DWORD) : 0;
    return ((low & ~BAR_MEMORY_FLAGS) >>> 0) + high * TWO_32;
  }
}
