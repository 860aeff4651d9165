// Ports: what a cell's configuration lists is its own and never exits; the rest is emulated or a violation (ABI section 8).

import { CELL_RUNNING, CELL_RUNNING_LOCKED } from "../../abi/comm.ts";
import { CELL_NUM_PIO, PIO_BASE, PIO_LENGTH } from "../../abi/config.ts";
import {
  DENIAL_FLAG_STRING,
  DENIAL_FLAG_WRITE,
  DENIAL_KIND_PCI,
  DENIAL_KIND_PORT,
} from "../../abi/denials.ts";
import { EINVAL } from "../../abi/errno.ts";
import { PIO_IN, PIO_REP, PIO_STRING, REG_RAX } from "../../abi/platform.ts";
import { Cell, isRoot, nextCell, rootCell } from "../core/cells/cell.ts";
import { cellState } from "../core/cells/comm.ts";
import { cellOfCpu } from "../core/cells/percpu.ts";
import { portRange } from "../core/config.ts";
import { endLine, print, printDecimal, printHex } from "../core/console.ts";
import { isLearning, recordDenial } from "../core/denials.ts";
import { learns, noteLearned } from "../core/learn.ts";
import { beginWarning, fatal, violation } from "../core/panic.ts";
import { refuseItem } from "../core/refuse.ts";
import { lock, readRegister, unlock, writeRegister } from "../platform.ts";
import { advance, read32 } from "./guest.ts";
import {
  addressedPlace,
  isConfigAccess,
  PCI_ADDRESS_PORT,
  PCI_PORTS,
  readConfigPort,
  writeConfigPort,
} from "./pci-ports.ts";
import { grantPorts, portIn, portOut, revokePorts } from "./platform.ts";
import { machine } from "./state.ts";

const PORTS: u32 = 0x10000;
const PM_TIMER_PORTS: u32 = 4;
/** Keyboard controller: commands and status. */
const KEYBOARD_PORT: u32 = 0x64;
/** Its commands that write the output port, which has the reset line, and that pulse lines of it. */
const KEYBOARD_WRITE_OUTPUT: u32 = 0xd1;
const KEYBOARD_PULSE: u32 = 0xf0;
/** Reset control of PCI chipsets (Intel ICH9 data sheet, section 13.7.5; AMD PPR, FCH, IO0CF9), and its bit that starts a reset. */
const RESET_PORT: u32 = 0xcf9;
const RESET_CPU: u32 = 0x4;
/** Pulses of the keyboard controller: the lines of its output port that are 0; the first is the reset line. */
const KEYBOARD_NO_RESET: u32 = 0x1;
/** Diagnostic port, written for a short delay. */
const DELAY_PORT: u32 = 0x80;

function firstPort(range: usize): u32 {
  return load<u16>(range, PIO_BASE);
}

function endPort(range: usize): u32 {
  return firstPort(range) + load<u16>(range, PIO_LENGTH);
}

function rangeCount(cell: Cell): u32 {
  return load<u32>(cell.config, CELL_NUM_PIO);
}

/** Checks the port ranges of `cell`. Returns 0 or -EINVAL. */
export function checkPorts(cell: Cell): i32 {
  for (let index: u32 = 0; index < rangeCount(cell); index++)
    if (endPort(portRange(cell.config, index)) > PORTS)
      return refuseItem(EINVAL, "port range", index, "beyond the last port");
  return 0;
}

/** Grants or revokes what `range` has of [first, end) for cell number `cell`. */
function change(cell: u32, range: usize, first: u32, end: u32, isGranted: bool): void {
  const from = max(firstPort(range), first);
  const to = min(endPort(range), end);
  if (from >= to) return;
  if (isGranted) grantPorts(cell, from, to - from);
  else revokePorts(cell, from, to - from);
}

/** Grants or revokes the ports of `owner`'s configuration that lie in [first, end) for cell number `cell`. */
function changeListed(cell: u32, owner: Cell, first: u32, end: u32, isGranted: bool): void {
  for (let index: u32 = 0; index < rangeCount(owner); index++)
    change(cell, portRange(owner.config, index), first, end, isGranted);
}

/** What holds for all cells, whatever their configurations list. */
function applyCommon(cell: u32): void {
  const timer = machine().pmTimer;
  if (timer) grantPorts(cell, timer, PM_TIMER_PORTS);
  revokePorts(cell, KEYBOARD_PORT, 1);
  revokePorts(cell, PCI_ADDRESS_PORT, PCI_PORTS);
}

/** Opens the ports of the new `cell` to it and closes them for the root cell. */
export function givePorts(cell: Cell): void {
  changeListed(cell.number, cell, 0, PORTS, true);
  applyCommon(cell.number);
  if (isRoot(cell)) return;
  changeListed(rootCell().number, cell, 0, PORTS, false);
  applyCommon(rootCell().number);
}

/** Opens the ports of `cell` to the root cell again, as far as its configuration lists them and no other cell has them. */
export function returnPorts(cell: Cell): void {
  const root = rootCell();
  for (let index: u32 = 0; index < rangeCount(cell); index++) {
    const range = portRange(cell.config, index);
    changeListed(root.number, root, firstPort(range), endPort(range), true);
  }
  for (let other = nextCell(root); other; other = nextCell(other))
    if (other !== cell) changeListed(root.number, other, 0, PORTS, false);
  applyCommon(root.number);
}

function isListed(cell: Cell, port: u32): bool {
  for (let index: u32 = 0; index < rangeCount(cell); index++) {
    const range = portRange(cell.config, index);
    if (port >= firstPort(range) && port < endPort(range)) return true;
  }
  return false;
}

/** Whether `cell` has the keyboard controller: the root cell only while no other one does. */
function hasKeyboard(cell: Cell): bool {
  if (!isListed(cell, KEYBOARD_PORT) && !(isRoot(cell) && isLearning())) return false;
  if (!isRoot(cell)) return true;
  for (let other = nextCell(rootCell()); other; other = nextCell(other))
    if (isListed(other, KEYBOARD_PORT)) return false;
  return true;
}

function isHarmlessCommand(command: u32): bool {
  return command !== KEYBOARD_WRITE_OUTPUT && command < KEYBOARD_PULSE;
}

/** Whether a cell other than the root would notice that the machine is reset: it has been started and has neither ended nor failed. */
function hasRunningCell(): bool {
  for (let cell = nextCell(rootCell()); cell; cell = nextCell(cell)) {
    const state = cellState(cell);
    if (state === CELL_RUNNING || state === CELL_RUNNING_LOCKED) return true;
  }
  return false;
}

/** Whether the root cell's `value` for the reset port or the keyboard controller resets the machine. */
function isReset(port: u32, value: u32): bool {
  if (port === RESET_PORT) return (value & RESET_CPU) !== 0;
  return value >= KEYBOARD_PULSE && !(value & KEYBOARD_NO_RESET);
}

/**
 * The root cell resets the machine, as Linux does at a reboot and after a panic, unless that would hurt a cell: then nothing
 * happens, and it is told on the console why.
 */
function resetMachine(cpu: u32, port: u32, value: u32): void {
  if (!hasRunningCell()) portOut(port, 1, value);
  else if (beginWarning(cpu)) {
    print("WARNING: The root cell does not reset the machine: other cells are running");
    endLine();
  }
}

/** Writes what IN has read to AL, AX or EAX. */
function writeAccumulator(cpu: u32, size: u32, value: u32): void {
  const mask: u64 = 0xffffffff >>> (32 - (size << 3));
  const kept: u64 = size === 4 ? 0 : readRegister(cpu, REG_RAX) & ~mask;
  writeRegister(cpu, REG_RAX, kept | (value & mask));
}

/** Emulates IN. Returns whether the port is one that is emulated. */
function input(cpu: u32, cell: Cell, port: u32, size: u32): bool {
  let value: u32 = 0xffffffff;
  if (port === KEYBOARD_PORT && size === 1 && hasKeyboard(cell)) value = portIn(port, size);
  else if (port === RESET_PORT && size === 1 && isRoot(cell)) value = portIn(port, size);
  else if (isConfigAccess(port, size)) value = readConfigPort(cpu, port, size);
  else if (port !== DELAY_PORT || size !== 1) return false;
  writeAccumulator(cpu, size, value);
  return true;
}

/** Emulates OUT. Returns whether the port is one that is emulated and takes the value. */
function output(cpu: u32, cell: Cell, port: u32, size: u32, value: u32): bool {
  if (port === KEYBOARD_PORT && size === 1 && hasKeyboard(cell)) {
    if (isHarmlessCommand(value)) portOut(port, size, value);
    else if (isRoot(cell) && isReset(port, value)) resetMachine(cpu, port, value);
    else return false;
    return true;
  }
  if (port === RESET_PORT && size === 1 && isRoot(cell)) {
    if (isReset(port, value)) resetMachine(cpu, port, value);
    else portOut(port, size, value);
    return true;
  }
  if (isConfigAccess(port, size)) return writeConfigPort(cpu, port, size, value);
  return port === DELAY_PORT && size === 1;
}

/** DENIAL_FLAG_* of an access with PIO_* flags. */
function denialFlags(flags: u32): u32 {
  const write = flags & PIO_IN ? 0 : DENIAL_FLAG_WRITE;
  return write | (flags & (PIO_STRING | PIO_REP) ? DENIAL_FLAG_STRING : 0);
}

/** Records a denied access; one to PCI's data ports as what it is. With the lock. Returns the record. */
function recordPort(cpu: u32, port: u32, size: u32, flags: u32, value: u32): usize {
  const isData = isConfigAccess(port, size) && port !== PCI_ADDRESS_PORT;
  const kind = isData ? DENIAL_KIND_PCI : DENIAL_KIND_PORT;
  const place = isData ? addressedPlace(cellOfCpu(cpu), port) : port;
  return recordDenial(cpu, kind, flags, size, place, value);
}

/** Whether a non-root cell has any of the ports. */
function isTaken(port: u32, size: u32): bool {
  for (let cell = nextCell(rootCell()); cell; cell = nextCell(cell))
    for (let offset: u32 = 0; offset < size; offset++)
      if (isListed(cell, port + offset)) return true;
  return false;
}

/**
 * While the hypervisor learns: opens ports to the root cell that nobody has. Returns whether it did; the access is then to be
 * repeated.
 */
function learnPorts(cpu: u32, port: u32, size: u32, flags: u32): bool {
  if (!learns(cpu) || isConfigAccess(port, 1) || port === KEYBOARD_PORT) return false;
  lock();
  const isDone = !isTaken(port, size);
  if (isDone) {
    grantPorts(rootCell().number, port, size);
    applyCommon(rootCell().number);
    noteLearned(cpu, DENIAL_KIND_PORT, flags, size, port, size);
  }
  unlock();
  return isDone;
}

/** The keyboard controller is never opened, so that a port that was forgotten is noted at each access. */
function noteKeyboard(cpu: u32, port: u32, size: u32, flags: u32): void {
  if (!learns(cpu) || port !== KEYBOARD_PORT || isListed(rootCell(), port)) return;
  lock();
  noteLearned(cpu, DENIAL_KIND_PORT, flags, size, port, 1);
  unlock();
}

/** An access to a port that is not granted, `flags` PIO_*. */
export function accessPort(cpu: u32, port: u32, size: u32, flags: u32, length: u32): void {
  const cell = cellOfCpu(cpu);
  const isInput = (flags & PIO_IN) !== 0;
  const value = read32(cpu, REG_RAX) & (0xffffffff >>> (32 - (size << 3)));
  noteKeyboard(cpu, port, size, denialFlags(flags));
  const isPlain = !(flags & (PIO_STRING | PIO_REP));
  if (isPlain && (isInput ? input(cpu, cell, port, size) : output(cpu, cell, port, size, value))) {
    advance(cpu, length);
    return;
  }
  if (learnPorts(cpu, port, size, denialFlags(flags))) return;
  fatal();
  const record = recordPort(cpu, port, size, denialFlags(flags), value);
  print(isInput ? "Invalid PIO read, port: " : "Invalid PIO write, port: ");
  printHex(port, 1);
  print(" size: ");
  printDecimal(size);
  violation(cpu, record);
}
