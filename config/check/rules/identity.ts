// Names, sizes and versions of files: what the driver and the hypervisor look at first.

import * as abi from "../../../abi/config.ts";
import { FEATURES } from "../../features.ts";
import { CELL_FLAGS } from "../../names.ts";
import { oneLine } from "../../printable.ts";
import type { CellConfig } from "../../types.ts";
import { type Edit, family, type Report } from "../finding.ts";
import { setTo } from "../fix.ts";
import { hex } from "../ranges.ts";
import { type ConfigSet, type Part, pairs } from "../set.ts";

const RULES = {
  "architecture-mixed": ["error", "A cell is for another architecture than its system"],
  "architecture-refused": ["note", "The hypervisor does not run on this architecture yet"],
  "name-twice": ["error", "Two cells have the same name"],
  "name-empty": ["warning", "A cell has no name"],
  "cell-flags-unknown": ["warning", "A cell has flags without a meaning"],
  "cell-flags-arm": ["warning", "A cell has flags of another architecture"],
  "system-flags-unknown": ["warning", "The system has flags without a meaning"],
  "reply-timeout": ["warning", "A cell has too little time for its answers"],
} as const;

const KNOWN_FLAGS = Object.values(CELL_FLAGS).reduce((sum, flag) => (sum | flag) >>> 0, 0);
/** Fewer polls than this pass before the code of a cell that was just woken can answer. */
const FEWEST_POLLS = 1000n;

function checkArchitecture({ system, cells }: ConfigSet, report: Report<keyof typeof RULES>) {
  const feature = FEATURES[`architecture-${system.architecture}`];
  if (feature.support === "refused")
    report(
      "architecture-refused",
      { file: 0, path: "architecture" },
      `the system is for ${feature.name}: ${feature.consequence}`,
    );
  for (const part of cells) {
    const { architecture } = part.cell as CellConfig;
    if (architecture === system.architecture) continue;
    const place = part.at("architecture");
    report(
      "architecture-mixed",
      place,
      `${part.label} is for ${architecture}, but the system is for ${system.architecture}`,
      { fix: [setTo(place, system.architecture)] },
    );
  }
}

/** A name that no cell of the set has. */
function freeName(set: ConfigSet, name: string): string {
  const taken = new Set(set.parts.map(({ cell }) => cell.name));
  const base = name.slice(0, abi.CELL_NAME_SIZE - 4) || "cell";
  for (let number = name ? 2 : 1; ; number++)
    if (!taken.has(`${base}-${number}`)) return `${base}-${number}`;
}

function checkNames(set: ConfigSet, report: Report<keyof typeof RULES>) {
  const rename = (part: Part): Edit[] => [setTo(part.at("name"), freeName(set, part.cell.name))];
  for (const part of set.parts)
    if (part.cell.name === "")
      report("name-empty", part.at("name"), "the name is empty: commands cannot name the cell", {
        fix: rename(part),
      });
  for (const [first, second] of pairs(set.parts))
    if (first.cell.name === second.cell.name && second.cell.name !== "")
      report(
        "name-twice",
        second.at("name"),
        `"${oneLine(second.cell.name)}" is the name of ${first.isRoot ? "the root cell" : "another cell"} too`,
        { fix: rename(second), related: [first.at("name")] },
      );
}

function checkFlags(part: Part, report: Report<keyof typeof RULES>) {
  const { flags } = part.cell;
  const place = part.at("flags");
  const unknown = (flags & ~KNOWN_FLAGS) >>> 0;
  if (unknown !== 0)
    report("cell-flags-unknown", place, `the bits ${hex(unknown)} of the flags mean nothing`, {
      fix: [setTo(place, (flags & KNOWN_FLAGS) >>> 0)],
    });
}

function checkTimeout(part: Part, report: Report<keyof typeof RULES>) {
  const polls = part.cell.msgReplyTimeout;
  if (polls === 0n || polls >= FEWEST_POLLS) return;
  const place = part.at("msgReplyTimeout");
  report(
    "reply-timeout",
    place,
    `after ${polls} poll${polls === 1n ? "" : "s"} without an answer the cell counts as failed: no cell answers so fast`,
    { fix: [setTo(place, 0n)] },
  );
}

export const identity = family(RULES, (set, report) => {
  checkArchitecture(set, report);
  checkNames(set, report);
  for (const part of set.parts) checkFlags(part, report);
  for (const part of set.cells) {
    checkTimeout(part, report);
    if (part.cell.flags & abi.CELL_FLAG_AARCH32 && set.system.architecture !== "arm64")
      report("cell-flags-arm", part.at("flags"), "aarch32 is for cells on arm64 only", {
        fix: [setTo(part.at("flags"), (part.cell.flags & ~abi.CELL_FLAG_AARCH32) >>> 0)],
      });
  }
  const { flags } = set.system;
  const unknown = (flags & ~abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE) >>> 0;
  const place = { file: 0, path: "flags" };
  if (unknown !== 0)
    report("system-flags-unknown", place, `the bits ${hex(unknown)} of the flags mean nothing`, {
      fix: [setTo(place, flags & abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE)],
    });
});
