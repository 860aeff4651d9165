import { beforeEach, expect, test } from "vitest";
import { ConfigMechanism, Ecam, PciBus, PciFunction } from "./pci.ts";

let bus: PciBus;
let ports: ConfigMechanism;
let ecam: Ecam;

beforeEach(() => {
  bus = new PciBus();
  bus.add(
    0xf8,
    new PciFunction({ vendor: 0x8086, device: 0x2918, classCode: 0x060100, revision: 2 }),
  );
  ports = new ConfigMechanism(bus);
  ecam = new Ecam(bus);
});

test("mechanism 1 and ECAM see the same function, at every width", () => {
  ports.write(0, 4, 0x8000f800);
  expect(ports.read(0, 4)).toBe(0x8000f800);
  expect(ports.read(4, 4)).toBe(0x29188086);
  expect(ports.read(6, 2)).toBe(0x2918);
  ports.write(0, 4, 0x8000f808);
  expect(ports.read(7, 1)).toBe(0x06);
  expect(ecam.read(0xf8008, 4)).toBe(0x06010002);
  expect(ecam.read(0xf8002, 2)).toBe(0x2918);
});

test("functions that do not exist read as all ones", () => {
  ports.write(0, 4, 0x80000000);
  expect(ports.read(4, 4)).toBe(0xffffffff);
  expect(ecam.read(0x1000, 4)).toBe(0xffffffff);
  bus.write(0x10, 4, 2, 7);
});

test("without the enable bit, or with a narrow address, mechanism 1 is out", () => {
  ports.write(0, 4, 0x0000f800);
  expect(ports.read(4, 4)).toBe(0xffffffff);
  ports.write(0, 4, 0x8000f800);
  ports.write(0, 2, 0);
  expect(ports.read(0, 4)).toBe(0x8000f800);
});

test("only writable bits change", () => {
  bus.write(0xf8, 0x00, 4, 0);
  bus.write(0xf8, 0x04, 2, 0xffff);
  bus.write(0xf8, 0x3c, 1, 0x5a);
  bus.write(0xf8, 0x3d, 1, 0x5a);
  expect(bus.read(0xf8, 0x00, 4)).toBe(0x29188086);
  expect(bus.read(0xf8, 0x04, 4)).toBe(0x0547);
  expect(bus.read(0xf8, 0x3c, 4)).toBe(0x5a);
  expect(bus.read(0xf8, 0x03, 2)).toBe(0xffffffff);
});
