// What nearly every configuration repeats, under a name: RAM of a cell, its communication region, UARTs, IOAPIC pins.
import type {
  Address,
  ConsoleDefinition,
  DeviceDefinition,
  IrqchipDefinition,
  MemoryDefinition,
} from "./definition.ts";
import { MiB } from "./units.ts";

/** Bytes of the communication region. */
const COMM_REGION_SIZE = 0x1000;
/** Where the demos, and inmates made with their library, expect the communication region. */
const COMM_REGION_ADDRESS = 0x100000;
/** The first IOAPIC of a PC, and the number of its pins. */
const IOAPIC_ADDRESS = 0xfec00000;
const IOAPIC_PINS = 24;
/** The function that an IOAPIC sends its messages as, unless the machine's tables say otherwise. */
const IOAPIC_ID = 0xff00;
/** Ports of an 8250. */
const UART_PORTS = 8;
/** The serial ports of a PC: first port, and pin of the IOAPIC. */
const PC_UARTS = {
  COM1: { port: 0x3f8, pin: 4 },
  COM2: { port: 0x2f8, pin: 3 },
  COM3: { port: 0x3e8, pin: 4 },
  COM4: { port: 0x2e8, pin: 3 },
} as const;

/** A range of physical memory. */
export interface Range {
  /** Physical start. */
  readonly physical: Address;
  /** Where the cell sees it; default: at its physical address. */
  readonly virtual?: Address;
  /** Bytes. */
  readonly size: Address;
}

/** RAM that images are loaded to. */
export interface LowRamOptions {
  /** Physical start. */
  readonly physical: Address;
  /** Bytes; default 1 MiB. */
  readonly size?: Address;
  /** Where the cell sees it; default 0. */
  readonly virtual?: Address;
  /** The cell's devices may reach it; default false. */
  readonly dma?: boolean;
}

/** RAM of a cell that images are loaded to, from guest address 0 on unless told otherwise; 1 MiB by default. */
export function lowRam(options: LowRamOptions): MemoryDefinition {
  const { physical, size = MiB(1), virtual = 0, dma = false } = options;
  const flags = [
    "read",
    "write",
    "execute",
    ...(dma ? (["dma"] as const) : []),
    "loadable",
  ] as const;
  return { physical, virtual, size, flags };
}

/** The page through which hypervisor and cell talk, at this guest address. */
export function commRegion(virtual: Address = COMM_REGION_ADDRESS): MemoryDefinition {
  return { virtual, size: COMM_REGION_SIZE, flags: ["read", "write", "comm-region"] };
}

/** RAM of the root cell: it may do everything there, and its devices too. */
export function ram(range: Range): MemoryDefinition {
  return { ...range, flags: ["read", "write", "execute", "dma"] };
}

/** RAM that the root cell keeps, and can load, while the cell has it too. */
export function sharedRam(range: Range): MemoryDefinition {
  return { ...range, flags: ["read", "write", "loadable", "root-shared"] };
}

/** Registers of a device. */
export function mmio(range: Range): MemoryDefinition {
  return { ...range, flags: ["read", "write"] };
}

/** An entry of the memory list that stands for nothing: shared memory devices count those too. */
export function placeholder(): MemoryDefinition {
  return { physical: 0, size: 0, flags: [] };
}

/** Pins of a PC's IOAPIC; all of them by default. */
export function ioapic(
  pins: readonly number[] = Array.from({ length: IOAPIC_PINS }, (_, pin) => pin),
  { address = IOAPIC_ADDRESS as Address, id = IOAPIC_ID } = {},
): IrqchipDefinition {
  return { address, id, pins };
}

/** A UART at ports or, with a size, in memory. */
export interface UartOptions {
  /** Name of the device. */
  readonly name: string;
  /** First port. */
  readonly port?: number;
  /** Physical address, for one in memory. */
  readonly address?: Address;
  /** Bytes of registers in memory. */
  readonly size?: number;
  /** Default `8250`. */
  readonly type?: ConsoleDefinition["type"];
  /** More flags of the console. */
  readonly flags?: Extract<ConsoleDefinition["flags"], readonly unknown[]>;
  /** Divider of the baud rate clock; default 0: it is set up already. */
  readonly divider?: number;
}

/**
 * A UART as a device: its ports or registers, and the console that it can be. One of a PC goes by its name; with `pin`, its
 * interrupt belongs to the cell too.
 */
export function uart(
  which: keyof typeof PC_UARTS | UartOptions,
  { pin = false }: { readonly pin?: boolean } = {},
): DeviceDefinition & { readonly console: ConsoleDefinition } {
  if (typeof which === "string") {
    const known = PC_UARTS[which];
    const device = uart({ name: which, port: known.port });
    return pin ? { ...device, irqchips: [ioapic([known.pin])] } : device;
  }
  const { name, port, address = 0, size = 0, type = "8250", flags = [], divider = 0 } = which;
  const common = { type, divider };
  if (port !== undefined)
    return {
      name,
      ports: [{ base: port, length: UART_PORTS }],
      console: { ...common, address: port, flags },
    };
  return {
    name,
    memory: [{ physical: address, size, flags: ["read", "write", "io"] }],
    console: { ...common, address, size, flags: ["mmio", ...flags] },
  };
}
