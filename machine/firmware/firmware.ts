// What firmware leaves in memory for an operating system: ACPI and SMBIOS tables, the BIOS data area, and the memory map that says so.
import { MEMORY_MAP, PORT_MAP } from "../board.ts";
import { acpiTables, hasEcam, type PlacedTable } from "./acpi.ts";
import { word } from "./bytes.ts";
import { type SmbiosOptions, smbiosTables } from "./smbios.ts";

/** Type of a range of the memory map (ACPI 6.5, section 15): RAM that may be used. */
export const E820_RAM = 1;
/** Type of a range of the memory map: not for use. */
export const E820_RESERVED = 2;

/** A range of the memory map. */
export interface E820Entry {
  readonly first: number;
  /** Bytes. */
  readonly size: number;
  readonly type: number;
}

/** Bytes for RAM, from an address on. */
export interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** All that a loader puts into RAM, and what it tells a kernel. */
export interface Firmware {
  readonly pieces: readonly Piece[];
  /** Address of the ACPI root pointer. */
  readonly rsdp: number;
  /** Address of the SMBIOS entry point. */
  readonly smbios: number;
  readonly memoryMap: readonly E820Entry[];
}

/** Where ACPI's root pointer is searched for, and the tables lie. */
const ACPI_BASE = 0xe0000;
/** Where SMBIOS' entry point is searched for. */
const SMBIOS_BASE = 0xf0000;
const LOW_END = 0xa0000;
const HIGH_MEMORY = 0x100000;
const BIOS_DATA = 0x400;
const BASE_MEMORY = 0x13;
const KIB = 0x400;

/** BIOS data area: the serial ports, and how much memory there is below 0xa0000. */
function biosData(): number[] {
  const bytes = new Array<number>(BASE_MEMORY + 2).fill(0);
  bytes.splice(0, 4, ...word(PORT_MAP.com1.first), ...word(PORT_MAP.com2.first));
  bytes.splice(BASE_MEMORY, 2, ...word(LOW_END / KIB));
  return bytes;
}

function memoryMap(options: SmbiosOptions): E820Entry[] {
  const { first, size } = MEMORY_MAP.ecam;
  const high = { first: HIGH_MEMORY, size: options.memory - HIGH_MEMORY, type: E820_RAM };
  return [
    { first: 0, size: LOW_END, type: E820_RAM },
    { first: ACPI_BASE, size: HIGH_MEMORY - ACPI_BASE, type: E820_RESERVED },
    ...(high.size > 0 ? [high] : []),
    ...(hasEcam(options) ? [{ first, size, type: E820_RESERVED }] : []),
  ];
}

/** Makes the tables for a machine of these options; all lie below 1 MiB. */
export function firmwareTables(options: SmbiosOptions): Firmware {
  const piece = (address: number, bytes: readonly number[]): Piece => {
    return { address, bytes: Uint8Array.from(bytes) };
  };
  return {
    pieces: [
      piece(BIOS_DATA, biosData()),
      ...acpiTables(options, ACPI_BASE).map((table: PlacedTable) =>
        piece(table.address, table.bytes),
      ),
      piece(SMBIOS_BASE, smbiosTables(options, SMBIOS_BASE)),
    ],
    rsdp: ACPI_BASE,
    smbios: SMBIOS_BASE,
    memoryMap: memoryMap(options),
  };
}
