import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  REG_CR0,
  REG_CS_ATTRIBUTES,
  REG_CS_BASE,
  REG_RAX,
  REG_RBX,
  REG_RFLAGS,
  REG_RIP,
} from "../../abi/platform.ts";
import { CS, DS, ES, FS, GS, S_GDT_BASE, SS } from "../cpu/interface.ts";
import { MachineError } from "../error.ts";
import { scriptedCpu } from "../fake-cpu.ts";
import { Pc } from "../pc.ts";
import type { BootFile } from "./image.ts";
import { bootKernel, type Kernel } from "./kernel.ts";
import { elf, file, flat, header, u32 } from "./testing/images.ts";
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

const word = (pc: Pc, address: number) =>
  new DataView(pc.ram.buffer, pc.ramBase).getUint32(address, true);
const information = (pc: Pc) => Number(pc.processors[0]!.get(REG_RBX));
const entry = (pc: Pc) => Number(pc.processors[0]!.get(REG_RIP));

function text(pc: Pc, address: number): string {
  const bytes = pc.ram.subarray(address);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

describe("what is loaded", () => {
  test.each([false, true])(
    "ELF segments at their physical addresses, zeros behind (wide: %s)",
    (wide) => {
      const pc = machine();
      pc.ram.fill(0xcc, MIB, MIB + 64);
      const linear = 0xc0000000;
      const parts = [
        { bytes: CODE, physical: MIB, linear, size: 16 },
        { bytes: [9], physical: 2 * MIB, linear: linear + MIB },
      ];
      bootKernel(pc, { image: elf(linear + 2, parts, { wide }) });
      expect([...pc.readRam(MIB, 17)]).toEqual([...CODE, ...Array(12).fill(0), 0xcc]);
      expect([...pc.readRam(2 * MIB, 1)]).toEqual([9]);
      // The entry point is a linear address of the first segment's.
      expect(entry(pc)).toBe(MIB + 2);
    },
  );

  test("ELF64 of a higher half begins where its segment lies", () => {
    const linear = 0xffffffff80000000n;
    const pc = boot(elf(linear + 1n, [{ bytes: CODE, physical: MIB, linear }], { wide: true }));
    expect(entry(pc)).toBe(MIB + 1);
  });

  test("with address fields, what they say, whatever stands before", () => {
    const own = MIB + 0x100;
    const pc = boot(
      flat(
        { header: own, load: own - 4, bssEnd: own + 64, entry: own + 32 },
        CODE,
        [1, 2, 3, 4, 5, 6, 7, 8],
      ),
    );
    expect([...pc.readRam(own - 4, 4)]).toEqual([5, 6, 7, 8]);
    expect([...pc.readRam(own + 32, 5)]).toEqual([...CODE, 0]);
    expect(entry(pc)).toBe(own + 32);
  });

  test("with address fields, no more than up to the load's end", () => {
    const own = MIB;
    const pc = boot(flat({ header: own, load: own, loadEnd: own + 34, entry: own + 32 }, CODE));
    expect([...pc.readRam(own + 32, 4)]).toEqual([...CODE.slice(0, 2), 0, 0]);
  });

  test("modules at pages of their own, with their names, in order", () => {
    const modules = [
      file([1, 2, 3], "first"),
      file([], "empty"),
      file(Array(5000).fill(7), "dir/last"),
    ];
    const pc = boot(elf(MIB, [{ bytes: CODE, physical: MIB, size: 0x1800 }]), { modules });
    const list = word(pc, information(pc) + 24);
    expect(word(pc, information(pc) + 20)).toBe(3);
    const found = modules.map((_, index) => {
      const at = list + index * 16;
      const [start, end] = [word(pc, at), word(pc, at + 4)];
      expect(start % 4096).toBe(0);
      return { name: text(pc, word(pc, at + 8)), data: pc.readRam(start, end - start), start };
    });
    expect(found.map(({ name, data }) => ({ name, data }))).toEqual(modules);
    expect(found[0]!.start).toBe(MIB + 0x2000);
  });
});

test("the state at the entry point is that of section 3.2", () => {
  const pc = boot(elf(MIB, [{ bytes: CODE, physical: MIB }]));
  const cpu = pc.processors[0]!;
  expect(cpu.get(REG_RAX)).toBe(0x2badb002n);
  expect(cpu.get(REG_CR0)! & 0x80000001n).toBe(1n);
  expect(cpu.get(REG_RFLAGS) & 0x20200n).toBe(0n);
  expect(cpu.get(REG_CS_BASE)).toBe(0n);
  expect(cpu.get(REG_CS_ATTRIBUTES)).toBe(0xc9bn);
  for (const segment of [CS, DS, ES, FS, GS, SS])
    expect(cpu.segment(segment)).toMatchObject({ base: 0n, limit: 0xffffffff });
  // The table behind the selectors: a kernel may load them again.
  const table = cpu.number(S_GDT_BASE);
  expect([word(pc, table + 8), word(pc, table + 12)]).toEqual([0xffff, 0xcf9b00]);
  expect([word(pc, table + 16), word(pc, table + 20)]).toEqual([0xffff, 0xcf9300]);
});

test("the information has memory, map, command line and the loader's name, and says no more", () => {
  const pc = boot(elf(MIB, [{ bytes: CODE, physical: MIB }]), { commandLine: "one two" });
  const at = information(pc);
  expect(word(pc, at)).toBe(0x24d);
  expect([word(pc, at + 4), word(pc, at + 8)]).toEqual([640, (MEMORY - MIB) / 1024]);
  expect(text(pc, word(pc, at + 16))).toBe("kernel one two");
  expect(text(pc, word(pc, at + 64))).toBe("jailhouse-ts");
  const [length, map] = [word(pc, at + 44), word(pc, at + 48)];
  const entries: number[][] = [];
  for (let offset = 0; offset < length; offset += word(pc, map + offset) + 4)
    entries.push([4, 8, 12, 16, 20].map((field) => word(pc, map + offset + field)));
  expect(entries).toEqual([
    [0, 0, 0xa0000, 0, 1],
    [0xf0000, 0, 0x10000, 0, 2],
    [MIB, 0, MEMORY - MIB, 0, 1],
    [0xb0000000, 0, 0x10000000, 0, 2],
  ]);
  expect(at).toBeLessThan(0xa0000);
});

test("what is told lies where the kernel does not", () => {
  const pc = boot(elf(0x1000, [{ bytes: CODE, physical: 0x1000, size: 0x9f000 }]));
  expect(information(pc)).toBeGreaterThanOrEqual(MIB);
});

describe("refused, with the reason:", () => {
  const good = [{ bytes: CODE, physical: MIB }];
  test.each<[string, BootFile, RegExp]>([
    ["what has no header", file([1, 2, 3]), /no kernel of a format that is taken/],
    ["an empty file", file([]), /no kernel of a format/],
    ["a header with a wrong sum", file([...header().slice(0, 11), 0]), /no kernel of a format/],
    ["a header too far in", file([...Array(8192).fill(0), ...header()]), /no kernel of a format/],
    ["a header alone", file(header()), /without addresses .*no ELF file/],
    ["unknown requirements", elf(MIB, good, { flags: 0x88 }), /flags bit 3, 7/],
    ["a video mode", elf(MIB, good, { flags: 4 }), /flags bit 2/],
    ["another processor's", elf(MIB, good, { machine: 40 }), /another processor/],
    ["x86-64 code in ELF32", elf(MIB, good, { machine: 62 }), /another processor/],
    ["a relocatable file", elf(MIB, good, { type: 1 }), /no executable/],
    ["small program headers", elf(MIB, good, { headerSize: 8 }), /too small|cut short/],
    ["nothing to load", elf(MIB, []), /loads nothing/],
    ["an entry elsewhere", elf(2 * MIB, good), /starts at 0x200000, where nothing/],
    [
      "beyond RAM",
      elf(MEMORY, [{ bytes: CODE, physical: MEMORY - 2 }]),
      /0x3ffffe-0x400001.*no RAM/,
    ],
    ["video memory", elf(0x9ffff, [{ bytes: CODE, physical: 0x9ffff }]), /no RAM/],
    ["around the end", elf(0xfffffffe, [{ bytes: CODE, physical: 0xfffffffe }]), /no RAM/],
    [
      "above 4 GiB",
      elf(MIB, [{ bytes: CODE, physical: 0x100000000n }], { wide: true }),
      /physical address/,
    ],
    [
      "more in the file than in memory",
      elf(MIB, [{ bytes: CODE, physical: MIB, size: 3 }]),
      /larger in the file/,
    ],
    ["overlapping segments", elf(MIB, [...good, { bytes: CODE, physical: MIB + 3 }]), /overlap/],
    [
      "a header before what is loaded",
      flat({ header: MIB, load: MIB + 4, entry: MIB }, CODE),
      /before what is loaded/,
    ],
    [
      "a load before the file",
      flat({ header: MIB, load: MIB - 4, entry: MIB }, CODE),
      /before what is loaded/,
    ],
    [
      "an end before the start",
      flat({ header: MIB, load: MIB, loadEnd: MIB - 1, entry: MIB }, CODE),
      /not in order/,
    ],
    [
      "bss before the end",
      flat({ header: MIB, load: MIB, loadEnd: MIB + 8, bssEnd: MIB + 7, entry: MIB }, CODE),
      /not in order/,
    ],
    [
      "more than the file has",
      flat({ header: MIB, load: MIB, loadEnd: MIB + 64, entry: MIB }, CODE),
      /cut short/,
    ],
    ["address fields that are cut off", file([...header(0x10000), ...u32(MIB)]), /cut short/],
  ])("%s", (_name, image, reason) => {
    expect(() => boot(image)).toThrow(reason);
  });

  test("every file that is cut short", () => {
    for (const wide of [false, true]) {
      const { data, name } = elf(MIB, good, { wide });
      for (let length = 0; length < data.length; length++)
        expect(() => boot({ name, data: data.slice(0, length) }), `${length}`).toThrow(
          MachineError,
        );
    }
  });

  test("modules and information without room", () => {
    const image = elf(MIB, [{ bytes: CODE, physical: MIB }]);
    const modules = [file(Array(3 * MIB).fill(1), "large")];
    expect(() => boot(image, { modules })).toThrow("no room in RAM for large (3145728 bytes)");
    const commandLine = "x".repeat(MEMORY);
    expect(() => boot(image, { commandLine })).toThrow(
      "no room in RAM for what the kernel is told",
    );
  });
});

test("whatever a file says, it is refused, or written is only what it may name", () => {
  const originals = [
    elf(MIB, [
      { bytes: CODE, physical: MIB, size: 64 },
      { bytes: [5], physical: 2 * MIB },
    ]),
    elf(MIB, [{ bytes: CODE, physical: MIB, size: 64 }], { wide: true }),
    flat({ header: MIB, load: MIB, bssEnd: MIB + 64, entry: MIB + 32 }, CODE),
  ];
  playMutations(machine(), {
    ...{ seed: 11, originals, at: fc.nat(200) },
    ...{ mostChanges: 4, longestCut: 200 },
    booted: (pc) => expect(entry(pc)).toBeLessThan(MEMORY),
  });
});
