// The table of denied accesses, and learning.
import { beforeEach, describe, expect, test } from "vitest";
import { SYS_FLAG_LEARN, SYS_FLAG_VIRTUAL_DEBUG_CONSOLE } from "../../../abi/config.ts";
import * as table from "../../../abi/denials.ts";
import { EINVAL, EPERM } from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import { ACCESS_WRITE, PIO_IN, PIO_STRING, REG_RAX } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { Guest } from "../x86/guest.ts";

const ECAM = 0xb0000000n;
const NOWHERE = 0x80000000n;
/** mov %eax,(%rdi). */
const STORE = [0x89, 0x07];

let guest: Guest;

function word(offset: number): number {
  return guest.platform.hypercall(0, hc.HC_DENIAL_WORD, BigInt(offset / 4)) >>> 0;
}

interface Denial {
  readonly kind: number;
  readonly flags: number;
  readonly size: number;
  readonly mode: number;
  readonly cpu: number;
  readonly cell: number;
  readonly length: number;
  readonly address: bigint;
  readonly value: bigint;
  readonly times: number;
  readonly bytes: readonly number[];
}

function denial(slot: number): Denial {
  const words = Array.from({ length: table.DENIAL_SIZE / 4 }, (_, index) =>
    word(table.DENIALS_RECORDS + slot * table.DENIAL_SIZE + index * 4),
  );
  const view = new DataView(Uint32Array.from(words).buffer);
  const available = view.getUint8(table.DENIAL_BYTES);
  return {
    kind: view.getUint8(table.DENIAL_KIND),
    flags: view.getUint8(table.DENIAL_FLAGS),
    size: view.getUint8(table.DENIAL_ACCESS_SIZE),
    mode: view.getUint8(table.DENIAL_MODE),
    cpu: view.getUint16(table.DENIAL_CPU, true),
    cell: view.getUint32(table.DENIAL_CELL, true),
    length: view.getUint32(table.DENIAL_LENGTH, true),
    address: view.getBigUint64(table.DENIAL_ADDRESS, true),
    value: view.getBigUint64(table.DENIAL_VALUE, true),
    times: view.getUint32(table.DENIAL_TIMES, true),
    bytes: Array.from({ length: available }, (_, i) => view.getUint8(table.DENIAL_INSTRUCTION + i)),
  };
}

function count(): number {
  return word(table.DENIALS_COUNT);
}

function pio(on: Guest, port: number, size: number, flags: number, value = 0n): number {
  on.code([0xec]);
  on.set(REG_RAX, value);
  return on.enter((core) => core.exitPio(on.cpu, port, size, flags, 1));
}

function enabled(flags: number): Guest {
  return new Guest(undefined, 0, {
    flags,
    x86: { mmconfig: { base: ECAM, endBus: 0xff } },
    root: { ports: [[0x3f8, 8]] },
  });
}

function createCell(): number {
  const config = cfg.cellConfig({
    name: "other",
    regions: [cfg.loadable(5n * cfg.MIB), cfg.COMM],
    cpus: [3],
    ports: [[0x2f8, 8]],
  });
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, config);
  return guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
}

describe("without learning", () => {
  beforeEach(() => {
    guest = enabled(SYS_FLAG_VIRTUAL_DEBUG_CONSOLE);
  });

  test("the table begins empty", () => {
    expect(word(table.DENIALS_SIGNATURE)).toBe(table.DENIALS_MAGIC);
    expect(word(table.DENIALS_VERSION)).toBe(table.DENIALS_VERSION_1);
    expect(word(table.DENIALS_FLAGS)).toBe(0);
    expect(word(table.DENIALS_CAPACITY)).toBe(255);
    expect(count()).toBe(0);
  });

  test("only the root cell reads it, and only it", () => {
    const beyond = BigInt(table.DENIALS_SIZE / 4);
    expect(guest.platform.hypercall(0, hc.HC_DENIAL_WORD, beyond)).toBe(-EINVAL);
    expect(createCell()).toBe(0);
    expect(guest.platform.hypercall(3, hc.HC_DENIAL_WORD, 0n)).toBe(-EPERM);
  });

  test("a write to memory that nobody has", () => {
    guest.code(STORE);
    expect(guest.mmio(NOWHERE, ACCESS_WRITE)).toBe(0);
    expect(count()).toBe(1);
    expect(denial(0)).toEqual({
      ...{ kind: table.DENIAL_KIND_MEMORY, flags: table.DENIAL_FLAG_WRITE, size: 4, mode: 8 },
      ...{ cpu: 0, cell: 0, length: 0, address: NOWHERE, value: 0n, times: 1 },
      bytes: [...STORE, ...Array.from({ length: 14 }, () => 0x90)],
    });
  });

  test("a port, with the value written", () => {
    expect(pio(guest, 0x70, 1, 0, 0x8fn)).toBe(0);
    expect(denial(0)).toMatchObject({
      ...{ kind: table.DENIAL_KIND_PORT, flags: table.DENIAL_FLAG_WRITE, size: 1 },
      ...{ address: 0x70n, value: 0x8fn },
    });
  });

  test("the same again is counted, another size is not the same", () => {
    pio(guest, 0x70, 1, PIO_IN);
    pio(guest, 0x70, 1, PIO_IN);
    pio(guest, 0x70, 2, PIO_IN);
    expect(count()).toBe(2);
    expect(denial(0).times).toBe(2);
    expect(denial(1).times).toBe(1);
  });

  test("an MSR", () => {
    guest.code([0x0f, 0x30]);
    for (let times = 0; times < 3; times++) expect(guest.wrmsr(0x1b, 5n)).toBe(1);
    expect(guest.advanced).toBe(0);
    expect(count()).toBe(1);
    expect(denial(0)).toMatchObject({
      ...{ kind: table.DENIAL_KIND_MSR, flags: table.DENIAL_FLAG_WRITE, times: 3 },
      ...{ address: 0x1bn, value: 5n },
    });
  });

  test("more than there are slots overwrite the oldest", () => {
    for (let port = 0; port < 256; port++) pio(guest, 0x4000 + port, 1, PIO_IN);
    expect(count()).toBe(256);
    expect(denial(0).address).toBe(0x40ffn);
    expect(denial(1).address).toBe(0x4001n);
  });
});

describe("learning", () => {
  beforeEach(() => {
    guest = enabled(SYS_FLAG_VIRTUAL_DEBUG_CONSOLE | SYS_FLAG_LEARN);
  });

  test("is said", () => {
    expect(word(table.DENIALS_FLAGS)).toBe(table.DENIALS_FLAG_LEARNING);
  });

  test("gives the root cell a page that nobody has, and notes it", () => {
    guest.code(STORE);
    expect(guest.mmio(NOWHERE + 0x123n, ACCESS_WRITE)).toBe(1);
    expect(guest.advanced).toBe(0);
    expect(guest.platform.spaces.get(0)?.pages.get(NOWHERE >> 12n)).toEqual({
      phys: NOWHERE,
      flags: 3,
    });
    expect(denial(0)).toMatchObject({
      flags: table.DENIAL_FLAG_WRITE | table.DENIAL_FLAG_ALLOWED,
      address: NOWHERE,
      length: 4096,
    });
    expect(guest.output()).toBe("");
  });

  test("never gives it the hypervisor's memory, or another cell's", () => {
    guest.code(STORE);
    expect(guest.mmio(cfg.HYPERVISOR.phys, ACCESS_WRITE)).toBe(0);
    guest = enabled(SYS_FLAG_LEARN);
    expect(createCell()).toBe(0);
    guest.code(STORE);
    expect(guest.mmio(5n * cfg.MIB, ACCESS_WRITE)).toBe(0);
    expect(denial(0).flags).toBe(table.DENIAL_FLAG_WRITE);
  });

  test("never gives another cell anything", () => {
    expect(createCell()).toBe(0);
    const other: Guest = Object.assign(Object.create(guest), { cpu: 3 });
    other.code(STORE);
    expect(other.mmio(NOWHERE, ACCESS_WRITE)).toBe(0);
    expect(pio(other, 0x70, 1, PIO_IN)).toBe(0);
  });

  test("opens ports that nobody has", () => {
    expect(pio(guest, 0x70, 2, PIO_IN | PIO_STRING)).toBe(1);
    expect(guest.advanced).toBe(0);
    expect(guest.platform.ports.get(0)).toContain(0x71);
    expect(denial(0)).toMatchObject({
      flags: table.DENIAL_FLAG_STRING | table.DENIAL_FLAG_ALLOWED,
      length: 2,
    });
    expect(createCell()).toBe(0);
    expect(pio(guest, 0x2f8, 1, PIO_IN)).toBe(0);
  });

  test("what was learned is taken away by a cell that has it", () => {
    expect(pio(guest, 0x2f8, 1, PIO_IN)).toBe(1);
    expect(createCell()).toBe(0);
    expect(guest.platform.ports.get(0)).not.toContain(0x2f8);
  });

  test("does not widen which MSRs the root cell may write", () => {
    guest.code([0x0f, 0x30]);
    expect(guest.wrmsr(0x1b, 5n)).toBe(1);
    expect(guest.advanced).toBe(0);
    expect(denial(0)).toMatchObject({ flags: table.DENIAL_FLAG_WRITE, times: 1 });
  });
});
