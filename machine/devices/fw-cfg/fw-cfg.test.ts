import { beforeEach, expect, test } from "vitest";
import * as F from "./fw-cfg.ts";

let device: F.FwCfg;
beforeEach(() => {
  device = new F.FwCfg({ cpus: 3, memory: 0x123456000 });
});

function item(selector: number, size: number, port = 1): number[] {
  device.write(0, 2, selector);
  return Array.from({ length: size }, () => device.read(port, 1));
}

test.each([
  ["the signature", F.FW_CFG_SIGNATURE, [0x51, 0x45, 0x4d, 0x55, 0, 0]],
  ["the interfaces", F.FW_CFG_ID, [1, 0, 0, 0, 0]],
  ["the size of RAM", F.FW_CFG_RAM_SIZE, [0, 0x60, 0x45, 0x23, 1, 0, 0, 0, 0]],
  ["the number of CPUs", F.FW_CFG_NB_CPUS, [3, 0, 0]],
  ["the most CPUs", F.FW_CFG_MAX_CPUS, [3, 0, 0]],
  ["an item that there is none of", 0x19, [0, 0, 0, 0]],
  ["an item, asked for with write access", 0x4005, [3, 0]],
])("%s, and zeros behind it", (_name, selector, bytes) => {
  expect(item(selector, bytes.length)).toEqual(bytes);
  expect(item(selector, bytes.length, 0)).toEqual(bytes);
});

test("only bytes are read, only the selector's 16 bits are written", () => {
  device.write(0, 2, F.FW_CFG_NB_CPUS);
  expect(device.read(0, 2)).toBe(0xffff);
  device.write(0, 1, F.FW_CFG_SIGNATURE);
  device.write(1, 1, 9);
  expect(device.read(1, 1)).toBe(3);
});

test("where a reader is, is saved", () => {
  item(F.FW_CFG_SIGNATURE, 2);
  const saved = device.save();
  expect(item(F.FW_CFG_NB_CPUS, 1)).toEqual([3]);
  device.restore(saved);
  expect(device.read(1, 1)).toBe(0x4d);
});
