import { beforeEach, expect, test } from "vitest";
import { AUX_FULL, I8042, OUTPUT_FULL, TIMED_OUT } from "./i8042.ts";

let device: I8042;
let lines: { keyboard: boolean; aux: boolean; resets: number };

beforeEach(() => {
  lines = { keyboard: false, aux: false, resets: 0 };
  device = new I8042({
    keyboard: (level) => {
      lines.keyboard = level;
    },
    aux: (level) => {
      lines.aux = level;
    },
    reset: () => {
      lines.resets++;
    },
  });
});

const command = (...bytes: number[]) => {
  device.command.write(0, 1, bytes[0]!);
  for (const byte of bytes.slice(1)) device.data.write(0, 1, byte);
};
const status = () => device.command.read(0, 1);
const data = () => device.data.read(0, 1);

test.each([
  ["self-test", [0xaa], 0x55],
  ["test of the keyboard's line", [0xab], 0],
  ["test of the mouse's line", [0xa9], 0],
  ["command byte", [0x20], 0x44],
  ["input port", [0xc0], 0x80],
  ["output port", [0xd0], 0xcf],
  ["loop to the keyboard's output", [0xd2, 0x5a], 0x5a],
])("%s is answered at once, once", (_name, bytes, answer) => {
  expect(status() & OUTPUT_FULL).toBe(0);
  command(...bytes);
  expect(status() & (OUTPUT_FULL | AUX_FULL | TIMED_OUT)).toBe(OUTPUT_FULL);
  expect(data()).toBe(answer);
  expect(status() & OUTPUT_FULL).toBe(0);
  expect(data()).toBe(answer);
});

test("a byte for a device that is not there times out, as its own", () => {
  device.data.write(0, 1, 0xf2);
  expect(status() & (AUX_FULL | TIMED_OUT)).toBe(TIMED_OUT);
  expect(data()).toBe(0xfe);
  command(0xd4, 0xf2);
  expect(status() & (AUX_FULL | TIMED_OUT)).toBe(AUX_FULL | TIMED_OUT);
  expect(data()).toBe(0xfe);
});

test("bytes interrupt, each at its own line, while the command byte lets them", () => {
  command(0xd3, 0x11);
  expect(lines).toMatchObject({ keyboard: false, aux: false });
  command(0x60, 0x47);
  expect(lines).toMatchObject({ keyboard: false, aux: true });
  command(0xd2, 0x22);
  expect([data(), lines.aux, lines.keyboard]).toEqual([0x11, false, true]);
  expect([data(), lines.aux, lines.keyboard]).toEqual([0x22, false, false]);
});

test("devices are switched off and on in the command byte, and memory is kept", () => {
  for (const one of [0xa7, 0xad]) command(one);
  command(0x20);
  expect(data()).toBe(0x74);
  for (const one of [0xa8, 0xae]) command(one);
  command(0x20);
  expect(data()).toBe(0x44);
  command(0x7f, 0x99);
  command(0x3f);
  expect(data()).toBe(0x99);
});

test("the reset line is pulled by a pulse and by the output port, and by nothing else", () => {
  for (const one of [0xff, 0xf1, 0xaa]) command(one);
  command(0xd1, 0xdf);
  expect(lines.resets).toBe(0);
  command(0xfe);
  expect(lines.resets).toBe(1);
  command(0xd1, 0xde);
  expect(lines.resets).toBe(2);
});

test("what waits is saved", () => {
  command(0xaa);
  const saved = device.save();
  data();
  device.restore(saved);
  expect([status() & OUTPUT_FULL, data()]).toEqual([OUTPUT_FULL, 0x55]);
});
