// A machine with a device that moves between cells, for the tests of PCI.
import { expect } from "vitest";
import * as abi from "../../../abi/config.ts";
import * as hc from "../../../abi/hypercall.ts";
import { ACCESS_WRITE, PIO_IN, REG_RAX, REG_RBX } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { x2apicCpuid } from "../fake-registers.ts";
import { Guest } from "./guest.ts";
import { ENTRIES, ModelDevice, MSI, MSIX, TABLE, VENDOR_CAPABILITY } from "./pci-model.ts";

export const ECAM = 0xb0000000n;
/** The device that moves, one that stays with the root cell, a bridge, and one that nobody lists. */
export const OWNED = 0x10;
export const ROOTS = 0x18;
export const BRIDGE = 0x20;
export const UNLISTED = 0x28;
const CELL_CPU = 3;
export const LOAD = [0x8b, 0x03];
const STORE: Readonly<Record<number, readonly number[]>> = {
  1: [0x88, 0x03],
  2: [0x66, 0x89, 0x03],
  4: [0x89, 0x03],
};
const WRITE = abi.CAP_FLAG_WRITE;
export const CAPS = [
  [MSI, 14, WRITE],
  [MSIX, 12, WRITE],
  [VENDOR_CAPABILITY, 4],
  [0x100, 8, WRITE],
] as const;
export const DEVICE = {
  caps: [0, CAPS.length],
  barMask: [0xffffc000, 0xffffffff],
  msix: { vectors: ENTRIES, address: TABLE, size: 4096 },
} as const;
/** The code that tests execute is where it is in the root cell. */
const REGIONS: readonly cfg.Region[] = [
  { phys: 0n, virt: 0n, size: cfg.MIB, flags: cfg.RWX | abi.MEM_ROOTSHARED },
  cfg.COMM,
  { ...cfg.loadable(5n * cfg.MIB), virt: 2n * cfg.MIB },
];

/** The root cell's CPU 0. */
export let guest: Guest;
/** All devices by bdf. */
export let devices: Map<number, ModelDevice>;

/** Makes a new machine; before each test. */
export function setUp(): void {
  start(new FakePlatform());
}

/** The same, but cells other than the root cell have their CPUs in x2APIC mode. */
export function setUpMixed(): void {
  const platform = new FakePlatform();
  platform.onCpuid = x2apicCpuid;
  start(platform);
}

function start(platform: FakePlatform): void {
  devices = new Map([OWNED, ROOTS, BRIDGE, UNLISTED].map((bdf) => [bdf, new ModelDevice()]));
  platform.onPci = (bdf, register, size) => devices.get(bdf)?.read(register, size) ?? 0xffffffff;
  platform.onPciWrite = (bdf, register, size, value) =>
    devices.get(bdf)?.write(register, size, value);
  const root = {
    caps: CAPS,
    devices: [
      { bdf: OWNED, ...DEVICE },
      { bdf: ROOTS, caps: [0, CAPS.length] as const, barMask: [0xffff0000] },
      { bdf: BRIDGE, type: abi.PCI_TYPE_BRIDGE },
    ],
  };
  const system = { x86: { mmconfig: { base: ECAM, endBus: 0xff } }, root };
  guest = new Guest(platform, 0, system, (address, value) =>
    devices.get(OWNED)?.memory(address, value),
  );
}

/** The device that moves. */
export function owned(): ModelDevice {
  return devices.get(OWNED)!;
}

/** Creates a cell with that device on CPU 3; returns the hypercall's result. */
export function create(options: cfg.CellOptions = {}): number {
  const config = cfg.cellConfig({
    flags: abi.CELL_FLAG_UNGUARDED_DMA,
    regions: REGIONS,
    cpus: [CELL_CPU],
    devices: [{ bdf: OWNED, ...DEVICE }],
    caps: CAPS,
    ...options,
  });
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, config);
  return guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
}

/** Forgets what was printed and ordered. */
export function forget(): void {
  guest.output();
  guest.platform.takeRecord();
}

/** That cell's CPU. */
export function cellGuest(): Guest {
  const other: Guest = Object.create(guest);
  Object.assign(other, { cpu: CELL_CPU });
  return other;
}

/** IN or OUT, `flags` PIO_*. */
export function port(on: Guest, number: number, size: number, flags: number, value = 0n): number {
  on.code([0xec]);
  on.set(REG_RAX, value);
  return on.enter((core) => core.exitPio(on.cpu, number, size, flags, 1));
}

/** Selects a register at port cf8. */
export function select(on: Guest, bdf: number, register: number): void {
  const address = (0x80000000 | (bdf << 8) | (register & 0xfc)) >>> 0;
  expect(port(on, 0xcf8, 4, 0, BigInt(address))).toBe(1);
}

/** Reads configuration space by the ports. */
export function read(on: Guest, bdf: number, register: number, size = 4): bigint {
  select(on, bdf, register);
  expect(port(on, 0xcfc + (register & 3), size, PIO_IN)).toBe(1);
  return on.get(REG_RAX);
}

/** Writes configuration space by the ports; returns what the exit returns. */
export function write(
  on: Guest,
  bdf: number,
  register: number,
  size: number,
  value: number,
): number {
  select(on, bdf, register);
  return port(on, 0xcfc + (register & 3), size, 0, BigInt(value >>> 0));
}

/** Writes memory-mapped configuration space or, with an address, other device memory. */
export function store(on: Guest, address: bigint, value: bigint, size = 4): number {
  on.code(STORE[size]!);
  on.set(REG_RAX, value);
  on.set(REG_RBX, 0n);
  return on.mmio(address, ACCESS_WRITE);
}

/** Reads device memory. */
export function load(on: Guest, address: bigint): bigint {
  on.code(LOAD);
  on.set(REG_RBX, 0n);
  expect(on.mmio(address)).toBe(1);
  return on.get(REG_RAX);
}

/** Address of a register in memory-mapped configuration space. */
export const ecam = (bdf: number, register: number) => ECAM + BigInt((bdf << 12) | register);
