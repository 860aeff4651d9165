// Arm's interrupt controller: where its parts are, and which interrupts a cell has of it.

import type { ArmPlatform, Irqchip } from "../../types.ts";
import { family, type Report } from "../finding.ts";
import { setTo } from "../fix.ts";
import { pinsOf } from "../notation.ts";
import { hex, PAGE } from "../ranges.ts";
import { type ConfigSet, type Part, pairs } from "../set.ts";

const RULES = {
  "gic-version": ["error", "The interrupt controller is of an unknown version"],
  "gic-place": ["error", "A part of the interrupt controller is where it cannot be"],
  "gic-foreign": ["warning", "A cell lists an interrupt controller that is not the system's"],
  "gic-base": ["error", "A list of interrupts begins where none can"],
  "gic-twice": ["warning", "Two cells have the same interrupt"],
} as const;
type Tell = Report<keyof typeof RULES>;

/** Versions that the original knows, and the parts of each besides the distributor. */
const PARTS: Readonly<Record<number, readonly (keyof ArmPlatform)[]>> = {
  2: ["giccBase", "gichBase", "gicvBase"],
  3: ["gicrBase"],
};
/** Interrupts below are each CPU's own; a word of the bitmap has 32 of the others. */
const FIRST_SHARED = 32;
const PER_WORD = 32;
/** Shared interrupts end before (GIC architecture specification, section 2.2). */
const END = 1024;
const SYSTEM = 0;

function checkPlaces({ system }: ConfigSet, tell: Tell) {
  const { arm } = system;
  if (!arm) return;
  const place = (key: string) => ({ file: SYSTEM, path: `arm.${key}` });
  const parts = PARTS[arm.gicVersion];
  if (!parts)
    tell("gic-version", place("gicVersion"), `${arm.gicVersion} is no version: 2 and 3 are`, {
      advice: "The device tree names it: arm,gic-400 and the like are version 2, arm,gic-v3 is 3.",
    });
  for (const key of ["gicdBase" as const, ...(parts ?? [])]) {
    const base = arm[key] as bigint;
    if (base !== 0n && base % PAGE === 0n) continue;
    const why = base === 0n ? "is missing" : `${hex(base)} is not the start of a page`;
    tell("gic-place", place(key), `${key} ${why}`, {
      advice: "The reg property of the interrupt controller in the device tree has it.",
    });
  }
}

function checkPart({ system }: ConfigSet, part: Part, tell: Tell) {
  const { gicdBase } = system.arm as ArmPlatform;
  part.cell.irqchips.forEach(({ address, pinBase, pinBitmap }, index) => {
    const at = (field: string) => part.at(`irqchips[${index}].${field}`);
    if (address !== gicdBase) {
      tell(
        "gic-foreign",
        at("address"),
        `${hex(address)} is not the GIC's distributor, ${hex(gicdBase)}: the entry has no effect`,
        {
          fix: [setTo(at("address"), gicdBase)],
          related: [{ file: SYSTEM, path: "arm.gicdBase" }],
        },
      );
      return;
    }
    const end = pinBase + pinBitmap.length * PER_WORD;
    if (pinBase % PER_WORD === 0 && pinBase >= FIRST_SHARED && end <= END) return;
    tell(
      "gic-base",
      at("pinBase"),
      `its first interrupt is ${pinBase}: multiples of ${PER_WORD} from ${FIRST_SHARED} to ${END - pinBitmap.length * PER_WORD} are possible`,
      { advice: "Interrupt n of the device tree's first cell 0 (SPI) has the number n + 32." },
    );
  });
}

/** Interrupts of a cell, each once. */
const interruptsOf = (part: Part, address: bigint): Set<number> =>
  new Set(part.cell.irqchips.filter((chip: Irqchip) => chip.address === address).flatMap(pinsOf));

function checkCells({ system, cells }: ConfigSet, tell: Tell) {
  const { gicdBase } = system.arm as ArmPlatform;
  for (const [first, second] of pairs(cells)) {
    const taken = interruptsOf(first, gicdBase);
    const both = [...interruptsOf(second, gicdBase)].filter((number) => taken.has(number));
    if (both.length === 0) continue;
    tell(
      "gic-twice",
      second.at("irqchips"),
      `${both.length === 1 ? "interrupt" : "interrupts"} ${both.join(", ")} ${both.length === 1 ? "is" : "are"} in ${first.label} too: only one of them gets it`,
      { related: [first.at("irqchips")], advice: "Leave the interrupt to one of the cells." },
    );
  }
}

export const gic = family(RULES, (set, tell) => {
  if (!set.system.arm) return;
  checkPlaces(set, tell);
  for (const part of set.parts) checkPart(set, part, tell);
  checkCells(set, tell);
});
