// The core as it is built for Arm64, on a platform that records what it orders: what it makes of each syndrome. The syndromes are
// written here bit by bit as the Arm Architecture Reference Manual has them (DDI 0487, section D19.2.37), not with abi/'s names.
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { EINVAL, ENOSYS } from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import { defineCell, defineSystem, encode, KiB, MiB, mmio } from "../../../config/index.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";

const module = new WebAssembly.Module(
  readFileSync(new URL("../../../dist/hypervisor-arm64.wasm", import.meta.url)),
);

const CLOCK = 0x09010000;
const SYSTEM = {
  architecture: "arm64",
  hypervisorMemory: { physical: 0x70000000, size: MiB(4) },
  arm: { gicVersion: 3, maintenanceIrq: 25, gicdBase: 0x08000000, gicrBase: 0x080a0000 },
  rootCell: {
    name: "board",
    cpus: [0, 1],
    memory: [
      mmio({ physical: 0x09000000, size: KiB(4) }),
      {
        physical: CLOCK,
        size: 0x20,
        flags: ["read", "write", "io", "io-8", "io-16", "io-32", "io-64"],
      },
      { physical: 0x40000000, size: MiB(16), flags: ["read", "write", "execute", "dma"] },
    ],
  },
} as const;

const PC = 32;
const SP = 31;
const ZERO_REGISTER = 31;
const START = 0x40080000n;
const HVC = 0x16;
const FETCH = 0x20;
const DATA = 0x24;
const IL = 1 << 25;

/** A data abort's syndrome: a translation fault at level 3 unless said otherwise. */
interface Access {
  readonly size?: 0 | 1 | 2 | 3;
  readonly register?: number;
  readonly isWrite?: boolean;
  readonly isSigned?: boolean;
  readonly isSixtyFour?: boolean;
  readonly isValid?: boolean;
  readonly isWalk?: boolean;
  readonly isCache?: boolean;
  readonly isShort?: boolean;
  readonly status?: number;
}

function syndrome(access: Access): bigint {
  const { size = 2, register = 5, isValid = true, status = 0b000111 } = access;
  const flag = (value: boolean | undefined, bit: number) => (value ? 1 << bit : 0);
  const iss =
    (isValid ? (1 << 24) | (size << 22) | (register << 16) : 0) |
    flag(access.isSigned, 21) |
    flag(access.isSixtyFour, 15) |
    flag(access.isCache, 8) |
    flag(access.isWalk, 7) |
    flag(access.isWrite, 6) |
    status;
  return (BigInt(DATA) << 26n) | BigInt(access.isShort ? 0 : IL) | BigInt(iss);
}

interface Traps {
  exitTrap(cpu: number, esr: bigint, far: bigint, hpfar: bigint): void;
}

let platform: FakePlatform;

/** The guest of CPU 0 traps; `address` is guest-physical, and mapped somewhere else by its own tables. */
function trap(esr: bigint, address = 0n): void {
  const far = 0xffff_8000_1234_5000n | (address & 0xfffn);
  const hpfar = (address >> 12n) << 4n;
  platform.enter(0, () => (platform.core as unknown as Traps).exitTrap(0, esr, far, hpfar));
}

const registers = () => platform.cpus[0]!.registers;
const read = (register: number) => registers().get(register);
const console = () => platform.ring().replaceAll("\r", "");

/** A hypercall of CPU `cpu`. */
function hypercallOf(cpu: number, code: number, ...values: bigint[]): bigint {
  const { registers } = platform.cpus[cpu]!;
  registers.set(0, BigInt(code));
  values.forEach((value, index) => {
    registers.set(index + 1, value);
  });
  const esr = (BigInt(HVC) << 26n) | BigInt(IL) | 0x4a48n;
  platform.enter(cpu, () => (platform.core as unknown as Traps).exitTrap(cpu, esr, 0n, 0n));
  return BigInt.asIntN(64, registers.get(0)!);
}

const hypercall = (code: number, ...values: bigint[]) => hypercallOf(0, code, ...values);

beforeEach(() => {
  platform = new FakePlatform({ module, cpus: 2 });
  expect(platform.enable(encode(defineSystem(SYSTEM)))).toBe(0);
  registers().set(PC, START);
  platform.takeRecord();
});

describe("hypercalls", () => {
  test("come with HVC 0x4a48, and the program counter is behind it already", () => {
    expect(hypercall(hc.HC_HYPERVISOR_GET_INFO, BigInt(hc.INFO_NUM_CELLS))).toBe(1n);
    expect(read(PC)).toBe(START);
    expect(hypercall(hc.HC_HYPERVISOR_GET_INFO, 99n)).toBe(BigInt(-EINVAL));
  });

  test("with a number of nobody's are refused, with the position", () => {
    expect(hypercall(99)).toBe(BigInt(-ENOSYS));
    expect(console()).toContain("CPU 0: Unknown hypercall 99, PC: 0x0000000040080000\n");
  });

  test("with another immediate are a violation", () => {
    trap((BigInt(HVC) << 26n) | BigInt(IL) | 0n);
    expect(console()).toContain("FATAL: Unexpected trap, ESR: 0x000000005a000000 FAR: 0x");
    expect(platform.cpus[0]!.activity).toBe("halted");
  });

  test("a cell beside the root cell is refused with the reason", () => {
    const cell = encode(
      defineCell({
        architecture: "arm64",
        name: "one",
        cpus: [1],
        memory: [{ physical: 0x40800000, size: MiB(1), flags: ["read", "write", "loadable"] }],
      }),
    );
    cell.set([1], 40);
    platform.writeRam(0x40000000n, cell);
    expect(hypercall(hc.HC_CELL_CREATE, 0x40000000n)).toBe(BigInt(-ENOSYS));
    expect(console()).toContain("Arm64 has no cells beside the root cell yet");
    expect(platform.cpus[1]!.stopped).toBe(false);
  });
});

describe("accesses that are carried out", () => {
  const VALUE = 0xf1e2d3c4b5a69788n;
  beforeEach(() => {
    platform.onMmio = (_address, size) => BigInt.asUintN(size * 8, VALUE);
  });

  test.each<[string, Access, bigint]>([
    ["a byte", { size: 0 }, 0x88n],
    ["a half-word", { size: 1 }, 0x9788n],
    ["a word", { size: 2 }, 0xb5a69788n],
    ["a double-word", { size: 3, isSixtyFour: true }, VALUE],
    ["a signed byte in 32 bits", { size: 0, isSigned: true }, 0xffffff88n],
    [
      "a signed byte in 64 bits",
      { size: 0, isSigned: true, isSixtyFour: true },
      0xffffffffffffff88n,
    ],
    ["a signed half-word in 32 bits", { size: 1, isSigned: true }, 0xffff9788n],
    [
      "a signed word in 64 bits",
      { size: 2, isSigned: true, isSixtyFour: true },
      0xffffffffb5a69788n,
    ],
  ])("%s is read, extended as the instruction says", (_what, access, expected) => {
    registers().set(5, ~0n);
    trap(syndrome(access), BigInt(CLOCK) + 8n);
    expect(read(5)).toBe(expected);
    expect(read(PC)).toBe(START + 4n);
  });

  test.each([0, 1, 2, 3] as const)("2^%i bytes of a register are written", (size) => {
    registers().set(7, VALUE);
    trap(syndrome({ size, register: 7, isWrite: true, isSixtyFour: size === 3 }), BigInt(CLOCK));
    const written = BigInt.asUintN(8 << size, VALUE).toString(16);
    expect(platform.takeRecord()).toEqual([`mmioWrite 0x9010000 0x${1 << size} 0x${written}`]);
  });

  test("the zero register is zero, and takes nothing", () => {
    registers().set(SP, 0x1234n);
    trap(syndrome({ register: ZERO_REGISTER, isWrite: true }), BigInt(CLOCK));
    expect(platform.takeRecord()).toEqual(["mmioWrite 0x9010000 0x4 0x0"]);
    trap(syndrome({ register: ZERO_REGISTER }), BigInt(CLOCK));
    expect(read(SP)).toBe(0x1234n);
    expect(read(PC)).toBe(START + 8n);
  });

  test("an instruction of 16 bits is as long", () => {
    trap(syndrome({ isShort: true }), BigInt(CLOCK));
    expect(read(PC)).toBe(START + 2n);
  });
});

describe("accesses that are denied", () => {
  const HOLE = 0x0b000123n;
  const nothingHappened = () => {
    expect(platform.takeRecord()).toEqual(["parkCpu 0x0 0x0"]);
    expect(read(PC)).toBe(START);
    expect(console()).toContain('Parking CPU 0 (Cell: "board")\nDenial: ');
  };

  test.each<[string, Access, bigint, string]>([
    ["a read where nothing is", { size: 0 }, HOLE, "read, addr: 0x000000000b000123 size: 1"],
    [
      "a write where nothing is",
      { isWrite: true },
      HOLE,
      "write, addr: 0x000000000b000123 size: 4",
    ],
    [
      "a permission fault",
      { isWrite: true, status: 0b001111 },
      0x09000004n,
      "write, addr: 0x0000000009000004 size: 4",
    ],
    [
      "one that ends beyond its region",
      { size: 3 },
      0x0901001cn,
      "read, addr: 0x000000000901001c size: 8",
    ],
    [
      "one high above all memory",
      { size: 3 },
      0x7fff_ffff_f008n,
      "read, addr: 0x00007ffffffff008 size: 8",
    ],
  ])("%s", (_what, access, address, text) => {
    trap(syndrome(access), address);
    expect(console()).toContain(`FATAL: Invalid MMIO/RAM ${text}\nPC: 0x0000000040080000 SP: 0x`);
    nothingHappened();
  });

  test.each<[string, Access, string]>([
    [
      "without a description",
      { isValid: false },
      "unsupported instruction, the processor does not",
    ],
    [
      "by a page table walk",
      { isValid: false, isWalk: true },
      "device access by page tables, ESR: 0x",
    ],
  ])("one %s is refused with the reason", (_what, access, reason) => {
    trap(syndrome(access), HOLE);
    expect(console()).toMatch(
      new RegExp(`FATAL: ${reason}.*\\nFATAL: Invalid MMIO/RAM read, addr: \\S+ size: 0\\n`),
    );
    nothingHappened();
  });

  test("cache maintenance is no write", () => {
    trap(syndrome({ isValid: false, isCache: true, isWrite: true }), HOLE);
    expect(console()).toContain("FATAL: Invalid MMIO/RAM read, addr: 0x000000000b000123 size: 0\n");
    nothingHappened();
  });

  test("a fetch", () => {
    trap((BigInt(FETCH) << 26n) | BigInt(IL) | 0b000111n, HOLE);
    expect(console()).toMatch(
      /FATAL: unable to get the instruction.*\nFATAL: Invalid MMIO\/RAM read/,
    );
    nothingHappened();
  });

  test.each([
    ["an external abort", syndrome({ status: 0b010000 })],
    ["an atomic access that the memory does not take", syndrome({ status: 0b110101 })],
    ["a system register", (0x18n << 26n) | BigInt(IL)],
    ["a secure call", (0x17n << 26n) | BigInt(IL)],
    ["an unknown reason", 0n],
  ])("anything else: %s", (_what, esr) => {
    trap(esr, BigInt(CLOCK));
    expect(console()).toContain(
      `FATAL: Unexpected trap, ESR: 0x${esr.toString(16).padStart(16, "0")} FAR: 0x`,
    );
    nothingHappened();
  });

  test("they are counted, and the CPU has failed", () => {
    trap(syndrome({ isWrite: true }), HOLE);
    const info = (type: number) => hypercallOf(1, hc.HC_CPU_GET_INFO, 0n, BigInt(type));
    expect(info(hc.CPU_INFO_STATE)).toBe(BigInt(hc.CPU_FAILED));
    expect(info(hc.CPU_INFO_STAT_BASE + hc.STAT_MMIO)).toBe(1n);
    expect(info(hc.CPU_INFO_STAT_BASE + hc.STAT_TOTAL)).toBe(1n);
    expect(hypercallOf(1, hc.HC_CPU_GET_INFO, 1n, BigInt(hc.CPU_INFO_STATE))).toBe(0n);
  });
});

describe("what is refused before anything happens", () => {
  const enable = (system: object) =>
    new FakePlatform({ module, cpus: 2 }).enable(
      encode(defineSystem({ ...SYSTEM, ...system } as never)),
    );

  test("a configuration for another processor", () => {
    expect(new FakePlatform({ module }).enable(cfg.systemConfig())).toBe(-EINVAL);
  });

  test("an interrupt controller that there is not", () => {
    expect(enable({ arm: { ...SYSTEM.arm, gicVersion: 1 } })).toBe(-EINVAL);
  });

  test("an IOMMU, which nobody drives", () => {
    const unit = { type: "smmuv3", base: 0x09050000, size: 0x20000 };
    expect(enable({ iommuUnits: [unit] })).toBe(-EINVAL);
  });
});
