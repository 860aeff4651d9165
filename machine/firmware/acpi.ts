// The ACPI tables of the machine (ACPI 6.5, chapter 5): what firmware would have left in memory for an operating system.
import { IRQ_MAP, MEMORY_MAP, PORT_MAP } from "../board.ts";
import { HPET_ID } from "../devices/hpet/hpet.ts";
import { PM_TIMER, PM1_CONTROL, PM1_STATUS } from "../devices/pm-timer/pm-timer.ts";
import { RESET_HARD } from "../devices/reset/reset-control.ts";
import { CENTURY } from "../devices/rtc/calendar.ts";
import { characters, checksum, dword, qword, word, zeros } from "./bytes.ts";
import { dsdtTerms } from "./dsdt.ts";

/** What the tables depend on. */
export interface FirmwareOptions {
  readonly cpus: number;
  /** Bytes of RAM. */
  readonly memory: number;
}

/** Whether memory-mapped configuration space is there: RAM may lie where it would be. */
export function hasEcam({ memory }: FirmwareOptions): boolean {
  return memory <= MEMORY_MAP.ecam.first;
}

const MAKER = "JAILTS";
const TABLE_NAME = "JHTSPC";
const CREATOR = "JHTS";
const HEADER = 36;
const CHECKSUM_OFFSET = 9;
const RSDP_FIRST = 20;
const RSDP_LENGTH = 36;
const RSDP_CHECKSUM = 8;
const RSDP_EXTENDED_CHECKSUM = 32;
const FACS_LENGTH = 64;
const ALIGNMENT = 64;

/** A table: the common header (section 5.2.6) and what follows. */
function table(signature: string, revision: number, content: readonly number[]): number[] {
  const bytes = [
    ...characters(signature),
    ...dword(HEADER + content.length),
    revision,
    0,
    ...characters(MAKER),
    ...characters(TABLE_NAME, 8),
    ...dword(1),
    ...characters(CREATOR),
    ...dword(1),
    ...content,
  ];
  bytes[CHECKSUM_OFFSET] = checksum(bytes);
  return bytes;
}

const IN_MEMORY = 0;
const IN_PORTS = 1;

/** A generic address (section 5.2.3.2); `access` is 1 for bytes, 2 for words, 3 for dwords. */
function address(space: number, bits: number, access: number, first: number): number[] {
  return [space, bits, 0, access, ...qword(first)];
}

const NOWHERE = zeros(12);
const DESKTOP = 1;
/** C2 and C3 are not there if they take longer than 100 and 1000 us. */
const NO_C2 = 101;
const NO_C3 = 1001;
/** Boot architecture: serial ports and the like are there; a keyboard controller; no VGA. */
const BOOT_ARCHITECTURE = 0x1 | 0x2 | 0x4;
/** WBINVD works, HLT as C1 on all CPUs, no sleep button, no RTC wake, reset register. */
const FADT_FLAGS = 0x1 | 0x4 | 0x20 | 0x40 | 0x400;
const PM1_EVENT_LENGTH = 4;
const PM1_CONTROL_LENGTH = 2;
const PM_TIMER_LENGTH = 4;
const MINOR_REVISION = 5;
const RESET_PORT = PORT_MAP.reset.first;

/** Fixed ACPI description table (section 5.2.9), revision 6. */
function fadt(facs: number, dsdt: number): number[] {
  const { first } = PORT_MAP.acpi;
  const event = first + PM1_STATUS;
  const control = first + PM1_CONTROL;
  const timer = first + PM_TIMER;
  return table("FACP", 6, [
    ...dword(facs),
    ...dword(dsdt),
    ...[0, DESKTOP, ...word(IRQ_MAP.sci.pin)],
    // No SMI command: ACPI mode is on, and there is no other.
    ...zeros(8),
    ...[event, 0, control, 0, 0, timer, 0, 0].flatMap(dword),
    ...[PM1_EVENT_LENGTH, PM1_CONTROL_LENGTH, 0, PM_TIMER_LENGTH, 0, 0, 0, 0],
    ...[...word(NO_C2), ...word(NO_C3), ...zeros(4)],
    // Duty cycle and alarms that the RTC does not have; the century that it has.
    ...[0, 0, 0, 0, CENTURY],
    ...[...word(BOOT_ARCHITECTURE), 0, ...dword(FADT_FLAGS)],
    ...[...address(IN_PORTS, 8, 1, RESET_PORT), RESET_HARD],
    ...[...word(0), MINOR_REVISION],
    // Only one of the two addresses of the FACS may be there.
    ...[...qword(0), ...qword(dsdt)],
    ...[...address(IN_PORTS, 32, 2, event), ...NOWHERE],
    ...[...address(IN_PORTS, 16, 2, control), ...NOWHERE],
    ...[...NOWHERE, ...address(IN_PORTS, 32, 3, timer)],
    ...[...NOWHERE, ...NOWHERE, ...NOWHERE, ...NOWHERE],
    ...qword(0),
  ]);
}

/** Firmware control structure (section 5.2.10): the global lock, which nobody else takes. */
function facs(): number[] {
  const version = 2;
  return [
    ...[...characters("FACS"), ...dword(FACS_LENGTH), ...zeros(24)],
    ...[version, ...zeros(FACS_LENGTH - 33)],
  ];
}

const ENABLED = 1;
/** Interrupts: active high and edges, as ISA has it; active high and levels. */
const AS_THE_BUS = 0;
const HIGH_LEVEL = 0xd;
const ALL_PROCESSORS = 0xff;
const HAS_8259 = 1;

function sourceOverride(source: number, pin: number, flags: number): number[] {
  return [2, 10, 0, source, ...dword(pin), ...word(flags)];
}

/** Multiple APIC description table (section 5.2.12). */
function madt({ cpus }: FirmwareOptions): number[] {
  const ioapicId = 0;
  const lint = 1;
  const { pit, sci } = IRQ_MAP;
  return table("APIC", 4, [
    ...[...dword(MEMORY_MAP.lapic.first), ...dword(HAS_8259)],
    ...Array.from({ length: cpus }, (_, id) => [0, 8, id, id, ...dword(ENABLED)]).flat(),
    ...[1, 12, ioapicId, 0, ...dword(MEMORY_MAP.ioapic.first), ...dword(0)],
    ...sourceOverride(pit.pic, pit.pin, AS_THE_BUS),
    ...sourceOverride(sci.pic, sci.pin, HIGH_LEVEL),
    ...[4, 6, ALL_PROCESSORS, ...word(AS_THE_BUS), lint],
  ]);
}

/** Memory-mapped configuration space (PCI Firmware Specification 3.3, section 4.1.2). */
function mcfg(): number[] {
  const { first, size } = MEMORY_MAP.ecam;
  const lastBus = size / 0x100000 - 1;
  return table("MCFG", 1, [...[...zeros(8), ...qword(first), ...word(0), 0, lastBus, ...zeros(4)]]);
}

/** HPET description table (IA-PC HPET specification 1.0a, section 3.2.4). */
function hpet(): number[] {
  const minimum = 100;
  return table("HPET", 1, [
    ...dword(HPET_ID),
    ...address(IN_MEMORY, 0, 0, MEMORY_MAP.hpet.first),
    ...[0, ...word(minimum), 0],
  ]);
}

const BAUD_115200 = 7;
const ONE_STOP_BIT = 1;
const TERMINAL_ANSI = 3;
const INTERRUPT_8259 = 1;
const INTERRUPT_IOAPIC = 2;
const NOT_PCI = 0xffff;

/** Serial port console redirection table, revision 2: COM1. */
function spcr(): number[] {
  const { first } = PORT_MAP.com1;
  const { pic, pin } = IRQ_MAP.com1;
  return table("SPCR", 2, [
    ...[0, ...zeros(3), ...address(IN_PORTS, 8, 1, first)],
    ...[INTERRUPT_8259 | INTERRUPT_IOAPIC, pic, ...dword(pin)],
    ...[BAUD_115200, 0, ONE_STOP_BIT, 0, TERMINAL_ANSI, 0],
    ...[...word(NOT_PCI), ...word(NOT_PCI), ...zeros(3), ...dword(0), 0, ...dword(0)],
  ]);
}

function xsdt(entries: readonly number[]): number[] {
  return table("XSDT", 1, entries.flatMap(qword));
}

/** Root system description pointer (section 5.2.5.3), revision 2. */
function rsdp(at: number): number[] {
  const bytes = [
    ...[...characters("RSD PTR "), 0, ...characters(MAKER), 2, ...dword(0)],
    ...[...dword(RSDP_LENGTH), ...qword(at), ...zeros(4)],
  ];
  bytes[RSDP_CHECKSUM] = checksum(bytes.slice(0, RSDP_FIRST));
  bytes[RSDP_EXTENDED_CHECKSUM] = checksum(bytes);
  return bytes;
}

/** A table in memory. */
export interface PlacedTable {
  readonly name: string;
  readonly address: number;
  readonly bytes: readonly number[];
}

/** The tables from `base` (a multiple of 64) on, one after the other; the first is the root pointer. */
export function acpiTables(options: FirmwareOptions, base: number): PlacedTable[] {
  let next = base + ALIGNMENT;
  const place = (name: string, bytes: readonly number[]): PlacedTable => {
    const placed = { name, address: next, bytes };
    next += Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT;
    return placed;
  };
  const hidden = [
    place("FACS", facs()),
    place("DSDT", table("DSDT", 2, dsdtTerms(hasEcam(options)))),
  ];
  const listed = [
    place("FACP", fadt(hidden[0]!.address, hidden[1]!.address)),
    place("APIC", madt(options)),
    place("HPET", hpet()),
    place("SPCR", spcr()),
    ...(hasEcam(options) ? [place("MCFG", mcfg())] : []),
  ];
  const root = place("XSDT", xsdt(listed.map((entry) => entry.address)));
  const pointer = { name: "RSDP", address: base, bytes: rsdp(root.address) };
  return [pointer, ...hidden, ...listed, root];
}
