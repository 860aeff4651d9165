// System management BIOS tables (DMTF DSP0134, version 3.6): what the machine is called and made of.
import { characters, checksum, dword, qword, word, zeros } from "./bytes.ts";

/** What the tables depend on. */
export interface SmbiosOptions {
  readonly cpus: number;
  /** Bytes of RAM. */
  readonly memory: number;
  readonly vendor: "amd" | "intel";
}

const MAKER = "jailhouse-ts";
const VERSION = "1";
const NONE = 0;
const KIB = 0x400;
const MIB = 0x100000;
const ENTRY_LENGTH = 24;
const ENTRY_CHECKSUM = 5;
const ALIGNMENT = 16;
const NO_ERROR_HANDLE = 0xfffe;
const UNKNOWN = 2;
const STATE_SAFE = 3;

/** Handles of the structures: memory array and memory device are referred to. */
const HANDLE_ARRAY = 0x1000;
const HANDLES = { firmware: 0, system: 0x100, chassis: 0x300, array: HANDLE_ARRAY, device: 0x1100 };
const HANDLE_MAPPED = 0x1300;
const HANDLE_PROCESSOR = 0x400;
const HANDLE_END = 0x7f00;

/** A structure: header, formatted area, strings (numbered from 1), two zeros at the end. */
function structure(
  type: number,
  handle: number,
  area: readonly number[],
  ...texts: readonly string[]
): number[] {
  const strings = texts.flatMap((text) => [...characters(text), 0]);
  const end = texts.length === 0 ? [0, 0] : [0];
  return [type, area.length + 4, ...word(handle), ...area, ...strings, ...end];
}

/** Type 0. Characteristics: not supported to be described; extended: ACPI; this is a virtual machine. */
function firmware(): number[] {
  const [vendor, version, date] = [1, 2, 3];
  const segment = 0xe000;
  const characteristics = 0x8;
  const acpi = 0x1;
  const virtual = 0x10;
  return structure(
    0,
    HANDLES.firmware,
    [
      ...[vendor, version, ...word(segment), date, 1, ...qword(characteristics)],
      ...[acpi, virtual, 0, 0, 0xff, 0xff, ...word(0)],
    ],
    MAKER,
    VERSION,
    "11/22/2015",
  );
}

/** Type 1. No UUID is set. */
function system(): number[] {
  const powerSwitch = 6;
  const area = [1, 2, 3, NONE, ...zeros(16), powerSwitch, NONE, NONE];
  return structure(1, HANDLES.system, area, MAKER, "Emulated PC", VERSION);
}

/** Type 3. */
function chassis(): number[] {
  const other = 1;
  const area = [
    ...[1, other, NONE, NONE, NONE, STATE_SAFE, STATE_SAFE, STATE_SAFE, UNKNOWN],
    ...[...dword(0), 0, 1, 0, 0, NONE],
  ];
  return structure(3, HANDLES.chassis, area, MAKER);
}

/** Type 4, one for each CPU: populated and enabled, one core, one thread, 64 bits, execute protection. */
function processor(index: number, { vendor }: SmbiosOptions): number[] {
  const central = 3;
  const otherFamily = 1;
  const enabled = 0x41;
  const mhz = 1000;
  const noCache = 0xffff;
  const characteristics = 0x4 | 0x20;
  const id = zeros(8);
  const area = [
    ...[1, central, otherFamily, 2, ...id, 3, 0x80, ...word(0)],
    ...[...word(mhz), ...word(mhz), enabled, 1],
    ...[...word(noCache), ...word(noCache), ...word(noCache), NONE, NONE, NONE],
    ...[
      1,
      1,
      1,
      ...word(characteristics),
      ...word(otherFamily),
      ...word(1),
      ...word(1),
      ...word(1),
    ],
  ];
  const maker = vendor === "amd" ? "AuthenticAMD" : "GenuineIntel";
  return structure(4, HANDLE_PROCESSOR + index, area, `CPU ${index}`, maker, "emulated");
}

/** Type 16. */
function memoryArray({ memory }: SmbiosOptions): number[] {
  const mainBoard = 3;
  const systemMemory = 3;
  const noCorrection = 3;
  const area = [
    ...[mainBoard, systemMemory, noCorrection, ...dword(memory / KIB)],
    ...[...word(NO_ERROR_HANDLE), ...word(1), ...qword(0)],
  ];
  return structure(16, HANDLES.array, area);
}

/** Type 17, as far as version 2.8. */
function memoryDevice({ memory }: SmbiosOptions): number[] {
  const width = 64;
  const dimm = 9;
  const ram = 7;
  const other = 2;
  const area = [
    ...[...word(HANDLE_ARRAY), ...word(NO_ERROR_HANDLE), ...word(width), ...word(width)],
    ...[...word(memory / MIB), dimm, 0, 1, NONE, ram, ...word(other), ...word(0)],
    ...[2, NONE, NONE, NONE, 0, ...dword(0), ...word(0), ...zeros(6)],
  ];
  return structure(17, HANDLES.device, area, "DIMM 0", MAKER);
}

/** Type 19. */
function mappedMemory({ memory }: SmbiosOptions): number[] {
  const area = [
    ...[...dword(0), ...dword(memory / KIB - 1), ...word(HANDLE_ARRAY), 1, ...zeros(16)],
  ];
  return structure(19, HANDLE_MAPPED, area);
}

/** The entry point at `base` (a multiple of 16 from 0xf0000 to 0xffff0) and the structures after it. */
export function smbiosTables(options: SmbiosOptions, base: number): number[] {
  const structures = [
    ...firmware(),
    ...system(),
    ...chassis(),
    ...Array.from({ length: options.cpus }, (_, index) => processor(index, options)).flat(),
    ...memoryArray(options),
    ...memoryDevice(options),
    ...mappedMemory(options),
    ...structure(127, HANDLE_END, []),
  ];
  const first = base + Math.ceil(ENTRY_LENGTH / ALIGNMENT) * ALIGNMENT;
  const [major, minor, revision] = [3, 6, 0];
  const entry = [
    ...[...characters("_SM3_"), 0, ENTRY_LENGTH, major, minor, revision, 1, 0],
    ...[...dword(structures.length), ...qword(first)],
  ];
  entry[ENTRY_CHECKSUM] = checksum(entry);
  return [...entry, ...zeros(first - base - ENTRY_LENGTH), ...structures];
}
