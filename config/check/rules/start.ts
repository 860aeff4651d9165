// What a cell needs to come to life: a program at its reset address, a region to load it into, a communication region.
import * as abi from "../../../abi/config.ts";
import { type Edit, family, type Report } from "../finding.ts";
import { add, remove, setTo } from "../fix.ts";
import {
  alignUp,
  contains,
  has,
  hex,
  isComm,
  isRam,
  isSubPage,
  overlap,
  PAGE,
  physical,
  span,
  virtual,
} from "../ranges.ts";
import { type ConfigSet, type Part, type Region, regionsOf } from "../set.ts";

const RULES = {
  "reset-nowhere": ["error", "A cell has no memory where its CPUs start"],
  "reset-execute": ["error", "A cell may not execute where its CPUs start"],
  "reset-loadable": ["warning", "Nothing can be loaded where the CPUs start"],
  "reset-unusual": ["warning", "The CPUs start at an unusual address"],
  "loadable-none": ["error", "Nothing can be loaded into a cell"],
  "loadable-readonly": ["error", "A loadable region is read-only"],
  "comm-none": ["warning", "A cell has no communication region"],
  "comm-readonly": ["error", "A cell cannot answer requests"],
  "comm-state": ["warning", "A cell cannot tell its state"],
  "comm-passive": ["note", "A passive cell may write its communication region"],
  "comm-twice": ["warning", "A cell has two communication regions"],
  "comm-flags": ["warning", "A communication region has flags of other memory"],
  "comm-place": ["warning", "A communication region is where no inmate looks"],
} as const;
type Tell = Report<keyof typeof RULES>;

/** Where inmates look for it. */
const COMM_ADDRESSES = { x86: 0x100000n, arm: 0x80000000n, arm64: 0x80000000n } as const;
/** Images are linked for a start at address 0, or at the reset vector of an 8086. */
const USUAL_RESETS = [0xffff0n, 0n];
const FOREIGN_FLAGS =
  abi.MEM_EXECUTE | abi.MEM_DMA | abi.MEM_IO | abi.MEM_LOADABLE | abi.MEM_ROOTSHARED;
const READ = BigInt(abi.MEM_READ);
const WRITE = BigInt(abi.MEM_WRITE);

/** Whether a program can be loaded and started at an address of the region. */
const isProgram = (region: Region, address: bigint): boolean =>
  contains(virtual(region), address) &&
  has(region.flags, abi.MEM_LOADABLE) &&
  has(region.flags, abi.MEM_EXECUTE);

const resetLine = (region: Region): bigint =>
  USUAL_RESETS.find((address) => contains(virtual(region), address)) ?? region.virtualStart;

/** The region made large enough for a start that images are linked for, if what follows it is free RAM. */
function wider(set: ConfigSet, region: Region, address: bigint): Edit | undefined {
  const { part, virtualStart, physicalStart, size: before } = region;
  if (!USUAL_RESETS.includes(address) || address < virtualStart + before) return undefined;
  const size = alignUp(address + 1n - virtualStart, PAGE);
  const added = { start: virtualStart + before, size: size - before };
  const taken = { start: physicalStart + before, size: size - before };
  const others = set.cells.flatMap(regionsOf).filter((other) => !isComm(other));
  const isFree =
    regionsOf(part).every((other) => !overlap(virtual(other), added)) &&
    others.every((other) => !overlap(physical(other), taken)) &&
    regionsOf(set.root).some(
      (ram) => isRam(ram) && overlap(physical(ram), taken)?.size === taken.size,
    );
  return isFree ? setTo(region.at("size"), size) : undefined;
}

function checkReset(set: ConfigSet, part: Part, tell: Tell) {
  const address = part.cell.cpuResetAddress;
  const place = part.at("cpuResetAddress");
  const own = regionsOf(part).filter((region) => !isComm(region));
  const home = own.find((region) => contains(virtual(region), address));
  const loadable = own.find(
    ({ flags }) => has(flags, abi.MEM_LOADABLE) && has(flags, abi.MEM_EXECUTE),
  );
  if (!home) {
    tell(
      "reset-nowhere",
      place,
      `the CPUs start at ${hex(address)}, where ${part.label} has no memory`,
      {
        fix: loadable ? [wider(set, loadable, address) ?? setTo(place, resetLine(loadable))] : [],
        related: loadable ? [loadable.at(), part.at("memory")] : [part.at("memory")],
        advice: "Give the cell an executable, loadable region there.",
      },
    );
    return;
  }
  const extra = { related: [place] };
  const usual = USUAL_RESETS.find((one) => own.some((region) => isProgram(region, one)));
  if (isSubPage(home) || !has(home.flags, abi.MEM_EXECUTE))
    tell(
      "reset-execute",
      home.at("flags"),
      `the CPUs start at ${hex(address)}, in ${span(virtual(home))}, which is not executable`,
      {
        ...extra,
        fix: isSubPage(home) ? [] : [setTo(home.at("flags"), home.flags | BigInt(abi.MEM_EXECUTE))],
      },
    );
  if (!has(home.flags, abi.MEM_LOADABLE))
    tell(
      "reset-loadable",
      home.at("flags"),
      `the CPUs start at ${hex(address)}, in ${span(virtual(home))}, which is not loadable`,
      {
        ...extra,
        fix: [setTo(home.at("flags"), home.flags | BigInt(abi.MEM_LOADABLE))],
      },
    );
  if (
    set.system.architecture === "x86" &&
    !USUAL_RESETS.includes(address) &&
    has(home.flags, abi.MEM_LOADABLE)
  )
    tell(
      "reset-unusual",
      place,
      `the CPUs start at ${hex(address)}: images for x86 start at 0x0 or at 0xffff0`,
      {
        fix: usual === undefined ? [] : [setTo(place, usual)],
        advice: "Start it where its image is linked for.",
      },
    );
}

function checkLoadable(part: Part, tell: Tell) {
  const loadable = regionsOf(part).filter(({ flags }) => has(flags, abi.MEM_LOADABLE));
  if (loadable.length === 0) {
    const home = regionsOf(part).find(
      (region) => !isComm(region) && contains(virtual(region), part.cell.cpuResetAddress),
    );
    tell(
      "loadable-none",
      part.at("memory"),
      `no region of ${part.label} is loadable: no image can get into it`,
      {
        fix: home ? [setTo(home.at("flags"), home.flags | BigInt(abi.MEM_LOADABLE))] : [],
        advice: "Give the region for the program the flag loadable.",
      },
    );
  }
  for (const region of loadable)
    if (!has(region.flags, abi.MEM_WRITE))
      tell(
        "loadable-readonly",
        region.at("flags"),
        "images are loaded only into regions that the cell may write",
        {
          fix: [setTo(region.at("flags"), region.flags | WRITE)],
        },
      );
}

function checkComm(set: ConfigSet, part: Part, tell: Tell) {
  const comm = regionsOf(part).filter(isComm);
  const isPassive = has(part.cell.flags, abi.CELL_FLAG_PASSIVE_COMMREG);
  const wanted = COMM_ADDRESSES[set.system.architecture];
  const [first, ...more] = comm;
  if (!first) {
    const flags = READ | WRITE | BigInt(abi.MEM_COMM_REGION);
    const page = regionsOf(part).find(
      ({ virtualStart, size }) => virtualStart === wanted && size === PAGE,
    );
    const region = { physicalStart: 0n, virtualStart: wanted, size: PAGE, flags };
    tell(
      "comm-none",
      part.at("memory"),
      `${part.label} has no communication region: inmates read it when they start`,
      {
        fix: page
          ? [setTo(page.at(), { ...region, physicalStart: page.physicalStart })]
          : [add(part.at("memory"), region)],
      },
    );
    return;
  }
  for (const region of more)
    tell("comm-twice", region.at(), `memory[${first.index}] is a communication region already`, {
      fix: [remove(region.at())],
      related: [first.at()],
    });
  const place = first.at("flags");
  if (has(first.flags, FOREIGN_FLAGS))
    tell(
      "comm-flags",
      place,
      "it is one page that is read and written: its other flags mean nothing",
      {
        fix: [setTo(place, first.flags & ~BigInt(FOREIGN_FLAGS))],
      },
    );
  const isWritable = has(first.flags, abi.MEM_WRITE);
  if (!isPassive && !isWritable)
    tell(
      "comm-readonly",
      place,
      `${part.label} is asked before it is shut down, but may not write its answer: it would count as failed`,
      {
        fix: [setTo(place, first.flags | READ | WRITE)],
      },
    );
  if (isPassive && !isWritable)
    tell(
      "comm-state",
      place,
      "inmates tell their state in it when they start and end, passive ones too: the write would be a violation",
      {
        fix: [setTo(place, first.flags | READ | WRITE)],
      },
    );
  if (isPassive && isWritable)
    tell(
      "comm-passive",
      place,
      "the cell is never asked (passive-commreg), so nobody reads what it writes here",
    );
  if (set.system.architecture === "x86" && first.virtualStart !== wanted)
    tell(
      "comm-place",
      first.at("virtualStart"),
      `it is at ${hex(first.virtualStart)}, but inmates for x86 look at ${hex(wanted)}`,
      {
        fix: [setTo(first.at("virtualStart"), wanted)],
      },
    );
}

export const start = family(RULES, (set, tell) => {
  for (const part of set.cells) {
    checkReset(set, part, tell);
    checkLoadable(part, tell);
    checkComm(set, part, tell);
  }
});
