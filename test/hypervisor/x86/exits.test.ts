// Exits as the platform delivers them: reports, CPUID, hypercalls, exceptions.
import { beforeEach, describe, expect, test } from "vitest";
import * as hc from "../../../abi/hypercall.ts";
import * as reg from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { type Bits, DEVICE, Guest } from "./guest.ts";

const LOAD = [0x8b, 0x03];
const STORE = [0x89, 0x03];

let guest: Guest;

beforeEach(() => {
  guest = new Guest();
});

function counter(stat: number): number {
  const type = BigInt(hc.CPU_INFO_STAT_BASE + stat);
  return guest.platform.hypercall(0, hc.HC_CPU_GET_INFO, 0n, type);
}

/** Creates a cell with CPU 3 and returns a guest on it. */
function nonRoot(): Guest {
  const config = cfg.cellConfig({ regions: [cfg.loadable(5n * cfg.MIB), cfg.COMM], cpus: [3] });
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, config);
  expect(guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS)).toBe(0);
  const other: Guest = Object.create(guest);
  Object.assign(other, { cpu: 3 });
  guest.output();
  return other;
}

describe("a violation", () => {
  test("is reported with all registers, and parks the CPU", () => {
    guest.code(LOAD);
    for (const [register, value] of [
      [reg.REG_RAX, 0x1n],
      [reg.REG_RBX, 0x80000000n],
      [reg.REG_RCX, 0x3n],
      [reg.REG_RDX, 0x4n],
      [reg.REG_RSI, 0x5n],
      [reg.REG_RDI, 0xffffffffffffffffn],
      [reg.REG_RSP, 0x1234n],
      [reg.REG_RFLAGS, 0x10046n],
    ] as const)
      guest.set(register, value);
    expect(guest.mmio(0x80000000n)).toBe(0);
    const [report, record] = guest.output().split("Denial: ");
    expect(record).toMatch(/^[0-9a-f]{128}\n$/);
    expect(report).toBe(`FATAL: Invalid MMIO/RAM read, addr: 0x0000000080000000 size: 4
RIP: 0x0000000000020000 RSP: 0x0000000000001234 FLAGS: 10046
RAX: 0x0000000000000001 RBX: 0x0000000080000000 RCX: 0x0000000000000003
RDX: 0x0000000000000004 RSI: 0x0000000000000005 RDI: 0xffffffffffffffff
CS: 10 BASE: 0x0000000000000000 AR-BYTES: a9b EFER.LMA 1
CR0: 0x0000000080000011 CR3: 0x0000000000010000 CR4: 0x0000000000000020
EFER: 0x0000000000000d00
Parking CPU 0 (Cell: "root")
`);
    expect(guest.platform.takeRecord()).toEqual(["parkCpu 0x0 0x0"]);
    expect(guest.advanced).toBe(0);
  });

  test.each([
    [
      "write",
      STORE,
      reg.ACCESS_WRITE,
      "FATAL: Invalid MMIO/RAM write, addr: 0x00000000e0000000 size: 4\n",
    ],
    [
      "fetch",
      LOAD,
      reg.ACCESS_FETCH,
      "FATAL: unable to get MMIO instruction\nFATAL: Invalid MMIO/RAM read, addr: 0x00000000e0000000 size: 0\n",
    ],
    [
      "read that is not of the operand's beginning",
      LOAD,
      reg.ACCESS_INDIRECT,
      "FATAL: device access across pages or by page tables\nFATAL: Invalid MMIO/RAM read, addr: 0x00000000e0000000 size: 0\n",
    ],
    [
      "string move",
      [0xa4],
      0,
      "FATAL: unsupported instruction (0xa4 0x90 0x90 0x90)\nFATAL: Invalid MMIO/RAM read, addr: 0x00000000e0000000 size: 0\n",
    ],
  ])("by a %s is named", (_name, code, flags, text) => {
    guest.code(code);
    expect(guest.mmio(0xe0000000n, flags)).toBe(0);
    expect(guest.output().startsWith(text)).toBe(true);
  });

  test("STGI does not exist", () => {
    expect(
      guest.enter((core) => core.exitUnhandled(0, reg.EXIT_VIRTUALISATION_END, 0x84n, 0n, 0n)),
    ).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0x6 0x-1"]);
  });

  test("of an unknown kind is named by its exit code", () => {
    expect(
      guest.enter((core) => core.exitUnhandled(0, reg.EXIT_TRIPLE_FAULT, 0x7fn, 0x12n, 0x34n)),
    ).toBe(0);
    expect(guest.output()).toMatch(
      /^FATAL: Unexpected #VMEXIT, exitcode 7f, exitinfo1 0x0{14}12 exitinfo2 0x0{14}34\n/,
    );
    // Asking is an exit, too.
    expect(counter(hc.STAT_TOTAL)).toBe(2);
    expect(counter(hc.STAT_EXCEPTION)).toBe(0);
  });

  test.each([
    ["read", LOAD, 0],
    ["write", STORE, reg.ACCESS_WRITE],
  ])(
    "by the root cell's %s of memory that it gave away stops that CPU only",
    (kind, code, flags) => {
      const inmate = 5n * cfg.MIB;
      nonRoot();
      guest.platform.writeRam(inmate, Uint8Array.of(0x5a));
      const culprit: Guest = Object.create(guest);
      Object.assign(culprit, { cpu: 1 });
      culprit.code(code);
      culprit.set(reg.REG_RAX, 0n);
      expect(culprit.mmio(inmate, flags)).toBe(0);
      const report = guest.output();
      expect(report).toContain(
        `FATAL: Invalid MMIO/RAM ${kind}, addr: 0x0000000000500000 size: 4\n`,
      );
      expect(report).toContain('Parking CPU 1 (Cell: "root")\n');
      expect(guest.platform.readRam(inmate, 1)).toEqual(Uint8Array.of(0x5a));
      expect(guest.platform.cpus.map(({ activity }) => activity)).toEqual([
        ...["running", "halted", "running", "halted"],
      ]);
      const state = (cpu: number) => guest.platform.hypercall(0, hc.HC_CPU_GET_INFO, BigInt(cpu));
      expect([0, 1, 2, 3].map(state)).toEqual([0, hc.CPU_FAILED, 0, 0]);
      expect(guest.platform.hypercall(0, hc.HC_CELL_GET_STATE, 0n)).toBe(0);
      expect(guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n)).toBe(0);
    },
  );

  test("is not reported again when another CPU stops the parked one", () => {
    guest.platform.violate(0);
    guest.output();
    guest.platform.enter(0, () => guest.platform.core.exitManagement(0));
    expect(guest.output()).toBe("");
  });
});

describe("the instruction", () => {
  const read = (bits: Bits = 64) => {
    guest.code(LOAD, bits);
    guest.device[0] = 0x5a;
    return guest;
  };

  test("is found without paging through the base of CS", () => {
    read(16);
    guest.set(reg.REG_CS_BASE, 0x1f000n);
    guest.set(reg.REG_RIP, 0x1000n);
    expect(guest.mmio(DEVICE)).toBe(1);
    expect(guest.get(reg.REG_RIP)).toBe(0x1002n);
  });

  /** Writes page table entries at 0x30000 and after. */
  const entries = (size: 4 | 8, list: readonly (readonly [number, bigint])[]) => {
    for (const [address, value] of list)
      guest.platform.writeRam(
        BigInt(address),
        new Uint8Array(new BigUint64Array([value]).buffer).slice(0, size),
      );
    guest.set(reg.REG_CR3, 0x30000n);
  };

  test.each([
    [
      "32-bit, 4 KiB",
      0n,
      0n,
      4,
      [
        [0x30004, 0x31003n],
        [0x31004, 0x20003n],
      ],
      0x401000n,
    ],
    ["32-bit, 4 MiB", 0x10n, 0n, 4, [[0x30004, 0x83n]], 0x420000n],
    [
      "PAE, 4 KiB",
      0x20n,
      0n,
      8,
      [
        [0x30008, 0x31001n],
        [0x31000, 0x32003n],
        [0x32008, 0x20003n],
      ],
      0x40001000n,
    ],
    [
      "PAE, 2 MiB",
      0x20n,
      0n,
      8,
      [
        [0x30008, 0x31001n],
        [0x31000, 0x83n],
      ],
      0x40020000n,
    ],
    [
      "long mode, 4 KiB",
      0x20n,
      0x500n,
      8,
      [
        [0x30008, 0x31003n],
        [0x31000, 0x32003n],
        [0x32008, 0x33003n],
        [0x33000, 0x20003n],
      ],
      0x8000200000n,
    ],
    [
      "long mode, 2 MiB",
      0x20n,
      0x500n,
      8,
      [
        [0x30008, 0x31003n],
        [0x31000, 0x32003n],
        [0x32008, 0x83n],
      ],
      0x8000220000n,
    ],
    [
      "five levels",
      0x1020n,
      0x500n,
      8,
      [
        [0x30008, 0x31003n],
        [0x31000, 0x32003n],
        [0x32000, 0x83n],
      ],
      0x1000000020000n,
    ],
  ] as const)("is found with paging: %s", (_name, cr4, efer, size, list, rip) => {
    read(efer ? 64 : 32);
    entries(size, list as unknown as readonly (readonly [number, bigint])[]);
    guest.set(reg.REG_CR0, 0x80000011n);
    guest.set(reg.REG_CR4, cr4);
    guest.set(reg.REG_EFER, efer);
    guest.set(reg.REG_RIP, rip);
    expect(guest.mmio(DEVICE), guest.platform.console).toBe(1);
    expect(guest.get(reg.REG_RAX)).toBe(0x5an);
    expect(guest.get(reg.REG_RIP)).toBe(rip + 2n);
  });

  test("may cross a page, and the second page is read only if needed", () => {
    read();
    guest.platform.writeRam(0x7ffffen, Uint8Array.from([0x8b, 0x03]));
    guest.set(reg.REG_RIP, 0x7ffffen);
    expect(guest.mmio(DEVICE)).toBe(1);
    guest.platform.writeRam(0x7fffffn, Uint8Array.from([0x8b]));
    guest.set(reg.REG_RIP, 0x7fffffn);
    expect(guest.mmio(DEVICE)).toBe(0);
    expect(guest.output()).toMatch(/^FATAL: unable to get MMIO instruction\n/);
  });

  test.each([
    ["not present", 0x0n],
    ["outside the cell's memory", 0x7fffffff003n],
  ])("behind a table that is %s cannot be read", (_name, entry) => {
    read();
    entries(8, [[0x30000, entry]]);
    expect(guest.mmio(DEVICE)).toBe(0);
    expect(guest.output()).toMatch(/^FATAL: unable to get MMIO instruction\n/);
  });
});

describe("a hypercall", () => {
  test("that is unknown is reported a few times only", () => {
    guest.output();
    for (let count = 0; count < 100; count++) guest.platform.hypercall(0, 0xbad);
    expect(guest.output().match(/Unknown hypercall 2989/g)).toHaveLength(16);
  });

  test.each([
    ["outside the kernel", 64, reg.REG_CPL, 3n],
    ["in virtual-8086 mode", 32, reg.REG_RFLAGS, 0x20002n],
  ] as const)("%s is refused", (_name, bits, register, value) => {
    guest.code([0x0f, 0x01, 0xd9], bits);
    guest.set(reg.REG_CPL, 0n);
    guest.set(register, value);
    guest.set(reg.REG_RAX, BigInt(hc.HC_HYPERVISOR_GET_INFO));
    expect(guest.enter((core) => core.hypercall(0, 3))).toBe(1);
    expect(guest.get(reg.REG_RAX)).toBe(0xffffffffn);
    expect(guest.advanced).toBe(3);
  });

  test.each([
    [64, -22],
    [32, 1],
    [16, 1],
  ] as const)("in %i-bit code has arguments of its width", (bits, result) => {
    guest.code([0x0f, 0x01, 0xd9], bits);
    guest.set(reg.REG_RAX, 0xffffffff00000000n | BigInt(hc.HC_CELL_CREATE));
    guest.set(reg.REG_RDI, 0x100000000n | cfg.CONFIG_ADDRESS);
    guest.platform.writeRam(cfg.CONFIG_ADDRESS, new Uint8Array(200));
    guest.enter((core) => core.hypercall(0, 3));
    const errno = Number(BigInt.asIntN(32, guest.get(reg.REG_RAX)));
    // Only the truncated address can be read: then the format is wrong.
    expect(errno).toBe(result === 1 ? -22 : -14);
  });

  test("that is unknown is reported with its place", () => {
    expect(guest.platform.hypercall(0, 99)).toBe(-38);
    expect(guest.output()).toBe("CPU 0: Unknown hypercall 99, RIP: 0x0000000000001000\n");
  });
});

describe("CPUID", () => {
  const cpuid = (on: Guest, leaf: number, subleaf = 0) => {
    on.set(reg.REG_RAX, BigInt(leaf >>> 0));
    on.set(reg.REG_RCX, BigInt(subleaf));
    expect(on.enter((core) => core.exitCpuid(on.cpu, 2))).toBe(1);
    return [reg.REG_RAX, reg.REG_RBX, reg.REG_RCX, reg.REG_RDX].map((r) => Number(on.get(r)));
  };

  test("names the hypervisor", () => {
    expect(cpuid(guest, 0x40000000)).toEqual([0x40000001, 0x6c69614a, 0x73756f68, 0x65]);
    expect(cpuid(guest, 0x40000001)).toEqual([0, 0, 0, 0]);
  });

  test("hides virtualisation from non-root cells only", () => {
    guest.platform.onCpuid = () => 0x7fffffff;
    const cell = nonRoot();
    for (const [on, leaf1, extended] of [
      [guest, 0x77ffffff, 0x7fffffff],
      [cell, 0xf7ffffdf, 0x7ffffffb],
    ] as const) {
      on.set(reg.REG_CR4, 0n);
      expect(cpuid(on, 1)[2]).toBe(leaf1);
      expect(cpuid(on, 0x80000001)[2]).toBe(extended);
    }
  });

  test("shows INVLPGB to the root cell, and where guests can have it", () => {
    const cell = nonRoot();
    for (const [svm, root] of [
      [0x1000000, 0xf],
      [0xfeffffff, 0x7],
    ] as const) {
      guest.platform.onCpuid = (leaf, part) => {
        if (leaf === 0x80000000) return 0x80000021;
        return leaf === 0x80000008 && part === 1
          ? 0xf
          : leaf === 0x8000000a && part === 3
            ? svm
            : 0;
      };
      expect(cpuid(guest, 0x80000008)[1]).toBe(root);
      expect(cpuid(cell, 0x80000008)[1]).toBe(0x7);
    }
  });

  test("shows the guest's own OSXSAVE", () => {
    guest.set(reg.REG_CR4, 0x40000n);
    expect(cpuid(guest, 1)[2]).toBe(0x8000000);
  });

  test("passes the rest on and counts", () => {
    expect(cpuid(guest, 0)).toEqual([0xd, 0x68747541, 0x444d4163, 0x69746e65]);
    expect(counter(hc.STAT_CPUID)).toBe(1);
  });
});

test("#DB, #AC and machine checks are intercepted, and given back to the root cell", () => {
  expect(guest.platform.core.exceptions()).toBe((1 << 1) | (1 << 17) | (1 << 18));
  expect(guest.enter((core) => core.exitException(0, 1, -1))).toBe(1);
  expect(guest.enter((core) => core.exitException(0, 17, 0))).toBe(1);
  expect(guest.enter((core) => core.exitException(0, 18, -1))).toBe(1);
  expect(guest.platform.takeRecord()).toEqual([
    "injectException 0x0 0x1 0x-1",
    "injectException 0x0 0x11 0x0",
    "injectException 0x0 0x12 0x-1",
  ]);
  expect(counter(hc.STAT_EXCEPTION)).toBe(3);
});
