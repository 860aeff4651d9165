import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  REG_CR0,
  REG_CR3,
  REG_CR4,
  REG_CS_ATTRIBUTES,
  REG_EFER,
  REG_RFLAGS,
  REG_RIP,
  REG_RSI,
} from "../../abi/platform.ts";
import { CS, DS, ES, S_GDT_BASE, SS } from "../cpu/interface.ts";
import { MachineError } from "../error.ts";
import { scriptedCpu } from "../fake-cpu.ts";
import { Pc } from "../pc.ts";
import type { BootFile } from "./image.ts";
import { bootKernel, type Kernel } from "./kernel.ts";
import { bzImage, elf, file, vmlinux } from "./testing/images.ts";
import { playMutations } from "./testing/mutations.ts";

const MIB = 0x100000;
const MEMORY = 4 * MIB;
const CODE = [0xf4, 1, 2, 3];

const machine = () => new Pc({ cpu: scriptedCpu([undefined]), cpus: 1, memory: MEMORY, pool: MIB });

function boot(image: BootFile, rest: Omit<Kernel, "image"> = {}): Pc {
  const pc = machine();
  bootKernel(pc, { image, ...rest });
  return pc;
}

const view = (pc: Pc) => new DataView(pc.ram.buffer, pc.ramBase, MEMORY);
const word = (pc: Pc, address: number) => view(pc).getUint32(address, true);
const wide = (pc: Pc, address: number) => view(pc).getBigUint64(address, true);
const zeroPage = (pc: Pc) => Number(pc.processors[0]!.get(REG_RSI));
const entry = (pc: Pc) => Number(pc.processors[0]!.get(REG_RIP));

function text(pc: Pc, address: number): string {
  const bytes = pc.ram.subarray(address);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

describe("a bzImage", () => {
  test("lies where it prefers to, and is entered 0x200 behind that", () => {
    const pc = boot(bzImage(CODE, { preferred: 2 * MIB }));
    expect(entry(pc)).toBe(2 * MIB + 0x200);
    expect([...pc.readRam(entry(pc), CODE.length)]).toEqual(CODE);
  });

  test("is aligned as it asks to be, if it can be relocated", () => {
    const odd = { preferred: MIB + 0x1000, alignment: MIB };
    expect(entry(boot(bzImage(CODE, odd)))).toBe(2 * MIB + 0x200);
    expect(entry(boot(bzImage(CODE, { ...odd, relocatable: 0 })))).toBe(MIB + 0x1200);
  });

  test("finds its setup header in the zero page, filled in", () => {
    const image = bzImage(CODE);
    const pc = boot(image, { commandLine: "one two" });
    const page = zeroPage(pc);
    expect([...pc.readRam(page + 0x200, 16)]).toEqual([...image.data.slice(0x200, 0x210)]);
    expect([...pc.readRam(page + 0x22c, 0x40)]).toEqual([...image.data.slice(0x22c, 0x26c)]);
    // What stands before the memory map and the header is zero, the sentinel too, but for the address of ACPI's root pointer.
    const before = [...pc.readRam(page, 0x1e8)];
    expect(text(pc, word(pc, page + 0x70))).toMatch(/^RSD PTR /);
    expect(before.every((byte, at) => byte === 0 || (at >= 0x70 && at < 0x78))).toBe(true);
    expect([pc.ram[page + 0x1ef], pc.ram[page + 0x210]]).toEqual([0, 0xff]);
    expect(text(pc, word(pc, page + 0x228))).toBe("one two");
    expect([word(pc, page + 0x218), word(pc, page + 0x21c)]).toEqual([0, 0]);
  });

  test("is told the memory of the machine", () => {
    const pc = boot(bzImage(CODE));
    const page = zeroPage(pc);
    const ranges = Array.from({ length: pc.ram[page + 0x1e8]! }, (_, index) => {
      const at = page + 0x2d0 + index * 20;
      return [Number(wide(pc, at)), Number(wide(pc, at + 8)), word(pc, at + 16)];
    });
    expect(ranges).toEqual([
      [0, 0xa0000, 1],
      [0xe0000, 0x20000, 2],
      [MIB, MEMORY - MIB, 1],
      [0xb0000000, 0x10000000, 2],
    ]);
  });

  test("finds its initrds in one piece at the end of RAM, each at a multiple of four", () => {
    const modules = [file([1, 2, 3], "a"), file(Array(5000).fill(7), "b")];
    const pc = boot(bzImage(CODE), { modules });
    const [start, size] = [word(pc, zeroPage(pc) + 0x218), word(pc, zeroPage(pc) + 0x21c)];
    expect([start % 0x1000, size]).toEqual([0, 5004]);
    expect(start + size).toBeGreaterThan(MEMORY - 0x1000);
    expect([...pc.readRam(start, 6)]).toEqual([1, 2, 3, 0, 7, 7]);
  });

  test("has its initrd no higher than it says", () => {
    const pc = boot(bzImage(CODE, { initrdMax: 2 * MIB - 1 }), { modules: [file([1], "a")] });
    expect(word(pc, zeroPage(pc) + 0x218)).toBe(2 * MIB - 0x1000);
  });
});

test("the state at the entry point is that of the 64-bit boot protocol", () => {
  const pc = boot(bzImage(CODE));
  const cpu = pc.processors[0]!;
  expect(cpu.get(REG_CR0) & 0x80000001n).toBe(0x80000001n);
  expect(cpu.get(REG_CR4)).toBe(0x20n);
  expect(cpu.get(REG_EFER)).toBe(0x500n);
  expect(cpu.get(REG_RFLAGS) & 0x200n).toBe(0n);
  expect(cpu.get(REG_CS_ATTRIBUTES)).toBe(0xa9bn);
  expect(cpu.segment(CS).selector).toBe(0x10);
  for (const segment of [DS, ES, SS])
    expect(cpu.segment(segment)).toMatchObject({ selector: 0x18, base: 0n, limit: 0xffffffff });
  const table = cpu.number(S_GDT_BASE);
  expect([wide(pc, table + 16), wide(pc, table + 24)]).toEqual([
    0x00af9b000000ffffn,
    0x00cf93000000ffffn,
  ]);
  // Every 2 MiB of the first 4 GiB are mapped to themselves.
  const next = (table: bigint, index: number) => wide(pc, Number(table & ~0xfffn) + index * 8);
  for (const address of [0, 0x200000, 0x40000000, 0xffe00000]) {
    const directory = next(next(cpu.get(REG_CR3), 0), Math.floor(address / 0x40000000));
    expect(next(directory, (address >>> 21) & 511)).toBe(BigInt(address) | 0x83n);
  }
});

test("a vmlinux is entered with a zero page, too", () => {
  const linear = 0xffffffff81000000n;
  const pc = boot(vmlinux(MIB + 1, [{ bytes: CODE, physical: MIB, linear, size: 64 }]), {
    commandLine: "quiet",
  });
  expect(entry(pc)).toBe(MIB + 1);
  expect([...pc.readRam(MIB, 5)]).toEqual([...CODE, 0]);
  const page = zeroPage(pc);
  expect([word(pc, page + 0x202), pc.ram[page + 0x210]]).toEqual([0x53726448, 0xff]);
  expect(text(pc, word(pc, page + 0x228))).toBe("quiet");
  expect(pc.processors[0]!.get(REG_EFER)).toBe(0x500n);
});

/** A bzImage that says it has so many sectors of setup, and has one. */
function withSetup(sectors: number): BootFile {
  const image = bzImage(CODE);
  image.data[0x1f1] = sectors;
  return image;
}

describe("refused, with the reason:", () => {
  const part = { bytes: CODE, physical: MIB };
  test.each<[string, BootFile, RegExp]>([
    ["no boot flag", bzImage(CODE, { bootFlag: 0 }), /no boot flag/],
    ["an old protocol", bzImage(CODE, { version: 0x20b }), /boot protocol 2\.11/],
    ["a zImage", bzImage(CODE, { loadflags: 0 }), /zImage/],
    ["a 32-bit kernel", bzImage(CODE, { xloadflags: 0 }), /no 64-bit entry point/],
    ["a short header", bzImage(CODE, { jump: 0x40 }), /ends too early/],
    ["no code", bzImage([], { paragraphs: 32 }), /no code beyond its setup/],
    ["less than it says", bzImage(CODE, { paragraphs: 100 }), /cut short/],
    ["more setup than there is", withSetup(60), /cut short/],
    ["an alignment of 3", bzImage(CODE, { alignment: 3 }), /alignment of 3/],
    ["an alignment of 0", bzImage(CODE, { alignment: 0 }), /alignment of 0/],
    ["a place below 1 MiB", bzImage(CODE, { preferred: 0x1000 }), /below 1 MiB/],
    ["a place above 4 GiB", bzImage(CODE, { preferred: 1n << 32n }), /is 0x100000000/],
    ["a place beyond RAM", bzImage(CODE, { preferred: MEMORY }), /needs RAM at 0x400000-0x403fff/],
    ["more than RAM", bzImage(CODE, { initSize: MEMORY }), /there is RAM up to 0x3fffff/],
    ["too little memory for itself", bzImage(CODE, { initSize: 16 }), /init_size/],
    ["a vmlinux that starts elsewhere", vmlinux(2 * MIB, [part]), /where nothing of it is loaded/],
    ["a vmlinux below 1 MiB", vmlinux(0x1000, [{ bytes: CODE, physical: 0x1000 }]), /below 1 MiB/],
    ["a vmlinux with overlapping segments", vmlinux(MIB, [part, part]), /overlap/],
  ])("%s", (_name, image, reason) => {
    expect(() => boot(image)).toThrow(reason);
  });

  test("an ELF64 file that does not say it is Linux", () => {
    const { name, data } = vmlinux(MIB, [part]);
    const banner = Buffer.from(data).indexOf("Linux");
    data[banner] = 0;
    expect(() => boot({ name, data })).toThrow(/no kernel of a format/);
  });

  test("a bzImage and a vmlinux that are cut short anywhere", () => {
    const pc = machine();
    const cut =
      ({ name, data }: BootFile, length: number) =>
      () =>
        bootKernel(pc, { image: { name, data: data.slice(0, length) } });
    // The last 16 bytes of a bzImage's code need not be complete.
    const [bz, elf64] = [bzImage(Array(16).fill(1)), vmlinux(MIB, [part])];
    for (let length = 0; length <= bz.data.length - 16; length++)
      expect(cut(bz, length), `bzImage ${length}`).toThrow(MachineError);
    for (let length = 0; length < elf64.data.length; length++)
      expect(cut(elf64, length), `vmlinux ${length}`).toThrow(MachineError);
    expect(cut(bz, bz.data.length - 15)).not.toThrow();
  });

  test("a command line that is too long", () => {
    const boots = (length: number) => boot(bzImage(CODE), { commandLine: "x".repeat(length) });
    boots(255);
    expect(() => boots(256)).toThrow(/command line has 256 bytes, and bzImage takes 255/);
    const vast = bzImage(CODE, { commandLineMax: 0xffffffff });
    expect(() => boot(vast, { commandLine: "x".repeat(MIB) })).toThrow(/command line has/);
  });

  test("an initrd without room", () => {
    const modules = [file(Array(3 * MIB).fill(1), "large")];
    expect(() => boot(bzImage(CODE), { modules })).toThrow("no room in RAM for large");
    const low = bzImage(CODE, { initrdMax: 0 });
    expect(() => boot(low, { modules: [file([1], "small")] })).toThrow("no room in RAM for small");
  });
});

test("what has a multiboot header is multiboot, whatever it says", () => {
  const banner = [...new TextEncoder().encode("Linux version 6")];
  const pc = boot(elf(MIB, [{ bytes: [...CODE, ...banner], physical: MIB }], { wide: true }));
  expect(pc.processors[0]!.get(REG_EFER)).toBe(0n);
});

test("whatever a file says, it is refused, or written is only what it may name", () => {
  const originals = [
    bzImage(CODE),
    bzImage(CODE, { setupSects: 0, relocatable: 0 }),
    vmlinux(MIB, [{ bytes: CODE, physical: MIB, linear: 0xffffffff81000000n, size: 64 }]),
  ];
  playMutations(machine(), {
    ...{ seed: 15, originals, at: fc.oneof(fc.nat(200), fc.integer({ min: 0x1f0, max: 0x26c })) },
    ...{ mostChanges: 3, longestCut: 1600 },
    booted: (pc) => {
      expect(entry(pc)).toBeLessThan(MEMORY);
      expect(entry(pc)).toBeGreaterThanOrEqual(MIB);
    },
  });
});
