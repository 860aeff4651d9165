// Kernels by hand for tests that want no compiler: 32-bit code that prints on COM1, starts CPU 1, and ends the machine.

import type { BootFile } from "../../control/api.ts";
import { elf, u16, u32 } from "../../machine/boot/testing/images.ts";

const MIB = 0x100000;
export const EXIT_PORT = 0xf4;
const COM1 = 0x3f8;
const LINE_STATUS = COM1 + 5;
const THR_EMPTY = 0x20;
const ICR = 0xfee00300;
const SVR = 0xfee000f0;
/** To all but the sender: INIT, and the start-up IPI for the page of OTHER. */
const INIT_OTHERS = 0xc4500;
const START_OTHERS = 0xc4600;
/** Where the other CPUs start, in real mode. */
const OTHER = 0x8000;
/** A byte that they set. */
const ARRIVED = 0x8800;

/** mov edx, LSR; in al, dx; test al, THRE; jz back; mov edx, THR; mov al, letter; out dx, al */
const letter = (code: number) => [
  ...[0xba, ...u32(LINE_STATUS), 0xec, 0xa8, THR_EMPTY, 0x74, 0xfb],
  ...[0xba, ...u32(COM1), 0xb0, code, 0xee],
];
export const print = (text: string) => [...text].flatMap((one) => letter(one.charCodeAt(0)));
/** mov edx, port; mov eax, value; out dx, eax */
export const end = (value: number) => [0xba, ...u32(EXIT_PORT), 0xb8, ...u32(value), 0xef];
/** mov edx, port; mov eax, value; out dx, ax: ACPI's power-off, by the PM1 control register. */
export const POWER_OFF = [0xba, ...u32(0x604), 0xb8, ...u32(0x2000), 0x66, 0xef];
/** mov edx, port; mov al, 6; out dx, al: a hard reset, by the reset control register. */
export const RESET = [0xba, ...u32(0xcf9), 0xb0, 6, 0xee];
/** By port 0x92, by the keyboard controller's pulse, by a triple fault: lidt [a limit of zero]; int3. */
export const RESET_FAST = [0xb0, 1, 0xe6, 0x92];
export const RESET_PULSE = [0xb0, 0xfe, 0xe6, 0x64];
export const TRIPLE_FAULT = [0x0f, 0x01, 0x1d, ...u32(0x9000), 0xcc];
/** A cell of CMOS memory, and a byte of RAM. */
const CELL = 0x40;
const MARK = 0x300000;
/** mov al, cell; out 0x70, al */
const SELECT = [0xb0, CELL, 0xe6, 0x70];

/**
 * Prints the digit in RAM (which is zero unless RAM has been kept), makes it a one, and does `reset` until CMOS memory has counted to
 * `starts`; then it powers off.
 */
export const restarting = (reset: readonly number[], starts: number) => [
  // mov al, [MARK]; add al, '0'; mov edx, COM1; out dx, al; mov byte [MARK], 1
  ...[0xa0, ...u32(MARK), 0x04, 0x30, 0xba, ...u32(COM1), 0xee, 0xc6, 0x05, ...u32(MARK), 1],
  // in al, 0x71; inc al; mov cl, al
  ...[...SELECT, 0xe4, 0x71, 0xfe, 0xc0, 0x88, 0xc1],
  // mov al, cl; out 0x71, al; cmp cl, starts; jae behind
  ...[...SELECT, 0x88, 0xc8, 0xe6, 0x71, 0x80, 0xf9, starts, 0x73, reset.length + SLEEP.length],
  ...[...reset, ...SLEEP, ...POWER_OFF, ...SLEEP],
];

/** mov dword [address], value */
const store = (address: number, value: number) => [0xc7, 0x05, ...u32(address), ...u32(value)];
/** hlt; jmp back to it */
export const SLEEP = [0xf4, 0xeb, 0xfd];
/** mov byte [ARRIVED], 1; hlt; jmp back to it: in real mode. */
const OTHER_CODE = [0xc6, 0x06, ...u16(ARRIVED), 1, ...SLEEP];
/** cmp byte [ARRIVED], 0; je back to it */
const AWAIT = [0x80, 0x3d, ...u32(ARRIVED), 0, 0x74, 0xf7];

/** Starts the other CPUs, and waits until one is there. */
export const START = [
  ...store(SVR, 0x1ff),
  ...store(ICR, INIT_OTHERS),
  ...store(ICR, START_OTHERS | (OTHER >> 12)),
  ...AWAIT,
];

/** A kernel that is this code, at 1 MiB; with what the other CPUs do. */
export function kernel(code: readonly number[]): BootFile {
  const parts = [
    { bytes: code, physical: MIB },
    { bytes: OTHER_CODE, physical: OTHER, size: ARRIVED + 1 - OTHER },
  ];
  return { ...elf(MIB, parts), name: "by-hand" };
}
