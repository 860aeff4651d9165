// The debug console, an 8250 by ports or memory; the console page that the root cell sees; and lines of the platform's own,
// while it takes over. The EFI framebuffer is not driven: a configuration that names it has the console page only.

import {
  CONSOLE_ADDRESS,
  CONSOLE_DIVIDER,
  CONSOLE_FLAG_MMIO,
  CONSOLE_FLAG_REGDIST_4,
  CONSOLE_FLAGS,
  CONSOLE_TYPE,
  CONSOLE_TYPE_8250,
  SYS_DEBUG_CONSOLE,
} from "../../abi/config.ts";
import { consolePage } from "./core.ts";
import * as hw from "./hw.ts";
import { PAGE } from "./pool.ts";
import { lock, unlock, wasUsed } from "./stop.ts";
import { configAddress } from "./time.ts";
import { readPhysical, writePhysical } from "./windows.ts";

/** Registers of an 8250. */
const UART_DATA: u32 = 0;
const UART_DIVIDER_HIGH: u32 = 1;
const UART_FIFO: u32 = 2;
const UART_LINE: u32 = 3;
const UART_MODEM: u32 = 4;
const UART_STATUS: u32 = 5;
const FIFO_CLEAR: u32 = 7;
const LINE_DIVIDER: u32 = 0x80;
const LINE_8N1: u32 = 3;
const MODEM_READY: u32 = 3;
const STATUS_EMPTY: u32 = 0x20;
/** Times that the status is read until the transmitter counts as absent. */
const PATIENCE: u32 = 1_000_000;
/** The console page: bytes written so far, u32; the last RING_SIZE bytes. */
const RING_TAIL: u32 = 4;
const RING_CONTENT: u32 = 8;
const RING_SIZE: u32 = 2048;
const LF: u32 = 0x0a;
const CR: u32 = 0x0d;

@unmanaged
class State {
  /** 1: the debug console's divider has been set. */
  isOpen: u32;
  /** Tail of the console page when it was published last. */
  tail: u32;
  /** What is being copied to the core's memory. */
  word: u32;
}

const STATE: usize = memory.data(12, 4);

function state(): State {
  return changetype<State>(STATE);
}

function addressOf(console: u32, register: u32): u64 {
  const isWide = hw.coreRead(console + CONSOLE_FLAGS, 2) & CONSOLE_FLAG_REGDIST_4;
  return hw.coreRead(console + CONSOLE_ADDRESS, 8) + (isWide ? register << 2 : register);
}

/** Size of an access to a memory-mapped register. */
function sizeOf(console: u32): u32 {
  return hw.coreRead(console + CONSOLE_FLAGS, 2) & CONSOLE_FLAG_REGDIST_4 ? 4 : 1;
}

function isMemory(console: u32): bool {
  return (hw.coreRead(console + CONSOLE_FLAGS, 2) & CONSOLE_FLAG_MMIO) !== 0;
}

function readUart(console: u32, register: u32): u32 {
  const address = addressOf(console, register);
  if (isMemory(console)) return <u32>readPhysical(address, sizeOf(console));
  return hw.portIn(<u32>address, 1);
}

function writeUart(console: u32, register: u32, value: u32): void {
  const address = addressOf(console, register);
  if (isMemory(console)) writePhysical(address, sizeOf(console), value);
  else hw.portOut(<u32>address, 1, value);
}

/** Sets the baud rate, unless the configuration leaves it as it is. */
function openUart(console: u32): void {
  const divider = <u32>hw.coreRead(console + CONSOLE_DIVIDER, 4);
  if (!divider) return;
  writeUart(console, UART_LINE, LINE_DIVIDER);
  writeUart(console, UART_DATA, divider & 0xff);
  writeUart(console, UART_DIVIDER_HIGH, (divider >>> 8) & 0xff);
  writeUart(console, UART_LINE, LINE_8N1);
  writeUart(console, UART_FIFO, FIFO_CLEAR);
  writeUart(console, UART_MODEM, MODEM_READY);
}

/** The waist's putConsole. */
export function putConsole(description: usize, byte: u32): void {
  const console = <u32>description;
  if (<u32>hw.coreRead(console + CONSOLE_TYPE, 2) !== CONSOLE_TYPE_8250) return;
  if (!state().isOpen) openUart(console);
  state().isOpen = 1;
  for (let left = PATIENCE; left; left--) {
    if (readUart(console, UART_STATUS) & STATUS_EMPTY) break;
    hw.pause();
  }
  writeUart(console, UART_DATA, byte);
}

/** Copies the console page to where the root cell sees it, with the lock or before others run. */
export function publishNow(): void {
  const page = consolePage();
  if (!page) return;
  state().tail = <u32>hw.coreRead(page + RING_TAIL, 4);
  hw.publishConsole(page, PAGE);
}

/** Publishes the console page if something has been printed. */
export function publish(): void {
  if (!wasUsed() || <u32>hw.coreRead(consolePage() + RING_TAIL, 4) === state().tail) return;
  lock();
  publishNow();
  unlock();
}

function putWord(address: u32, value: u32, size: u32): void {
  state().word = value;
  hw.copyToCore(STATE + offsetof<State>("word"), address, size);
}

function putByte(byte: u32): void {
  const page = consolePage();
  if (page) {
    const tail = <u32>hw.coreRead(page + RING_TAIL, 4);
    putWord(page + RING_CONTENT + (tail & (RING_SIZE - 1)), byte, 1);
    putWord(page + RING_TAIL, tail + 1, 4);
  }
  const console = configAddress() + SYS_DEBUG_CONSOLE;
  if (byte === LF) putConsole(console, CR);
  putConsole(console, byte);
}

/** Prints a line of ASCII characters; one CPU at a time, before the core prints by itself. */
export function say(line: string): void {
  const address = changetype<usize>(line);
  const bytes = load<u32>(address - 4);
  for (let offset: u32 = 0; offset < bytes; offset += 2) putByte(load<u16>(address + offset));
  putByte(LF);
  publishNow();
}
