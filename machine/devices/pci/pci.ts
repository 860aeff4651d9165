// PCI configuration space (PCI Local Bus Specification 3.0, chapter 6): functions, configuration mechanism 1 and ECAM
// (PCI Express Base Specification, section 7.2.2). Functions that do not exist read as all ones.
import { Device, type Registers } from "../device.ts";

/** Bytes of the configuration space of a function. */
export const CONFIG_SIZE = 4096;
const DWORD = 4;
const BYTE = 8;
const ADDRESS_ENABLE = 0x80000000;
const ADDRESS_MASK = 0x80fffffc;
const BDF_SHIFT = 8;
const BDF_MASK = 0xffff;
const REGISTER_MASK = 0xfc;
const ECAM_BDF_SHIFT = 12;

/** What a function is, for its header (type 0 or 1, sections 6.1 and 6.2). */
export interface FunctionIdentity {
  vendor: number;
  device: number;
  /** Class, sub-class and interface, 24 bits. */
  classCode: number;
  revision?: number;
  headerType?: number;
  subsystemVendor?: number;
  subsystem?: number;
}

/** Standard header offsets. */
export const PCI_VENDOR = 0x00;
/** Device id. */
export const PCI_DEVICE = 0x02;
/** Command. */
export const PCI_COMMAND = 0x04;
/** Revision; class code follows. */
export const PCI_REVISION = 0x08;
/** Header type. */
export const PCI_HEADER_TYPE = 0x0e;
/** Subsystem vendor id. */
export const PCI_SUBSYSTEM_VENDOR = 0x2c;
/** Subsystem id. */
export const PCI_SUBSYSTEM = 0x2e;
/** Interrupt line, scratch for software. */
export const PCI_INTERRUPT_LINE = 0x3c;
/** Command: I/O, memory, bus master, parity, SERR, interrupt disable. */
const COMMAND_WRITABLE = 0x0547;

/** Registers of a function where software has put them. */
export interface PciWindow {
  readonly first: number;
  readonly last: number;
  readonly registers: Registers;
}

interface State {
  /** Configuration space as dwords. */
  space: number[];
}

/** The configuration space of one function. Software writes only the bits of its write mask. */
export class PciFunction extends Device<State> {
  readonly #writable: Uint32Array = new Uint32Array(CONFIG_SIZE / DWORD);

  constructor(identity: FunctionIdentity) {
    super("pci-function", 1, { space: new Array<number>(CONFIG_SIZE / DWORD).fill(0) });
    this.set(PCI_VENDOR, (identity.vendor | (identity.device << 16)) >>> 0);
    this.set(PCI_REVISION, ((identity.classCode << BYTE) | (identity.revision ?? 0)) >>> 0);
    this.set(PCI_HEADER_TYPE & ~3, (identity.headerType ?? 0) << 16);
    const subsystem = (identity.subsystem ?? 0) << 16;
    this.set(PCI_SUBSYSTEM_VENDOR, (subsystem | (identity.subsystemVendor ?? 0)) >>> 0);
    this.allow(PCI_COMMAND, COMMAND_WRITABLE);
    this.allow(PCI_INTERRUPT_LINE, 0xff);
  }

  /** Sets the dword at `register`, whatever software may write. */
  set(register: number, value: number): void {
    this.state.space[register / DWORD] = value >>> 0;
  }

  /** Lets software write the bits of `mask` in the dword at `register`. */
  allow(register: number, mask: number): void {
    this.#writable[register / DWORD] = mask;
  }

  /** The registers that answer at an address of I/O or memory, if any do: none in a function that has only configuration space. */
  find(_isIo: boolean, _address: number): PciWindow | undefined {
    return undefined;
  }

  /** Reads 1, 2 or 4 bytes within a dword. */
  read(register: number, size: number): number {
    const value = this.state.space[register >> 2]! >>> ((register & 3) * BYTE);
    return size === DWORD ? value : value & ((1 << (size * BYTE)) - 1);
  }

  /** All of the configuration space, as software reads it. */
  bytes(): Uint8Array {
    const view = new DataView(new ArrayBuffer(CONFIG_SIZE));
    for (const [index, value] of this.state.space.entries())
      view.setUint32(index * DWORD, value, true);
    return new Uint8Array(view.buffer);
  }

  /** Writes 1, 2 or 4 bytes within a dword. */
  write(register: number, size: number, value: number): void {
    const shift = (register & 3) * BYTE;
    const lanes = size === DWORD ? 0xffffffff : ((1 << (size * BYTE)) - 1) << shift;
    const mask = lanes & this.#writable[register >> 2]!;
    const before = this.state.space[register >> 2]!;
    this.state.space[register >> 2] = ((before & ~mask) | ((value << shift) & mask)) >>> 0;
  }
}

/** All functions of the segment, by bus << 8 | device << 3 | function. */
export class PciBus {
  readonly #functions = new Map<number, PciFunction>();

  add(bdf: number, device: PciFunction): void {
    this.#functions.set(bdf, device);
  }

  /** The functions in the order of their numbers. */
  get functions(): [number, PciFunction][] {
    return [...this.#functions].sort(([a], [b]) => a - b);
  }

  /** The registers that a function has at an address of I/O or memory. */
  find(isIo: boolean, address: number): PciWindow | undefined {
    for (const device of this.#functions.values()) {
      const window = device.find(isIo, address);
      if (window) return window;
    }
    return undefined;
  }

  /** Reads configuration space; an access may not cross a dword (reads all ones then). */
  read(bdf: number, register: number, size: number): number {
    const target = this.#functions.get(bdf);
    if (!target || (register & 3) + size > DWORD) return 0xffffffff;
    return target.read(register, size);
  }

  /** Writes configuration space. */
  write(bdf: number, register: number, size: number, value: number): void {
    if ((register & 3) + size <= DWORD) this.#functions.get(bdf)?.write(register, size, value);
  }
}

interface AddressState {
  address: number;
}

/** Configuration mechanism 1: eight ports, address (dword accesses only) and data. */
export class ConfigMechanism extends Device<AddressState> implements Registers {
  readonly #bus: PciBus;

  constructor(bus: PciBus) {
    super("pci-config", 1, { address: 0 });
    this.#bus = bus;
  }

  read(offset: number, size: number): number {
    if (offset < DWORD) return offset === 0 && size === DWORD ? this.state.address : 0xffffffff;
    if (!(this.state.address & ADDRESS_ENABLE)) return 0xffffffff;
    return this.#bus.read(this.#bdf, this.#register(offset), size);
  }

  write(offset: number, size: number, value: number): void {
    if (offset < DWORD) {
      if (offset === 0 && size === DWORD) this.state.address = (value & ADDRESS_MASK) >>> 0;
    } else if (this.state.address & ADDRESS_ENABLE) {
      this.#bus.write(this.#bdf, this.#register(offset), size, value);
    }
  }

  get #bdf(): number {
    return (this.state.address >>> BDF_SHIFT) & BDF_MASK;
  }

  #register(offset: number): number {
    return (this.state.address & REGISTER_MASK) + (offset & 3);
  }
}

/** ECAM: the configuration space of function `bdf` at offset bdf << 12. */
export class Ecam implements Registers {
  readonly #bus: PciBus;

  constructor(bus: PciBus) {
    this.#bus = bus;
  }

  read(offset: number, size: number): number {
    return this.#bus.read(offset >>> ECAM_BDF_SHIFT, offset & (CONFIG_SIZE - 1), size);
  }

  write(offset: number, size: number, value: number): void {
    this.#bus.write(offset >>> ECAM_BDF_SHIFT, offset & (CONFIG_SIZE - 1), size, value);
  }
}
