// Speaks to a network card of the e1000 family, whose number is the parameter `bdf`: says its ids, where its registers are,
// and the address that it has on the network (Intel 82574 datasheet, sections 9.1 and 10.2.5.2).
import {
  mmioRead32,
  parameterInt,
  print,
  readPci32,
  writePci16,
} from "../../../inmates/lib/index.ts";

const COMMAND: u32 = 4;
const MEMORY_SPACE: u32 = 2;
const FIRST_BAR: u32 = 0x10;
const BAR_MASK: u32 = ~0xf;
const RECEIVE_ADDRESS: u64 = 0x5400;
const ADDRESS_BYTES: u32 = 6;
const COLON: u32 = 0x3a;

function printAddress(registers: u64): void {
  const low = <u64>mmioRead32(registers + RECEIVE_ADDRESS);
  const high = <u64>mmioRead32(registers + RECEIVE_ADDRESS + 4);
  const address = low | (high << 32);
  const text = print(", ");
  for (let byte: u32 = 0; byte < ADDRESS_BYTES; byte++) {
    if (byte > 0) text.char(COLON);
    text.hex((address >> (byte * 8)) & 0xff, 2);
  }
  text.line();
}

export function main(): void {
  const bdf = <u32>parameterInt("bdf", 0x10);
  writePci16(bdf, COMMAND, MEMORY_SPACE);
  const ids = readPci32(bdf, 0);
  const registers = <u64>(readPci32(bdf, FIRST_BAR) & BAR_MASK);
  print("Card ")
    .hex(ids & 0xffff, 4)
    .text(":")
    .hex(ids >> 16, 4)
    .text(" at 0x")
    .hex(registers);
  printAddress(registers);
}
