// Ports: grants, what is emulated, violations.
import { beforeEach, describe, expect, test } from "vitest";
import { EINVAL } from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import { EXIT_TRIPLE_FAULT, PIO_IN, PIO_REP, PIO_STRING, REG_RAX } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { Guest } from "./guest.ts";

const PM_TIMER = 0x608;

let guest: Guest;

beforeEach(() => {
  guest = new Guest(undefined, 0, {
    x86: { pmTimer: PM_TIMER },
    root: {
      ports: [
        [0x40, 4],
        [0x60, 8],
        [0x2f8, 8],
        [0x3f8, 8],
        [0xcf0, 0x20],
      ],
    },
  });
});

function create(options: cfg.CellOptions = {}): number {
  const config = cfg.cellConfig({
    regions: [cfg.loadable(5n * cfg.MIB), cfg.COMM],
    cpus: [3],
    ports: [
      [0x2f8, 8],
      [0x3fc, 8],
    ],
    ...options,
  });
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, config);
  const result = guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
  guest.output();
  guest.platform.takeRecord();
  return result;
}

function cellGuest(): Guest {
  const other: Guest = Object.create(guest);
  Object.assign(other, { cpu: 3 });
  return other;
}

function ports(cell: number): number[] {
  return [...(guest.platform.ports.get(cell) ?? [])].sort((a, b) => a - b);
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

const ROOT_PORTS = [
  ...range(0x40, 4),
  ...range(0x60, 4),
  ...range(0x65, 3),
  ...range(0x2f8, 8),
  ...range(0x3f8, 8),
  ...range(PM_TIMER, 4),
  ...range(0xcf0, 8),
  ...range(0xd00, 0x10),
];

function access(on: Guest, port: number, size: number, flags: number, value = 0n): number {
  on.code([0xec]);
  on.set(REG_RAX, value);
  return on.enter((core) => core.exitPio(on.cpu, port, size, flags, 1));
}

describe("grants", () => {
  test("follow the root cell's configuration, but for what is mediated", () => {
    expect(ports(0)).toEqual(ROOT_PORTS);
  });

  test("move to a cell, and back as far as the root cell lists them", () => {
    expect(create()).toBe(0);
    expect(ports(1)).toEqual([...range(0x2f8, 8), ...range(0x3fc, 8), ...range(PM_TIMER, 4)]);
    const lost = new Set([...range(0x2f8, 8), ...range(0x3fc, 8)]);
    expect(ports(0)).toEqual(ROOT_PORTS.filter((port) => !lost.has(port)));
    guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    expect(ports(0)).toEqual(ROOT_PORTS);
  });

  test("stay with a second cell that has them too", () => {
    expect(create()).toBe(0);
    expect(create({ id: 2, name: "b", cpus: [2], ports: [[0x2f8, 8]], regions: [] })).toBe(0);
    guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    expect(ports(0)).toEqual(ROOT_PORTS.filter((port) => port < 0x2f8 || port > 0x2ff));
  });

  test("end at the last port", () => {
    expect(create({ ports: [[0xfff8, 8]] })).toBe(0);
    expect(create({ id: 2, name: "b", cpus: [2], ports: [[0xfff8, 9]], regions: [] })).toBe(
      -EINVAL,
    );
  });
});

describe("an access that is not granted", () => {
  test.each([
    ["read", 0x70, 1, PIO_IN, "read, port: 70 size: 1"],
    ["write", 0x3c0, 2, 0, "write, port: 3c0 size: 2"],
    ["string read", 0x64, 1, PIO_IN | PIO_STRING, "read, port: 64 size: 1"],
    ["repeated write", 0x80, 1, PIO_STRING | PIO_REP, "write, port: 80 size: 1"],
    ["wide keyboard read", 0x64, 2, PIO_IN, "read, port: 64 size: 2"],
    ["wide delay", 0x80, 4, 0, "write, port: 80 size: 4"],
    ["byte to PCI's address", 0xcf8, 1, 0, "write, port: cf8 size: 1"],
    ["wide reset register", 0xcf9, 2, 0, "write, port: cf9 size: 2"],
    ["read beyond PCI's data", 0xcfe, 4, PIO_IN, "read, port: cfe size: 4"],
  ])("stops the CPU: %s", (_name, port, size, flags, text) => {
    expect(access(guest, port, size, flags)).toBe(0);
    expect(guest.output().split("\n")[0]).toBe(`FATAL: Invalid PIO ${text}`);
    expect(guest.platform.takeRecord()).toEqual(["parkCpu 0x0 0x0"]);
  });

  test("to the delay port is ignored", () => {
    expect(access(guest, 0x80, 1, 0, 0x55n)).toBe(1);
    expect(access(guest, 0x80, 1, PIO_IN, 0x1234n)).toBe(1);
    expect(guest.get(REG_RAX)).toBe(0x12ffn);
    expect(guest.platform.takeRecord()).toEqual([]);
  });
});

describe("the keyboard controller", () => {
  test("is passed on, but for what resets the machine", () => {
    guest.platform.onPort = () => 0x1c;
    expect(access(guest, 0x64, 1, PIO_IN, 0xffn)).toBe(1);
    expect(guest.get(REG_RAX)).toBe(0x1cn);
    for (let command = 0; command < 256; command++) {
      // Pulses without the reset line do nothing that anybody needs.
      const isFatal = command === 0xd1 || (command >= 0xf0 && command % 2 === 1);
      expect(access(guest, 0x64, 1, 0, BigInt(command))).toBe(isFatal ? 0 : 1);
      const orders = isFatal ? ["parkCpu 0x0 0x0"] : [`portOut 0x64 0x1 0x${command.toString(16)}`];
      expect(guest.platform.takeRecord()).toEqual(orders);
    }
  });

  test("is nobody's in a cell that does not list it", () => {
    create();
    expect(access(cellGuest(), 0x64, 1, PIO_IN)).toBe(0);
  });

  test("is not the root cell's while another cell has it", () => {
    create({ ports: [[0x64, 1]] });
    expect(access(cellGuest(), 0x64, 1, PIO_IN)).toBe(1);
    expect(access(guest, 0x64, 1, PIO_IN)).toBe(0);
  });
});

describe("a reset of the machine by the root cell", () => {
  /** What Linux writes at a reboot and after a panic: the reset port, then pulses of the keyboard controller. */
  const RESETS = [
    [0xcf9, 0x06],
    [0xcf9, 0x0e],
    [0x64, 0xfe],
  ] as const;
  const REFUSAL = "WARNING: The root cell does not reset the machine: other cells are running\n";
  const start = () => expect(guest.platform.hypercall(0, hc.HC_CELL_START, 1n)).toBe(0);

  /** What the resets order, and print. */
  function reset(): { orders: string[]; text: string } {
    guest.output();
    guest.platform.takeRecord();
    for (const [port, value] of RESETS) {
      expect(access(guest, port, 1, 0, BigInt(value))).toBe(1);
      expect(guest.advanced).toBeGreaterThan(0);
    }
    return { orders: guest.platform.takeRecord(), text: guest.output() };
  }
  const DONE = RESETS.map(
    ([port, value]) => `portOut 0x${port.toString(16)} 0x1 0x${value.toString(16)}`,
  );

  test("is carried out where there are no other cells, or none that runs", () => {
    expect(reset()).toEqual({ orders: DONE, text: "" });
    create();
    expect(reset()).toEqual({ orders: DONE, text: "" });
    start();
    expect(
      cellGuest().enter((core) => core.exitUnhandled(3, EXIT_TRIPLE_FAULT, 0x7fn, 0n, 0n)),
    ).toBe(0);
    expect(reset()).toEqual({ orders: DONE, text: "" });
  });

  test("is not, and is told so, while another cell runs", () => {
    create();
    start();
    expect(reset()).toEqual({ orders: [], text: REFUSAL.repeat(RESETS.length) });
  });

  test("the reset port is chosen from and read without a reset", () => {
    create();
    start();
    guest.platform.takeRecord();
    expect(access(guest, 0xcf9, 1, 0, 2n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["portOut 0xcf9 0x1 0x2"]);
    guest.platform.onPort = () => 2;
    expect(access(guest, 0xcf9, 1, PIO_IN)).toBe(1);
    expect(guest.get(REG_RAX) & 0xffn).toBe(2n);
  });

  test("is no other cell's to cause", () => {
    create({ ports: [[0x64, 1]] });
    expect(access(cellGuest(), 0xcf9, 1, 0, 6n)).toBe(0);
    expect(access(cellGuest(), 0x64, 1, 0, 0xfen)).toBe(0);
  });
});
