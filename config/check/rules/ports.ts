// I/O ports of x86: ranges that exist, that somebody has to give, and that nobody else has.

import { BACK_DOORS, backDoorAt } from "../../back-doors.ts";
import { BUS_MASTER_PORTS, isTrusted } from "../../bus-masters.ts";
import type { PortRange } from "../../types.ts";
import { isDebugConsole } from "../debug-console.ts";
import { family, type Report } from "../finding.ts";
import { add, remove, setTo } from "../fix.ts";
import { clashes, hex, MAX_CLASHES } from "../ranges.ts";
import { type ConfigSet, type Part, pairs } from "../set.ts";
import { UARTS } from "./lines.ts";

const RULES = {
  "port-end": ["error", "A port range goes beyond the last port"],
  "port-empty": ["warning", "A port range is empty"],
  "port-inside": ["warning", "A cell lists a port twice"],
  "port-twice": ["warning", "Two cells have the same port"],
  "port-many": ["warning", "More port ranges overlap than are told one by one"],
  "port-foreign": ["warning", "A cell has ports that the system does not list"],
  "port-reset": ["warning", "A cell can reset the machine"],
  "port-backdoor": ["warning", "A cell can talk to the hypervisor below"],
  "port-dma": ["error", "A cell has a DMA controller, which reaches all memory"],
  "port-dma-trusted": ["note", "A cell is trusted with a DMA controller, which reaches all memory"],
  "port-legacy": ["warning", "The root cell lacks a device that its system uses"],
} as const;
type Tell = Report<keyof typeof RULES>;

const PORTS = 0x10000;
/** Nobody but the machine can say which of the two is wrong. */
const FOREIGN =
  "Where the machine has a device there, list it in the root cell too; else leave it out here.";
const OWN_LINE =
  "The hypervisor prints there, and the root cell leaves the line to it: give the cell another serial port.";

interface Named {
  readonly base: number;
  readonly length: number;
  readonly name: string;
}

/** Ports whose owner can reset or switch off the machine, or let its firmware do so. */
const DANGEROUS: readonly Named[] = [
  { base: 0x92, length: 1, name: "system control port A" },
  { base: 0xb2, length: 2, name: "the firmware's command port (SMI)" },
  { base: 0xcf9, length: 1, name: "the chipset's reset control" },
];
/** Ports of the hypervisor below, if there is one: what a cell says there concerns the whole machine. */
const BACK_DOOR_ADVICE = "Leave it to the root cell: it commands the whole machine.";
/** What any PC's system uses all the time. */
const NEEDED: readonly Named[] = [
  { base: 0x40, length: 4, name: "the timer (PIT)" },
  { base: 0x61, length: 1, name: "system control port B" },
  { base: 0x70, length: 2, name: "the clock (RTC)" },
];

const asRange = ({ base, length }: PortRange) => ({ start: BigInt(base), size: BigInt(length) });
const end = ({ base, length }: PortRange): number => base + length;
/** A range, and whose it is where that is no device. */
function shown(range: PortRange): string {
  const ports =
    range.length === 1 ? hex(range.base) : `${hex(range.base)} to ${hex(end(range) - 1)}`;
  const door = backDoorAt(range);
  return door ? `${ports} (${door.name})` : ports;
}
const common = (a: PortRange, b: PortRange): PortRange | undefined => {
  const base = Math.max(a.base, b.base);
  const length = Math.min(end(a), end(b)) - base;
  return length > 0 ? { base, length } : undefined;
};

/** Whether it is a serial port of every PC: then it is the system that has forgotten it. */
const isUart = ({ base, length }: PortRange): boolean =>
  UARTS.some((uart) => uart.base === base && uart.length === length);

/** The ports of a range that none of the others has. */
function missing(range: PortRange, others: readonly PortRange[]): PortRange[] {
  let rest: PortRange[] = [range];
  for (const other of others)
    rest = rest.flatMap((piece) => {
      const both = common(piece, other);
      if (!both) return [piece];
      return [
        { base: piece.base, length: both.base - piece.base },
        { base: end(both), length: end(piece) - end(both) },
      ].filter(({ length }) => length > 0);
    });
  return rest;
}

/** Says so when the pairs are not all that there are. */
function checkNumber(part: Part, found: readonly unknown[], tell: Tell) {
  if (found.length < MAX_CLASHES) return;
  tell(
    "port-many",
    part.at("ports"),
    `ports of ${part.label} are listed so often that only the first ${MAX_CLASHES} pairs of ranges were looked at`,
    { advice: "The file seems to be damaged: make it anew." },
  );
}

function checkPart(part: Part, tell: Tell) {
  part.cell.ports.forEach((range, index) => {
    const place = part.at(`ports[${index}]`);
    if (end(range) > PORTS)
      tell(
        "port-end",
        part.at(`ports[${index}].length`),
        `${range.length} ports from ${hex(range.base)} end at ${hex(end(range) - 1)}, but the last port is 0xffff`,
        {
          fix: [setTo(part.at(`ports[${index}].length`), PORTS - range.base)],
        },
      );
    if (range.length === 0)
      tell("port-empty", place, `no port from ${hex(range.base)}`, { fix: [remove(place)] });
  });
  const inside = clashes([...part.cell.ports.entries()], ([, range]) => asRange(range));
  checkNumber(part, inside, tell);
  for (const [[i, a], [j, b]] of inside) {
    const both = common(a, b) as PortRange;
    const place = part.at(`ports[${j}]`);
    const rest = missing(b, [a]);
    const only = rest.length === 1 && end(rest[0]!) <= PORTS ? rest[0] : undefined;
    // A range that is wholly inside of a later one says nothing.
    const isWithin = missing(a, [b]).length === 0;
    tell("port-inside", place, `${shown(both)} is in ports[${i}] too`, {
      related: [part.at(`ports[${i}]`)],
      fix:
        rest.length === 0
          ? [remove(place)]
          : isWithin
            ? [remove(part.at(`ports[${i}]`))]
            : only
              ? [setTo(place, only)]
              : [],
    });
  }
}

function checkCells({ cells }: ConfigSet, tell: Tell) {
  for (const [first, second] of pairs(cells)) {
    const all = [first, second].flatMap((part) =>
      part.cell.ports.map((range, index) => ({ part, range, place: part.at(`ports[${index}]`) })),
    );
    const twice = clashes(
      all,
      ({ range }) => asRange(range),
      (a, b) => a.part !== b.part,
    );
    checkNumber(second, twice, tell);
    for (const [a, b] of twice) {
      const both = common(a.range, b.range) as PortRange;
      tell(
        "port-twice",
        b.place,
        `${shown(both)} is in ${first.label} too: both can drive the device at once`,
        { related: [a.place], advice: "Leave the ports to one of the cells." },
      );
    }
  }
}

function checkHome(set: ConfigSet, part: Part, tell: Tell) {
  const { root } = set;
  part.cell.ports.forEach((range, index) => {
    const place = part.at(`ports[${index}]`);
    const foreign = range.length > 0 && end(range) <= PORTS ? missing(range, root.cell.ports) : [];
    const [first] = foreign;
    if (first) {
      const kept = { base: range.base, length: first.base - range.base };
      const isOwnLine = isDebugConsole(set.system, range);
      tell(
        "port-foreign",
        place,
        `${foreign.map(shown).join(", ")} is not in the root cell's list: the system knows no device there`,
        {
          fix: isOwnLine
            ? []
            : isUart(range)
              ? [add(root.at("ports"), { base: range.base, length: range.length })]
              : kept.length > 0
                ? [setTo(place, kept)]
                : [],
          related: [root.at("ports")],
          advice: isOwnLine ? OWN_LINE : FOREIGN,
        },
      );
    }
    const door = BACK_DOORS.find((one) => common(range, one));
    if (door)
      tell("port-backdoor", place, `${shown(range)} is no device of the machine`, {
        fix: missing(range, [door]).length === 0 ? [remove(place)] : [],
        advice: BACK_DOOR_ADVICE,
      });
    for (const danger of DANGEROUS)
      if (common(range, danger))
        tell("port-reset", place, `${shown(range)} has ${hex(danger.base)}, ${danger.name}`, {
          fix: missing(range, [danger]).length === 0 ? [remove(place)] : [],
          advice: "Leave that port out.",
        });
  });
}

/** Devices that read and write memory on command: no IOMMU would keep them from it. */
function checkDma(part: Part, tell: Tell) {
  part.cell.ports.forEach((range, index) => {
    const masters = BUS_MASTER_PORTS.filter((master) => common(range, master));
    const [first] = masters;
    if (!first) return;
    const place = part.at(`ports[${index}]`);
    const names = [...new Set(masters.map(({ name }) => name))].join(", ");
    const what = `${shown(range)} has ${names}: it reads and writes what it is told, wherever it is told, in other cells and the hypervisor too`;
    if (isTrusted(part.cell)) {
      tell("port-dma-trusted", place, what);
      return;
    }
    const [kept, ...others] = missing(range, masters);
    tell("port-dma", place, what, {
      fix: others.length > 0 ? [] : kept ? [setTo(place, kept)] : [remove(place)],
      advice: `Leave those ports to the root cell; the flag unguarded-dma trusts ${part.label} with them, and with all memory.`,
    });
  });
}

function checkNeeded({ root }: ConfigSet, tell: Tell) {
  for (const device of NEEDED) {
    const lacking = missing(device, root.cell.ports);
    if (lacking.length === 0) continue;
    tell(
      "port-legacy",
      root.at("ports"),
      `${lacking.map(shown).join(", ")} is missing, ${device.name}: the root cell's system would be stopped at its first access`,
      {
        fix: [
          { op: "add", at: root.at("ports"), value: { base: device.base, length: device.length } },
        ],
      },
    );
  }
}

export const ports = family(RULES, (set, tell) => {
  // Other architectures have no ports: what is listed there means nothing.
  if (set.system.architecture !== "x86") return;
  for (const part of set.parts) checkPart(part, tell);
  for (const part of set.cells) {
    checkHome(set, part, tell);
    checkDma(part, tell);
  }
  checkCells(set, tell);
  checkNeeded(set, tell);
});
