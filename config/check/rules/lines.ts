// Devices of a PC by their ports and their interrupt: a cell that has the one and not the other cannot use the device.

import type { Irqchip, PortRange } from "../../types.ts";
import { isDebugConsole } from "../debug-console.ts";
import { type Edit, family, type Report } from "../finding.ts";
import { add, setTo } from "../fix.ts";
import { hex } from "../ranges.ts";
import type { ConfigSet, Part } from "../set.ts";

const RULES = {
  "uart-partial": ["warning", "A cell has some of a serial port's registers"],
  "pin-alone": ["warning", "A cell has a device's interrupt, but not the device"],
  "pin-uart": ["warning", "A cell gets the interrupts of some of its serial ports only"],
  "pin-acpi": ["warning", "A cell has ACPI's events, but not their interrupt"],
} as const;
type Tell = Report<keyof typeof RULES>;

interface Known {
  readonly name: string;
  readonly base: number;
  readonly length: number;
  readonly pin: number;
}

/** Serial ports of a PC: their registers and the pins of the first I/O APIC. */
export const UARTS: readonly Known[] = [
  { name: "COM1", base: 0x3f8, length: 8, pin: 4 },
  { name: "COM2", base: 0x2f8, length: 8, pin: 3 },
  { name: "COM3", base: 0x3e8, length: 8, pin: 4 },
  { name: "COM4", base: 0x2e8, length: 8, pin: 3 },
];
const OTHERS: readonly Known[] = [
  { name: "the keyboard", base: 0x60, length: 1, pin: 1 },
  { name: "the clock (RTC)", base: 0x70, length: 2, pin: 8 },
  { name: "the mouse", base: 0x60, length: 1, pin: 12 },
];
const ACPI_PIN = 9;
/** ACPI's status and enable registers, and how far before the PM timer they begin on a PC. */
const ACPI_EVENTS = { length: 4, beforeTimer: 8 };
const FIRST_CHIP = 0xfec00000n;

/** How many of a device's ports the cell has. */
const granted = (part: Part, { base, length }: PortRange): number =>
  Array.from({ length }, (_, offset) => base + offset).filter((port) =>
    part.cell.ports.some((range) => range.base <= port && port < range.base + range.length),
  ).length;

const hasPin = ({ pinBitmap }: Irqchip, pin: number): boolean =>
  (((pinBitmap[0] ?? 0) >>> pin) & 1) !== 0;

function checkUarts(set: ConfigSet, part: Part, tell: Tell) {
  for (const { name, base, length } of UARTS) {
    const count = granted(part, { base, length });
    if (count === 0 || count === length) continue;
    const index = part.cell.ports.findIndex(
      (range) => range.base < base + length && base < range.base + range.length,
    );
    const isOwn = part.cell.ports[index]!.length <= length;
    tell(
      "uart-partial",
      part.at(`ports[${index}]`),
      `it has ${count} of the ${length} ports of ${name}, ${hex(base)} to ${hex(base + length - 1)}`,
      {
        fix:
          isOwn && !isDebugConsole(set.system, { base, length })
            ? [setTo(part.at(`ports[${index}]`), { base, length })]
            : [],
        advice: "Give the whole serial port, or leave it out.",
      },
    );
  }
}

/** The bitmap with or without a pin. */
const withPin = (chip: Irqchip, pin: number): number[] =>
  chip.pinBitmap.map((word, index) => (index === 0 ? (word | (1 << pin)) >>> 0 : word));

function checkPins(set: ConfigSet, part: Part, index: number, tell: Tell) {
  const chip = part.cell.irqchips[index]!;
  const place = part.at(`irqchips[${index}].pinBitmap`);
  const acpi = acpiEvents(set);
  const known = [...UARTS, ...OTHERS, ...(acpi ? [acpi] : [])];
  for (const pin of new Set(known.map((device) => device.pin))) {
    const devices = known.filter((device) => device.pin === pin);
    if (!hasPin(chip, pin) || devices.some((device) => granted(part, device) > 0)) continue;
    const [first] = devices as [Known];
    const isFree = set.cells.every((other) => other === part || granted(other, first) === 0);
    const fix: Edit[] =
      isFree && !isDebugConsole(set.system, first) && granted(set.root, first) === first.length
        ? [add(part.at("ports"), { base: first.base, length: first.length })]
        : [];
    tell(
      "pin-alone",
      place,
      `pin ${pin} is that of ${devices.map(({ name }) => name).join(" and ")}, but ${part.label} has none of the ports ${hex(first.base)} to ${hex(first.base + first.length - 1)}`,
      {
        related: [part.at("ports")],
        fix,
        advice: "Add the device's ports, or leave the pin out: nobody could answer the interrupt.",
      },
    );
  }
  const uarts = UARTS.filter((uart) => granted(part, uart) > 0);
  if (uarts.some(({ pin }) => hasPin(chip, pin)))
    for (const { name, pin } of uarts.filter((uart) => !hasPin(chip, uart.pin)))
      tell(
        "pin-uart",
        place,
        `pin ${pin}, the interrupt of ${name}, is not listed, but that of another serial port of the cell is`,
        { related: [part.at("ports")], fix: [setTo(place, withPin(chip, pin))] },
      );
}

function acpiEvents({ system }: ConfigSet): Known | undefined {
  const timer = system.x86?.pmTimerAddress ?? 0;
  const base = timer - ACPI_EVENTS.beforeTimer;
  if (base <= 0) return undefined;
  return { name: "ACPI's events", base, length: ACPI_EVENTS.length, pin: ACPI_PIN };
}

function checkAcpi(set: ConfigSet, part: Part, tell: Tell) {
  const events = acpiEvents(set);
  if (!events || granted(part, events) === 0) return;
  const { irqchips, ports } = part.cell;
  if (irqchips.some((chip) => hasPin(chip, ACPI_PIN))) return;
  const at = ports.findIndex(
    ({ base, length }) => base < events.base + events.length && events.base < base + length,
  );
  const index = irqchips.findIndex(({ address }) => address === FIRST_CHIP);
  const home = set.root.cell.irqchips.find(({ address }) => address === FIRST_CHIP);
  const chip = home && { ...home, pinBitmap: [0, 0, 0, 0] };
  tell(
    "pin-acpi",
    part.at(`ports[${at}]`),
    `${hex(events.base)} has ACPI's events, but their interrupt, pin ${ACPI_PIN} of the I/O APIC at ${hex(FIRST_CHIP)}, is not the cell's`,
    {
      related: [part.at(index < 0 ? "irqchips" : `irqchips[${index}].pinBitmap`)],
      fix:
        index >= 0
          ? [setTo(part.at(`irqchips[${index}].pinBitmap`), withPin(irqchips[index]!, ACPI_PIN))]
          : chip
            ? [add(part.at("irqchips"), { ...chip, pinBitmap: withPin(chip, ACPI_PIN) })]
            : [],
    },
  );
}

export const lines = family(RULES, (set, tell) => {
  if (set.system.architecture !== "x86") return;
  for (const part of set.parts) checkUarts(set, part, tell);
  for (const part of set.cells) {
    for (const [index, { address }] of part.cell.irqchips.entries())
      if (address === FIRST_CHIP) checkPins(set, part, index, tell);
    checkAcpi(set, part, tell);
  }
});
