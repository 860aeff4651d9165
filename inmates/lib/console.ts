// Where characters go: an 8250 at a port or in device memory, as the communication region says, the hypervisor's
// console if the cell's configuration makes it active, or both. The command line overrides it.
import { COMM_CONSOLE, COMM_FLAG_PUTC_ACTIVE } from "../../abi/comm.ts";
import {
  CONSOLE_ADDRESS,
  CONSOLE_DIVIDER,
  CONSOLE_FLAG_MMIO,
  CONSOLE_FLAG_REGDIST_4,
  CONSOLE_FLAGS,
  CONSOLE_TYPE,
  CONSOLE_TYPE_8250,
} from "../../abi/config.ts";
import { HC_DEBUG_CONSOLE_PUTC } from "../../abi/hypercall.ts";
import { hasParameter, parameterBool, parameterInt, parameterIs } from "./cmdline.ts";
import { commFlags, commRead16, commRead32 } from "./comm.ts";
import { in8, mmioRead8, mmioWrite8, out8, pause } from "./hardware.ts";
import { hypercall } from "./hypercall.ts";

// Registers of an 8250, and what is written to them.
const UART_DATA: u32 = 0;
const UART_DIVISOR_LOW: u32 = 0;
const UART_DIVISOR_HIGH: u32 = 1;
const UART_INTERRUPT_ENABLE: u32 = 1;
const UART_LINE_CONTROL: u32 = 3;
const UART_LINE_STATUS: u32 = 5;
const LINE_8N1: u32 = 3;
const LINE_DIVISOR_ACCESS: u32 = 0x80;
const STATUS_TRANSMITTER_EMPTY: u32 = 0x20;
const REGISTER_DISTANCE_4_SHIFT: u32 = 2;
const PAUSES_PER_POLL: u32 = 64;

const LINE_FEED: u32 = 10;
const CARRIAGE_RETURN: u32 = 13;

let isConfigured: bool = false;
let hasUart: bool = false;
let isVirtual: bool = false;
let isMmio: bool = false;
let base: u64 = 0;
let distanceShift: u32 = 0;

function uartRead(register: u32): u32 {
  const offset = register << distanceShift;
  return isMmio ? mmioRead8(base + offset) : in8(<u32>base + offset);
}

function uartWrite(register: u32, value: u32): void {
  const offset = register << distanceShift;
  if (isMmio) mmioWrite8(base + offset, value);
  else out8(<u32>base + offset, value);
}

/** Sets the speed. A divider of 0 leaves the UART as it was found. */
function setDivider(divider: u32): void {
  if (divider == 0) return;
  uartWrite(UART_INTERRUPT_ENABLE, 0);
  uartWrite(UART_LINE_CONTROL, LINE_8N1 | LINE_DIVISOR_ACCESS);
  uartWrite(UART_DIVISOR_LOW, divider & 0xff);
  uartWrite(UART_DIVISOR_HIGH, divider >> 8);
  uartWrite(UART_LINE_CONTROL, LINE_8N1);
}

/** Finds the console; once, before the first character. */
function configure(): void {
  isConfigured = true;
  const flags = commRead16(COMM_CONSOLE + CONSOLE_FLAGS);
  const type = commRead16(COMM_CONSOLE + CONSOLE_TYPE);
  hasUart = hasParameter("con-type") ? parameterIs("con-type", "8250") : type == CONSOLE_TYPE_8250;
  isMmio = parameterBool("con-is-mmio", (flags & CONSOLE_FLAG_MMIO) != 0);
  const isDense = parameterBool("con-regdist-1", (flags & CONSOLE_FLAG_REGDIST_4) == 0);
  distanceShift = isDense ? 0 : REGISTER_DISTANCE_4_SHIFT;
  const low = commRead32(COMM_CONSOLE + CONSOLE_ADDRESS);
  const high = commRead32(COMM_CONSOLE + CONSOLE_ADDRESS + 4);
  base = <u64>parameterInt("con-base", <i64>(((<u64>high) << 32) | low));
  isVirtual = parameterBool("con-virtual", (commFlags() & COMM_FLAG_PUTC_ACTIVE) != 0);
  const divider = commRead32(COMM_CONSOLE + CONSOLE_DIVIDER);
  if (hasUart) setDivider(<u32>parameterInt("con-divider", divider));
}

/** A character takes long on the line (87 us at 115200 baud): there is no need to ask all the time. */
function pauseLong(): void {
  for (let i: u32 = 0; i < PAUSES_PER_POLL; i++) pause();
}

function put(char: u32): void {
  if (hasUart) {
    while ((uartRead(UART_LINE_STATUS) & STATUS_TRANSMITTER_EMPTY) == 0) pauseLong();
    uartWrite(UART_DATA, char);
  }
  if (isVirtual) hypercall(HC_DEBUG_CONSOLE_PUTC, char);
}

/** Puts one character; a line feed gets a carriage return before it. */
export function putChar(char: u32): void {
  if (!isConfigured) configure();
  if (char == LINE_FEED) put(CARRIAGE_RETURN);
  put(char);
}
