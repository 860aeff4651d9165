import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { MAP_EXECUTE, MAP_READ, MAP_WRITE } from "../../../abi/platform.ts";
import * as R from "../../../abi/x86/registers.ts";
import * as S from "../../../machine/cpu/interface.ts";
import { enterProtected } from "./descriptors.ts";
import { TestCpu } from "./harness.ts";

const RW = MAP_READ | MAP_WRITE;
const NOWHERE = -1n;

let cpu: TestCpu;
let guest: number;

beforeEach(() => {
  cpu = new TestCpu();
  guest = Number(cpu.x.createGuest!());
  cpu.setWord(S.S_GUEST, guest);
  cpu.sync();
});

function look(address: bigint, access: number): bigint {
  return cpu.x.translateGuest!(guest, address, access) as bigint;
}

describe("the nested map", () => {
  test("an empty map exits on everything, with the kind of access", () => {
    expect(cpu.try("read32", 0x1234n)).toBe("exit 3 0x1234 0x0");
    expect(cpu.try("write32", 0x1234n, 1)).toBe("exit 3 0x1234 0x1");
    expect(cpu.try("modify32", 0x1234n)).toBe("exit 3 0x1234 0x1");
    expect(cpu.try("fetchPage", 0x1234n)).toBe("exit 3 0x1234 0x2");
  });

  test("each right is granted alone", () => {
    cpu.x.mapGuest!(guest, 0x1000n, 0x8000n, 0x1000n, MAP_READ);
    cpu.x.mapGuest!(guest, 0x2000n, 0x9000n, 0x1000n, MAP_READ | MAP_EXECUTE);
    cpu.poke(0x8010, 4, 7);
    expect(cpu.x.read32!(cpu.s, 0x1010n)).toBe(7);
    expect(cpu.try("write32", 0x1010n, 1)).toBe("exit 3 0x1010 0x1");
    expect(cpu.try("fetchPage", 0x1010n)).toBe("exit 3 0x1010 0x2");
    expect(cpu.try("fetchPage", 0x2010n)).toBe("ok");
    expect(cpu.peek(0x8010, 4)).toBe(7n);
  });

  test("a write that crosses into an unmapped page writes nothing and names that page", () => {
    cpu.x.mapGuest!(guest, 0x1000n, 0x8000n, 0x1000n, RW);
    expect(cpu.try("write32", 0x1ffen, 0xffffffff)).toBe("exit 3 0x2000 0x5");
    expect(cpu.peek(0x8ffe, 2)).toBe(0n);
  });

  test("an unmap shows after a flush", () => {
    cpu.x.mapGuest!(guest, 0x1000n, 0x8000n, 0x1000n, RW);
    expect(cpu.try("write32", 0x1000n, 1)).toBe("ok");
    cpu.x.unmapGuest!(guest, 0x1000n, 0x1000n);
    cpu.x.flushState!(0);
    expect(cpu.try("write32", 0x1000n, 1)).toBe("exit 3 0x1000 0x1");
  });

  test("page tables of the guest are read and marked through the map", () => {
    cpu.x.mapGuest!(guest, 0x1000n, 0x8000n, 0x1000n, RW);
    cpu.x.mapGuest!(guest, 0x2000n, 0x9000n, 0x1000n, MAP_READ);
    cpu.x.mapGuest!(guest, 0x5000n, 0xa000n, 0x1000n, RW);
    cpu.poke(0x8000, 4, 0x2003);
    cpu.poke(0x9000, 4, 0x5003);
    cpu.setWide(S.S_CR3, 0x1000n);
    cpu.setWide(S.S_CR0, BigInt(R.CR0_PE) | BigInt(R.CR0_PG));
    cpu.sync();
    // The second table is read-only to the cell, and its accessed bit is not set yet.
    expect(cpu.try("read32", 0x10n)).toBe("exit 3 0x2000 0x5");
    expect(cpu.peek(0x8000, 4)).toBe(0x2023n);
    cpu.poke(0x9000, 4, 0x5023);
    cpu.poke(0xa010, 4, 99);
    expect(cpu.x.read32!(cpu.s, 0x10n)).toBe(99);
    expect(cpu.x.translateLinear!(0, 0x10n)).toBe(0x5010n);
    cpu.poke(0x8000, 4, 0x7003);
    expect(cpu.x.translateLinear!(0, 0x10n)).toBe(NOWHERE);
    expect(cpu.outcome()).toBe("ok");
  });

  test("device memory behind the map goes to the bus by physical address", () => {
    cpu.x.mapGuest!(guest, 0x3000n, 0xfee00000n, 0x1000n, RW);
    cpu.x.read32!(cpu.s, 0x3030n);
    expect(cpu.accesses.map((access) => access.address)).toEqual([0xfee00030n]);
  });

  test("large and small mappings agree with a list of pages", () => {
    const pages = 2048n;
    const range = fc.record({
      virt: fc.integer({ min: 0, max: Number(pages) - 1 }),
      count: fc.integer({ min: 1, max: 1200 }),
      phys: fc.integer({ min: 0, max: 4096 }).map((page) => page & ~511),
      flags: fc.integer({ min: 0, max: 7 }),
    });
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (ranges) => {
        const target = Number(cpu.x.createGuest!());
        const model = new Map<bigint, [bigint, number]>();
        for (const { virt, count, phys, flags } of ranges) {
          const size = BigInt(count) << 12n;
          cpu.x.mapGuest!(target, BigInt(virt) << 12n, BigInt(phys) << 12n, size, flags);
          for (let i = 0; i < count; i++) {
            if (flags === 0) model.delete(BigInt(virt + i));
            else model.set(BigInt(virt + i), [BigInt(phys + i), flags]);
          }
        }
        for (let page = 0n; page < pages + 1200n; page += 37n) {
          const [phys, flags] = model.get(page) ?? [0n, 0];
          for (const access of [MAP_READ, MAP_WRITE, MAP_EXECUTE]) {
            const found = cpu.x.translateGuest!(target, (page << 12n) | 5n, access);
            expect(found).toBe(flags & access ? (phys << 12n) | 5n : NOWHERE);
          }
        }
        cpu.x.destroyGuest!(target);
      }),
      { numRuns: 60, seed: 1 },
    );
    expect(cpu.x.poolUsed!()).toBe(5);
  });
});

describe("the pool", () => {
  const base = 5;

  test("a reserved range can be mapped, split and unmapped without taking pages", () => {
    const used = (): number => Number(cpu.x.poolUsed!());
    expect(used()).toBe(base);
    expect(cpu.x.reserveGuest!(guest, 0x100000n, 0x900000n)).toBe(0);
    const reserved = used();
    cpu.x.mapGuest!(guest, 0x200000n, 0x400000n, 0x800000n, RW);
    cpu.x.unmapGuest!(guest, 0x345000n, 0x1000n);
    cpu.x.mapGuest!(guest, 0x345000n, 0x0n, 0x2000n, MAP_READ);
    expect(used()).toBe(reserved);
    expect(look(0x344fffn, MAP_WRITE)).toBe(0x544fffn);
    expect(look(0x345fffn, MAP_READ)).toBe(0xfffn);
    expect(look(0x345fffn, MAP_WRITE)).toBe(NOWHERE);
    expect(look(0x347000n, MAP_WRITE)).toBe(0x547000n);
  });

  test("a range that is too large is refused, and everything comes back in the end", () => {
    expect(cpu.x.reserveGuest!(guest, 0n, 0x2_0000_0000n)).toBe(-1);
    cpu.setWord(S.S_GUEST, 0);
    cpu.x.destroyGuest!(guest);
    expect(cpu.x.poolUsed!()).toBe(0);
    expect(cpu.x.createGuest!()).toBe(guest);
  });

  test("an exhausted pool makes no guest, and half a one leaves nothing", () => {
    let made = 1;
    while (cpu.x.createGuest!() !== 0) made++;
    // 4 MiB are 1024 pages, one of them the map; five pages a guest.
    expect(made).toBe(204);
    expect(cpu.x.poolUsed!()).toBe(204 * 5);
  });

  test("beyond 4 GiB whole 2 MiB blocks take no table each", () => {
    expect(cpu.x.reserveGuest!(guest, 0x80_0000_0000n, 0x4000_0000n)).toBe(0);
    expect(Number(cpu.x.poolUsed!()) - base).toBe(2);
    cpu.x.mapGuest!(guest, 0x80_0000_0000n, 0x40_0000_0000n, 0x4000_0000n, RW);
    expect(look(0x80_1234_5678n, MAP_READ)).toBe(0x40_1234_5678n);
  });

  test("addresses beyond the tables' reach are never mapped", () => {
    expect(look(0x1_0000_0000_0000n, MAP_READ)).toBe(NOWHERE);
    expect(cpu.x.reserveGuest!(guest, 0xffff_ffff_f000n, 0x2000n)).toBe(-1);
  });
});

describe("what a guest control block intercepts", () => {
  test("ports by bitmap, every byte of the access, with the flags", () => {
    expect(cpu.try("portIn", 0x3f8, 1)).toBe("exit 4 0x3f8 0x101");
    expect(cpu.try("portOut", 0x3f8, 2, 5)).toBe("exit 4 0x3f8 0x2");
    for (const port of [0x3f8, 0x3f9, 0x3fa])
      cpu.view.setUint8(guest + S.G_PORTS + (port >> 3), 0xff & ~0x7);
    expect(cpu.try("portIn", 0x3f8, 2)).toBe("ok");
    expect(cpu.try("portIn", 0x3f8, 4)).toBe("exit 4 0x3f8 0x104");
    expect(cpu.accesses.map(({ kind, address }) => [kind, address])).toEqual([
      [S.BUS_PORT_IN, 0x3f8n],
    ]);
  });

  test("MSRs by bitmap for reads and writes apart; those in neither half always", () => {
    const grant = (bitmap: number, index: number): void =>
      cpu.view.setUint8(guest + bitmap + (index >> 3), 0xff & ~(1 << (index & 7)));
    grant(S.G_MSR_READS, 0x174);
    grant(S.G_MSR_WRITES, 0x2000 + 0x82);
    const access = (name: string, msr: number): string => {
      cpu.setRegister(1, BigInt(msr));
      return cpu.try(name);
    };
    cpu.setRegister(0, 0x11n);
    cpu.setRegister(2, 0x22n);
    expect(access("wrmsr", 0x174)).toBe("exit 7 0x174 0x2200000011");
    expect(access("wrmsr", 0xc0000082)).toBe("ok");
    expect(cpu.wide(S.S_LSTAR)).toBe(0x2200000011n);
    expect(access("rdmsr", 0xc0000082)).toBe("exit 6 0xc0000082 0x0");
    expect(access("rdmsr", 0x174)).toBe("ok");
    expect(cpu.register(0)).toBe(0n);
    expect(access("rdmsr", 0x4b564d00)).toBe("exit 6 0x4b564d00 0x0");
    expect(access("rdmsr", 0xc0002000)).toBe("exit 6 0xc0002000 0x0");
  });

  test("CPUID, CR0 beyond TS and MP, hypercalls, SVM instructions", () => {
    expect(cpu.try("cpuid")).toBe("exit 5 0x0 0x0");
    expect(cpu.try("movToCr", 0, BigInt(R.CR0_RESET) | BigInt(R.CR0_TS | R.CR0_MP))).toBe("ok");
    expect(cpu.try("movToCr", 0, BigInt(R.CR0_RESET) | 1n)).toBe("exit 8 0x0 0x60000011");
    expect(cpu.wide(S.S_CR0)).toBe(BigInt(R.CR0_RESET) | BigInt(R.CR0_TS | R.CR0_MP));
    expect(cpu.try("hypercall", 1)).toBe("exit 9 0x0 0x0");
    expect(cpu.try("hypercall", 0)).toBe("#6");
    cpu.setWide(S.S_CR0, 0x11n);
    cpu.sync();
    expect(cpu.try("virtualization", 0x80)).toBe("exit 13 0x80 0x0");
    cpu.setWord(S.S_GUEST, 0);
    expect(cpu.try("virtualization", 0x80)).toBe("#6");
    expect(cpu.try("hypercall", 1)).toBe("#6");
  });

  test("VMX instructions at each level, but not in real mode or without a hypervisor", () => {
    expect(cpu.try("vmx", S.REASON_VMXOFF)).toBe("#6");
    enterProtected(cpu, 3);
    expect(cpu.try("virtualization", 0x80)).toBe("#13(0x0)");
    expect(cpu.try("vmx", S.REASON_VMXOFF)).toBe("exit 13 0x1a 0x0");
    cpu.setWord(S.S_GUEST, 0);
    expect(cpu.try("vmx", S.REASON_VMXOFF)).toBe("#6");
  });

  test("the length of an instruction that exits is the distance to the next", () => {
    cpu.setWide(S.S_RIP, 0x100n);
    cpu.next = 0x103n;
    cpu.x.cpuid!(cpu.s);
    expect(cpu.word(S.S_EXIT_LENGTH)).toBe(3);
  });
});
