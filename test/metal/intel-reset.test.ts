// What a logical processor of Intel's has of its own is put back when it changes hands: the table alone, on a stand-in for the
// processor (as hand-over.test.ts has AMD's within the platform).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { HC_CELL_CREATE } from "../../abi/hypercall.ts";
import { ROOT } from "../../tools/root.ts";
import * as cfg from "../hypervisor/configurations.ts";
import { FakePlatform } from "../hypervisor/fake-platform.ts";
import { cpuid as fakeCpuid, readMsr } from "../hypervisor/fake-registers.ts";

const BIT = (bit: number) => (1 << bit) >>> 0;
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const [EAX, EBX, ECX, EDX] = [0, 1, 2, 3];

/** CPUID by "leaf:register", as a processor has it that has everything. */
const EVERYTHING: Readonly<Record<string, number>> = {
  [`0:${EAX}`]: 0x20,
  [`${0x80000000}:${EAX}`]: 0x80000008,
  [`1:${ECX}`]: BIT(15) | BIT(24),
  [`1:${EDX}`]: BIT(14) | BIT(21),
  [`6:${ECX}`]: BIT(0),
  [`7:${EBX}`]: BIT(12) | BIT(15) | BIT(25),
  [`7:${ECX}`]: BIT(5) | BIT(7) | BIT(22) | BIT(31),
  [`7:${EDX}`]: BIT(19) | BIT(20) | BIT(24) | BIT(26) | BIT(27) | BIT(28) | BIT(31),
  [`10:${EAX}`]: 5,
  [`${0x80000001}:${EDX}`]: BIT(27) | BIT(29),
};

/** By the manual (SDM, volume 4, tables 2-2 and 2-20): a logical processor's own, and in no VMCS, or only in some. */
const OWN = [
  ...[0x48, 0x49, 0x10b, 0x140, 0xe1, 0xe7, 0xe8, 0x1a6, 0x1a7, 0x17a, 0x1c4, 0x1c5, 0x1c8, 0x329],
  ...[...range(0xc1, 0xc8), ...range(0x186, 0x18d), ...range(0x309, 0x30f), 0x38d],
  ...[0x3f1, 0x3f2, 0x3f6, 0x3f7, 0x600, 0x14ce],
  ...[0x560, 0x561, 0x570, 0x571, 0x572, ...range(0x580, 0x587)],
  ...[0x6a0, 0x6a2, ...range(0x6a4, 0x6a8), 0x6e0, 0x6e1, 0xc8d, 0xc8f],
  ...[...range(0xc0000081, 0xc0000084), 0xc0000102, 0xc0000103],
];
/** Commands: a barrier of predictions, a flush of the first cache. */
const VALUES = new Map([
  [0x49, 1n],
  [0x10b, 1n],
]);
/** In the VMCS of every processor, by the same manual (volume 3, "Guest Register State"). */
const IN_VMCS = [0x174, 0x175, 0x176, 0x1d9, 0x277, 0xc0000080, 0xc0000100, 0xc0000101];
/** Goes with the extended state. */
const XSS = 0xda0;

let directory: string;
let module: WebAssembly.Module;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "intel-reset-"));
  const product = join(directory, "reset.wasm");
  const options = ["--runtime", "stub", "--use", "abort=", "-o", product];
  const args = ["tools/asc.mjs", "x86/amd", "test/metal/intel-reset.as.ts", ...options];
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  module = new WebAssembly.Module(readFileSync(product));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What is written, in order, on a processor with such a CPUID that lacks some MSRs. */
function writes(
  cpuid: Readonly<Record<string, number>>,
  lacks: readonly number[] = [],
): [number, bigint][] {
  const written: [number, bigint][] = [];
  const hw = {
    cpuid: (leaf: number, _subleaf: number, register: number) =>
      cpuid[`${leaf >>> 0}:${register}`] ?? 0,
    tryWriteMsr: (msr: number, value: bigint) => {
      if (lacks.includes(msr >>> 0)) return 0;
      written.push([msr >>> 0, value]);
      return 1;
    },
  };
  const { resetMsrs } = new WebAssembly.Instance(module, { hw }).exports;
  (resetMsrs as () => void)();
  return written;
}

describe("a processor of Intel's that changes hands", () => {
  it("has none of the MSRs' values that its owner left, and keeps what is not its own", () => {
    const written = new Map(writes(EVERYTHING));
    expect([...written.keys()].sort((a, b) => a - b)).toEqual([...OWN].sort((a, b) => a - b));
    for (const [msr, value] of written) expect([msr, value]).toEqual([msr, VALUES.get(msr) ?? 0n]);
  });

  it("stops what writes to memory before it takes its addresses", () => {
    const order = writes(EVERYTHING).map(([msr]) => msr);
    expect(order.indexOf(0x570)).toBeLessThan(order.indexOf(0x560));
    expect(order.indexOf(0x3f1)).toBeLessThan(order.indexOf(0x600));
  });

  it("is not asked for what CPUID does not announce", () => {
    expect(writes({})).toEqual([[0x140, 0n]]);
  });

  it("is not asked for what leaves announce that it does not have", () => {
    const old = { ...EVERYTHING, [`0:${EAX}`]: 1, [`${0x80000000}:${EAX}`]: 0x80000000 };
    expect(writes(old).map(([msr]) => msr)).toEqual(
      expect.not.arrayContaining([0x48, 0xc1, 0xe7, 0xc0000081]),
    );
  });

  it("goes on with the others where one faults all the same", () => {
    const written = writes(EVERYTHING, [0x48, 0xc8]).map(([msr]) => msr);
    expect(written).not.toContain(0x48);
    expect(written).toEqual(expect.arrayContaining([0x49, 0xc7, 0x186, 0xc0000103]));
  });

  it("that has RDPID and no RDTSCP, or indirect branch tracking alone, is asked for their MSRs", () => {
    const rdpid = { [`0:${EAX}`]: 7, [`7:${ECX}`]: BIT(22) };
    expect(writes(rdpid).map(([msr]) => msr)).toContain(0xc0000103);
    const tracking = { [`0:${EAX}`]: 7, [`7:${EDX}`]: BIT(20) };
    expect(writes(tracking).map(([msr]) => msr)).toEqual([0x6a0, 0x6a2, 0x140]);
  });
});

test.each([true, false])("what a cell may write is taken from it (x2APIC: %s)", (x2apic) => {
  const platform = new FakePlatform();
  const base = x2apic ? 0xfee00c00n : 0xfee00800n;
  platform.onMsr = (msr) => (msr === 0x1b ? base : readMsr(msr));
  platform.onCpuid = (leaf, part) =>
    leaf === 0 && part === EBX ? 0x756e6547 : fakeCpuid(leaf, part);
  expect(platform.enable(cfg.systemConfig({ root: { regions: cfg.ROOT_REGIONS } }))).toBe(0);
  const config = cfg.cellConfig({ regions: [cfg.loadable(5n * cfg.MIB), cfg.COMM], cpus: [3] });
  platform.writeRam(cfg.CONFIG_ADDRESS, config);
  expect(platform.hypercall(0, HC_CELL_CREATE, cfg.CONFIG_ADDRESS)).toBe(0);
  const writable = [0, 0xc0000000, 0xc0010000]
    .flatMap((first) => range(first, first + 0x1fff))
    .filter((msr) => (platform.msrAccess(1, msr) & 2) !== 0);
  const isApic = (msr: number) => msr >= 0x800 && msr <= 0x853;
  const left = writable.filter(
    (msr) => !OWN.includes(msr) && !IN_VMCS.includes(msr) && !isApic(msr) && msr !== XSS,
  );
  expect(left.map((msr) => msr.toString(16))).toEqual([]);
  expect(writable).toContain(0x10b);
});
