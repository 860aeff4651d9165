// A machine as a picture of characters: each CPU, and each piece of RAM, shows whose it is.

import { type Columns, facts } from "../config/columns.ts";
import { oneLine, printable } from "../config/printable.ts";
import type { CellInfo, MachineStatus } from "../control/api.ts";
import type { MemoryRange } from "../control/memory-map.ts";
import { cpuList } from "../control/sysfs.ts";
import { sortCells, text } from "./table.ts";

type Owner = MemoryRange["owner"] | undefined;

const MIB = 2 ** 20;
/** Characters of the memory's line, where there is room. */
const WIDTH = 64;
const MARGIN = " ".repeat(8);
const HYPERVISOR = "H";
const NOBODY = ".";
/** Ids from here on have no character of their own. */
const MANY = "+";
const RADIX = 36;
/** Column of the legend that says how much memory. */
const AMOUNT = 3;
/** Background colours (ECMA-48 SGR) of the root cell, the hypervisor, and other cells in turn. */
const BLUE = 44;
const WHITE = 47;
const GUESTS = [42, 45, 46, 43, 41];
const BLACK_TEXT = 30;

/** CPUs, memory as far as it is known, and a legend, for a machine that is enabled. */
export function machineMap(status: MachineStatus, colours: boolean, columns?: Columns): string {
  const paint = (owner: Owner, sign: string) =>
    colours && owner !== undefined ? coloured(owner, sign) : sign;
  const cpus = Array.from({ length: status.cpus }, (_, cpu) =>
    status.cells.find(({ cpusAssigned }) => cpusAssigned.includes(cpu)),
  ).map((cell) => paint(cell?.id, character(cell?.id)));
  const width = roomFor(WIDTH, columns);
  const line = text(inLines("CPUs", cpus, columns === undefined ? cpus.length : width));
  const cells = sortCells(status.cells).map((cell) => legend(cell, status));
  if (status.memoryMap.length === 0) {
    const rows = cells.map((row) => row.filter((_, column) => column !== AMOUNT));
    return `${line}\n${text(facts(rows, columns))}`;
  }
  const memory = ownersOf(status, width).map((owner) => paint(owner, character(owner)));
  const rows = [...cells, [HYPERVISOR, "the hypervisor", "", amount("hypervisor", status)]];
  return [
    line,
    text(inLines("Memory", memory, width)),
    `${MARGIN}0${`${status.memory / MIB} MiB`.padStart(width - 1)}\n\n`,
    text(facts(rows, columns)),
  ].join("");
}

function character(owner: Owner): string {
  if (owner === undefined) return NOBODY;
  if (owner === "hypervisor") return HYPERVISOR;
  return owner < RADIX ? owner.toString(RADIX) : MANY;
}

function coloured(owner: MemoryRange["owner"], text: string): string {
  const guest = GUESTS[(Number(owner) - 1) % GUESTS.length];
  const colour = owner === "hypervisor" ? WHITE : owner === 0 ? BLUE : guest;
  return `\x1b[${BLACK_TEXT};${colour}m${text}\x1b[0m`;
}

/** How many of that many columns there are beside the margin. */
const roomFor = (wanted: number, columns: Columns): number =>
  Math.max(Math.min(wanted, (columns ?? Infinity) - MARGIN.length), 1);

/** Characters in lines of that many, each of them one column wide whatever it consists of, behind their name. */
function inLines(name: string, characters: readonly string[], width: number): string[] {
  const lines = [name.padEnd(MARGIN.length) + characters.slice(0, width).join("")];
  for (let at = width; at < characters.length; at += width)
    lines.push(MARGIN + characters.slice(at, at + width).join(""));
  return lines;
}

/** Whose each column is; in one that several share, who has the least in the machine. Every cell gets one, if there are enough. */
function ownersOf(status: MachineStatus, width: number): Owner[] {
  const step = status.memory / width;
  const share = (owner: MemoryRange["owner"]) => bytes(owner, status);
  const drawn = Array.from({ length: width }, (_, column): Owner => {
    const inside = status.memoryMap.filter(
      ({ start, size }) => start < (column + 1) * step && start + size > column * step,
    );
    return inside.map(({ owner }) => owner).sort((a, b) => share(a) - share(b))[0];
  });
  for (const range of status.memoryMap) {
    if (!drawn.includes(range.owner)) squeezeIn(drawn, range, status);
  }
  return drawn;
}

/** Draws a range that lost its column to another owner beside that one, on the side where it is. */
function squeezeIn(drawn: Owner[], { owner, start }: MemoryRange, status: MachineStatus): void {
  const column = Math.floor((start * drawn.length) / status.memory);
  const other = status.memoryMap.find((range) => range.owner === drawn[column]);
  const beside = start < (other?.start ?? 0) ? column - 1 : column + 1;
  if (beside >= 0 && beside < drawn.length && !drawn[beside]) drawn[beside] = owner;
}

function bytes(owner: MemoryRange["owner"], { memoryMap }: MachineStatus): number {
  const own = memoryMap.filter((range) => range.owner === owner);
  return own.reduce((sum, { size }) => sum + size, 0);
}

function amount(owner: MemoryRange["owner"], status: MachineStatus): string {
  return `${Number((bytes(owner, status) / MIB).toFixed(1))} MiB`;
}

function legend(cell: CellInfo, status: MachineStatus): string[] {
  const { id, name, state, cpusAssigned, cpusFailed } = cell;
  const failed = cpusFailed.length > 0 ? `, failed: ${cpuList(cpusFailed)}` : "";
  const noun = cpusAssigned.length === 1 ? "CPU" : "CPUs";
  const cpus = `${noun} ${cpuList(cpusAssigned) || "none"}${failed}`;
  return [character(id), printable(oneLine(name)), cpus, amount(id, status), state];
}
