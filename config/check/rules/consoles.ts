// Consoles: that they exist, can be reached by who prints on them, and that somebody can read.
import * as abi from "../../../abi/config.ts";
import { CONSOLE_TYPES } from "../../names.ts";
import type { Console } from "../../types.ts";
import { isDebugConsole, isPorts, UART_PORTS } from "../debug-console.ts";
import { family, type Report } from "../finding.ts";
import { add, setTo } from "../fix.ts";
import { contains, has, hex, isRam, physical, virtual } from "../ranges.ts";
import { type ConfigSet, type Part, regionsOf } from "../set.ts";
import { UARTS } from "./lines.ts";

const RULES = {
  "console-type": ["warning", "A console is of an unknown type"],
  "console-architecture": ["warning", "A console is one of another architecture"],
  "console-address": ["warning", "A console has no usable address"],
  "console-reach": ["warning", "A cell cannot reach its console"],
  "console-flags": ["warning", "A console has flags without a meaning"],
  "console-nobody": ["warning", "Nobody can read what a cell prints through the hypervisor"],
  "console-silent": ["note", "A cell has no console"],
  "debug-console-silent": ["warning", "Nobody can read the hypervisor's messages"],
  "debug-console-shared": ["warning", "A cell can write to the hypervisor's serial line"],
  "debug-console-ram": ["warning", "The hypervisor's console is in RAM"],
} as const;
type Tell = Report<keyof typeof RULES>;

const PORTS = 0x10000n;
/** Consoles of x86. */
const X86_TYPES: readonly number[] = [
  abi.CONSOLE_TYPE_NONE,
  abi.CONSOLE_TYPE_EFIFB,
  abi.CONSOLE_TYPE_8250,
];
const KNOWN_FLAGS =
  abi.CONSOLE_FLAG_MMIO |
  abi.CONSOLE_FLAG_REGDIST_4 |
  abi.CONSOLE_FLAG_FB_1920X1080 |
  abi.CONSOLE_FLAG_INVERTED_GATE |
  abi.CONSOLE_FLAG_MDR_QUIRK;

interface Described {
  readonly console: Console;
  /** Whose it is; the hypervisor's own is nobody's. */
  readonly part?: Part;
  readonly at: (field: string) => ReturnType<Part["at"]>;
}

const OWN_LINE =
  "The hypervisor prints there: give the cell another serial port, or let it print through the hypervisor (flag virtual-console-permitted).";

/** A serial port that may be meant: the first of a PC for the hypervisor, else one that the cell has for itself. */
function lineOf({ system }: ConfigSet, part: Part | undefined): bigint[] {
  const line = UARTS.find(
    (uart) =>
      part === undefined ||
      (part.cell.ports.some(({ base, length }) => base === uart.base && length === uart.length) &&
        !isDebugConsole(system, uart)),
  );
  return line ? [BigInt(line.base)] : [];
}

/** Whether the description itself makes sense. */
function checkShape(set: ConfigSet, { console, at, part }: Described, tell: Tell): boolean {
  const { type, flags, address } = console;
  if (!Object.values(CONSOLE_TYPES).includes(type as never)) {
    tell("console-type", at(".type"), `${type} is no type of console`, {
      fix: [setTo(at(".type"), abi.CONSOLE_TYPE_8250)],
    });
    return false;
  }
  const unknown = flags & ~KNOWN_FLAGS;
  if (unknown !== 0)
    tell("console-flags", at(".flags"), `the bits ${hex(unknown)} of the flags mean nothing`, {
      fix: [setTo(at(".flags"), flags & KNOWN_FLAGS)],
    });
  if (set.system.architecture === "x86" && !X86_TYPES.includes(type)) {
    const name = Object.entries(CONSOLE_TYPES).find(([, number]) => number === type)?.[0];
    tell("console-architecture", at(".type"), `"${name}" is a console of Arm systems`, {
      fix: [setTo(at(".type"), abi.CONSOLE_TYPE_8250)],
    });
    return false;
  }
  if (type === abi.CONSOLE_TYPE_NONE) return false;
  if (address !== 0n && (!isPorts(console) || address + BigInt(UART_PORTS) <= PORTS)) return true;
  tell(
    "console-address",
    at(".address"),
    `its address is ${hex(address)}, where no ${isPorts(console) ? "ports are" : "device is"}`,
    {
      fix: isPorts(console) ? lineOf(set, part).map((line) => setTo(at(".address"), line)) : [],
      advice: "Give the address of the device's registers.",
    },
  );
  return false;
}

function checkReach(set: ConfigSet, part: Part, described: Described, tell: Tell) {
  const { console } = described;
  const { type, address } = console;
  if (type === abi.CONSOLE_TYPE_EFIFB || set.system.architecture !== "x86") {
    reachMemory(part, described, tell);
    return;
  }
  if (!isPorts(console)) {
    reachMemory(part, described, tell);
    return;
  }
  const wanted = Array.from({ length: UART_PORTS }, (_, offset) => Number(address) + offset);
  const lacking = wanted.filter(
    (port) => !part.cell.ports.some(({ base, length }) => base <= port && port < base + length),
  );
  if (lacking.length === 0) return;
  const partial = part.cell.ports.findIndex(({ base }) => base === Number(address));
  const line = { base: Number(address), length: UART_PORTS };
  tell(
    "console-reach",
    described.at(".address"),
    `it is at ports ${hex(address)} to ${hex(address + 7n)}, but ${part.label} does not have ${lacking.map(hex).join(", ")}`,
    {
      fix: isDebugConsole(set.system, line)
        ? []
        : partial < 0
          ? [add(part.at("ports"), line)]
          : [setTo(part.at(`ports[${partial}]`), line)],
      ...(isDebugConsole(set.system, line) ? { advice: OWN_LINE } : {}),
      related: [part.at(partial < 0 ? "ports" : `ports[${partial}]`)],
    },
  );
}

function reachMemory(part: Part, { console, at }: Described, tell: Tell) {
  const home = regionsOf(part).find((region) => contains(virtual(region), console.address));
  const isProgram = home && has(home.flags, abi.MEM_EXECUTE | abi.MEM_LOADABLE);
  if (home && !isProgram && has(home.flags, abi.MEM_WRITE)) return;
  const why = !home
    ? `where ${part.label} has no region`
    : isProgram
      ? `which is RAM, memory[${home.index}]`
      : "which the cell may not write";
  tell("console-reach", at(".address"), `its registers are at ${hex(console.address)}, ${why}`, {
    fix: home && !isProgram ? [setTo(home.at("flags"), home.flags | BigInt(abi.MEM_WRITE))] : [],
    advice: "Add a region with the flags read and write for its registers.",
  });
}

function checkVirtual(set: ConfigSet, part: Part, tell: Tell) {
  const prints = has(
    part.cell.flags,
    abi.CELL_FLAG_VIRTUAL_CONSOLE_ACTIVE | abi.CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED,
  );
  const { flags, debugConsole } = set.system;
  const isRead =
    has(flags, abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE) || debugConsole.type !== abi.CONSOLE_TYPE_NONE;
  if (prints && !isRead)
    tell(
      "console-nobody",
      part.at("flags"),
      "the cell may print through the hypervisor, which has no console that anybody can read",
      {
        fix: [
          setTo({ file: 0, path: "flags" }, (flags | abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE) >>> 0),
        ],
        related: [{ file: 0, path: "debugConsole" }],
      },
    );
  if (!prints && part.cell.console.type === abi.CONSOLE_TYPE_NONE)
    tell(
      "console-silent",
      part.at("console"),
      `${part.label} has no console and may not print through the hypervisor`,
    );
}

function checkDebug(set: ConfigSet, tell: Tell) {
  const { debugConsole: console, flags } = set.system;
  const at = (field: string) => ({ file: 0, path: `debugConsole${field}` });
  const isShaped = checkShape(set, { console, at }, tell);
  if (console.type === abi.CONSOLE_TYPE_NONE && !has(flags, abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE))
    tell(
      "debug-console-silent",
      at(""),
      "there is no debugConsole, and the flag virtual-debug-console is not set: errors go nowhere",
      {
        fix: [
          setTo({ file: 0, path: "flags" }, (flags | abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE) >>> 0),
        ],
      },
    );
  if (!isShaped || isPorts(console)) return;
  const inRam = regionsOf(set.root).find(
    (region) => isRam(region) && contains(virtual(region), console.address),
  );
  if (inRam)
    tell(
      "debug-console-ram",
      at(".address"),
      `${hex(console.address)} is in memory[${inRam.index}] of the root cell, which is RAM`,
      {
        related: [inRam.at()],
        advice: "Give the address of the device's registers.",
      },
    );
}

/** Where a cell has the registers of the debug console: an entry's path, or undefined. */
function holdsDebugConsole(set: ConfigSet, part: Part): string | undefined {
  const { debugConsole } = set.system;
  if (debugConsole.type !== abi.CONSOLE_TYPE_8250) return undefined;
  const { address } = debugConsole;
  if (!isPorts(debugConsole)) {
    const home = regionsOf(part).find(
      (region) => contains(physical(region), address) && has(region.flags, abi.MEM_WRITE),
    );
    return home && `memory[${home.index}]`;
  }
  const first = Number(address);
  const index = part.cell.ports.findIndex(
    ({ base, length }) => base < first + UART_PORTS && first < base + length,
  );
  return index < 0 ? undefined : `ports[${index}]`;
}

function checkShared(set: ConfigSet, part: Part, tell: Tell) {
  const path = holdsDebugConsole(set, part);
  if (path === undefined) return;
  tell(
    "debug-console-shared",
    part.at(path),
    `${part.label} has the line of the hypervisor's debug console: it can print there what looks like the hypervisor's words, and spoil a line that is being sent`,
    {
      related: [{ file: 0, path: "debugConsole.address" }],
      advice: "Give the cell another line where it is not to be trusted, or the hypervisor.",
    },
  );
}

export const consoles = family(RULES, (set, tell) => {
  checkDebug(set, tell);
  for (const part of set.parts) {
    const described = {
      console: part.cell.console,
      part,
      at: (field: string) => part.at(`console${field}`),
    };
    if (checkShape(set, described, tell)) checkReach(set, part, described, tell);
    if (part.isRoot) continue;
    checkVirtual(set, part, tell);
    checkShared(set, part, tell);
  }
});
