// Interrupt controllers: which pins a cell has, and that nobody else has them.

import { IOAPIC_UNITS_MAX } from "../../../abi/x86/apic.ts";
import type { Irqchip } from "../../types.ts";
import { family, type Report } from "../finding.ts";
import { remove, setTo } from "../fix.ts";
import { pinsOf } from "../notation.ts";
import { hex, isRam, MAP_LIMIT, overlap, PAGE, physical } from "../ranges.ts";
import { type ConfigSet, type Part, pairs, regionsOf } from "../set.ts";

const RULES = {
  "irqchip-many": ["error", "There are too many I/O APICs"],
  "irqchip-address": ["error", "An I/O APIC is where no device can be"],
  "irqchip-base": ["error", "The first pin of an I/O APIC is not 0"],
  "irqchip-foreign": ["error", "A cell has an I/O APIC that the root cell lacks"],
  "irqchip-twice": ["error", "A cell lists an I/O APIC twice"],
  "irqchip-id": ["warning", "Cells disagree about the id of an I/O APIC"],
  "irqchip-empty": ["warning", "A cell has no pin of an I/O APIC that it lists"],
  "pin-twice": ["error", "Two cells have the same interrupt pin"],
  "pin-foreign": ["warning", "A cell has a pin that the root cell does not list"],
  "irqchip-none": ["warning", "The root cell has no I/O APIC"],
  "irqchip-unusual": ["warning", "The first I/O APIC is at an unusual address"],
  "pin-missing": ["warning", "The root cell lacks interrupt pins"],
  "trap-limit": ["error", "A cell has too many trapped ranges"],
} as const;
type Tell = Report<keyof typeof RULES>;

/** Trapped ranges of a cell: its table has room for more, but devices take some too. */
const MAX_TRAPPED = 96;
/** Where a PC has its first I/O APIC, and a bit for each of its pins. */
const FIRST_CHIP = 0xfec00000n;
const FIRST_PINS = 0xffffff;
const WORDS = [0, 1, 2, 3];

const both = (a: Irqchip, b: Irqchip): Irqchip => ({
  ...a,
  pinBitmap: WORDS.map((word) => ((a.pinBitmap[word] ?? 0) & (b.pinBitmap[word] ?? 0)) >>> 0),
});
const without = (a: Irqchip, b: Irqchip): number[] =>
  WORDS.map((word) => ((a.pinBitmap[word] ?? 0) & ~(b.pinBitmap[word] ?? 0)) >>> 0);
const none = (bitmap: readonly number[]): boolean => bitmap.every((word) => word === 0);
const listed = (pins: readonly number[]): string =>
  `${pins.length === 1 ? "pin" : "pins"} ${pins.join(", ")}`;

function checkRoot({ system, root }: ConfigSet, tell: Tell) {
  const { irqchips } = root.cell;
  // Linux uses all of them: none can be left out.
  if (irqchips.length > IOAPIC_UNITS_MAX)
    tell(
      "irqchip-many",
      root.at(`irqchips[${IOAPIC_UNITS_MAX}]`),
      `${irqchips.length} I/O APICs, but the hypervisor knows ${IOAPIC_UNITS_MAX} at most`,
      { advice: "Look whether the list has one twice: a machine with so many is not known." },
    );
  irqchips.forEach(({ address }, index) => {
    const place = root.at(`irqchips[${index}].address`);
    const page = { start: address, size: PAGE };
    const inRam = regionsOf(root).find(
      (region) => isRam(region) && overlap(physical(region), page),
    );
    const reason =
      address % PAGE !== 0n
        ? "is not a multiple of 0x1000"
        : address > MAP_LIMIT - PAGE
          ? "is beyond all addresses"
          : overlap(page, physical(system.hypervisorMemory))
            ? "is in the hypervisor's memory"
            : inRam && `is in memory[${inRam.index}], which is RAM`;
    if (!reason) return;
    const isFree = irqchips.every((chip, other) => other === index || chip.address !== FIRST_CHIP);
    tell("irqchip-address", place, `its address ${hex(address)} ${reason}`, {
      fix: isFree ? [setTo(place, FIRST_CHIP)] : [],
      advice: `The first I/O APIC of a PC is at ${hex(FIRST_CHIP)}.`,
    });
  });
}

/** The root cell's system runs already and uses what a PC has. */
function checkUsual({ root }: ConfigSet, tell: Tell) {
  const { irqchips } = root.cell;
  const [first] = irqchips;
  if (!first) {
    tell(
      "irqchip-none",
      root.at("irqchips"),
      "no I/O APIC is listed: the root cell's system would be stopped when it uses one",
      { advice: `List it: { address: ${hex(FIRST_CHIP)}, id: 0xff00, pins: [0, 1, …, 23] }.` },
    );
    return;
  }
  if (irqchips.every(({ address }) => address !== FIRST_CHIP))
    tell(
      "irqchip-unusual",
      root.at("irqchips[0].address"),
      `no I/O APIC is at ${hex(FIRST_CHIP)}, where every PC has its first`,
      { fix: [setTo(root.at("irqchips[0].address"), FIRST_CHIP)] },
    );
  const missing = (FIRST_PINS & ~first.pinBitmap[0]!) >>> 0;
  if (missing !== 0)
    tell(
      "pin-missing",
      root.at("irqchips[0].pinBitmap"),
      `${listed(pinsOf({ ...first, pinBase: 0, pinBitmap: [missing, 0, 0, 0] }))} of the first I/O APIC is not listed: the interrupts of the root cell's devices there never come`,
      {
        fix: [
          setTo(
            root.at("irqchips[0].pinBitmap"),
            first.pinBitmap.with(0, (first.pinBitmap[0]! | FIRST_PINS) >>> 0),
          ),
        ],
      },
    );
}

function checkPart({ root }: ConfigSet, part: Part, tell: Tell) {
  part.cell.irqchips.forEach((chip, index) => {
    const place = (field: string) => part.at(`irqchips[${index}]${field}`);
    if (chip.pinBase !== 0)
      tell(
        "irqchip-base",
        place(".pinBase"),
        `its first pin is ${chip.pinBase}: on x86 the bitmap begins with pin 0`,
        {
          fix: [setTo(place(".pinBase"), 0)],
        },
      );
    const first = part.cell.irqchips.findIndex(({ address }) => address === chip.address);
    if (first < index)
      tell(
        "irqchip-twice",
        place(""),
        `irqchips[${first}] is at ${hex(chip.address)} too: one of them gets lost`,
        {
          fix: [
            remove(place("")),
            setTo(
              part.at(`irqchips[${first}].pinBitmap`),
              WORDS.map(
                (word) =>
                  (chip.pinBitmap[word]! | part.cell.irqchips[first]!.pinBitmap[word]!) >>> 0,
              ),
            ),
          ],
          related: [part.at(`irqchips[${first}]`)],
        },
      );
    if (part.isRoot) return;
    const home = root.cell.irqchips.find(({ address }) => address === chip.address);
    if (!home) {
      const [only] = root.cell.irqchips;
      tell(
        "irqchip-foreign",
        place(".address"),
        `${hex(chip.address)} is no I/O APIC of the root cell`,
        {
          fix: only ? [setTo(place(".address"), only.address)] : [remove(place(""))],
          related: [root.at("irqchips")],
        },
      );
      return;
    }
    checkAgainst(home, chip, place, tell, root);
  });
}

function checkAgainst(
  home: Irqchip,
  chip: Irqchip,
  place: (field: string) => ReturnType<Part["at"]>,
  tell: Tell,
  root: Part,
) {
  const index = root.cell.irqchips.indexOf(home);
  const related = [root.at(`irqchips[${index}]`)];
  if (home.id !== chip.id)
    tell(
      "irqchip-id",
      place(".id"),
      `its id is ${hex(chip.id)}, in the root cell ${hex(home.id)}`,
      {
        fix: [setTo(place(".id"), home.id)],
        related,
      },
    );
  const strange = without(chip, home);
  if (!none(strange))
    tell(
      "pin-foreign",
      place(".pinBitmap"),
      `${listed(pinsOf({ ...chip, pinBitmap: strange }))} is not in the root cell's list: nothing is connected to it`,
      {
        fix: [setTo(place(".pinBitmap"), both(chip, home).pinBitmap)],
        related,
      },
    );
  if (none(chip.pinBitmap))
    tell(
      "irqchip-empty",
      place(".pinBitmap"),
      "it has no pin, so the cell gets no interrupt from it",
      {
        fix: [remove(place(""))],
      },
    );
}

function checkCells({ cells }: ConfigSet, tell: Tell) {
  for (const [first, second] of pairs(cells))
    for (const [i, a] of first.cell.irqchips.entries())
      for (const [j, b] of second.cell.irqchips.entries()) {
        const shared = both(a, b);
        if (a.address !== b.address || none(shared.pinBitmap)) continue;
        const place = second.at(`irqchips[${j}].pinBitmap`);
        tell("pin-twice", place, `${listed(pinsOf(shared))} is in ${first.label} too`, {
          related: [first.at(`irqchips[${i}]`)],
          fix: [setTo(place, without(b, a))],
        });
      }
}

function checkTrapped(part: Part, tell: Tell) {
  const chips = part.cell.irqchips.length;
  const trapped = regionsOf(part).filter(
    ({ virtualStart, size }) => (virtualStart | size) % PAGE !== 0n,
  );
  if (trapped.length + chips > MAX_TRAPPED)
    tell(
      "trap-limit",
      part.at("memory"),
      `${trapped.length} regions that are not whole pages and ${chips} I/O APICs: a cell can have ${MAX_TRAPPED} trapped ranges`,
      {
        advice: "Join neighbouring regions, or make them whole pages.",
      },
    );
}

export const irqchips = family(RULES, (set, tell) => {
  if (set.system.architecture !== "x86") return;
  checkRoot(set, tell);
  checkUsual(set, tell);
  for (const part of set.parts) {
    checkPart(set, part, tell);
    checkTrapped(part, tell);
  }
  checkCells(set, tell);
});
