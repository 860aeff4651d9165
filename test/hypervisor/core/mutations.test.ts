// Mutated configurations from a fixed seed: whatever they say, the core answers 0 or -errno, changes nothing when it
// refuses, and gives everything back when what it accepted is destroyed.
import { expect, test } from "vitest";
import * as abi from "../../../abi/config.ts";
import * as hc from "../../../abi/hypercall.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { Watch } from "../unchanged.ts";

const CELL_MUTATIONS = 10_000;
const SYSTEM_MUTATIONS = 2_000;
const ERRNO_MAX = 38;

/** Numbers at which sums and comparisons go wrong. */
const EDGES = [
  0n,
  1n,
  7n,
  0xffn,
  0xfffn,
  0x1000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xfffffff0n,
  0xffffffffn,
];
const EDGES_64 = [
  ...EDGES,
  4n * cfg.MIB,
  1n << 32n,
  (1n << 52n) - 4096n,
  1n << 52n,
  (1n << 64n) - 4096n,
  (1n << 64n) - 1n,
];

/** A small generator of pseudo-random numbers below `limit` (xorshift32). */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

type Random = ReturnType<typeof generator>;

/** A copy with one to four fields overwritten. */
function mutate(original: Uint8Array, random: Random): Uint8Array {
  const bytes = original.slice();
  const view = new DataView(bytes.buffer);
  for (let count = 1 + random(4); count > 0; count--) {
    const kind = random(4);
    const width = [1, 2, 4, 8][kind]!;
    const offset = random((bytes.length - width) >> 1) * 2;
    const edges = kind === 3 ? EDGES_64 : EDGES;
    const value = random(3) === 0 ? BigInt(random(0xffffffff)) : edges[random(edges.length)]!;
    if (kind === 0) view.setUint8(offset + random(2), Number(value & 0xffn));
    else if (kind === 1) view.setUint16(offset, Number(value & 0xffffn), true);
    else if (kind === 2) view.setUint32(offset, Number(value & 0xffffffffn), true);
    else view.setBigUint64(offset, value, true);
  }
  return bytes;
}

/** Something of everything. */
const FULL: cfg.CellOptions = {
  name: "mutant",
  flags: abi.CELL_FLAG_UNGUARDED_DMA,
  regions: [
    cfg.loadable(5n * cfg.MIB),
    cfg.COMM,
    { phys: 0xfed00000n, virt: 0xfed00000n, size: 0x100n, flags: abi.MEM_READ | abi.MEM_IO_32 },
    { virt: 0n, size: 0n, flags: 0 },
    { phys: 6n * cfg.MIB, virt: 0x200000n, size: 8192n, flags: abi.MEM_READ | abi.MEM_ROOTSHARED },
  ],
  cacheTypes: [3],
  ports: [[0x2f8, 8]],
  devices: [
    { bdf: 0x18, caps: [0, 1] },
    { bdf: 0x20, type: 3, shmem: [0, 1] },
  ],
  caps: [[0x40, 12]],
};

function isResult(result: number): boolean {
  return Number.isInteger(result) && result <= 0 && result >= -ERRNO_MAX;
}

test("mutated cell configurations change nothing or are undone", () => {
  const platform = new FakePlatform({ memory: 4 });
  expect(platform.enable(cfg.systemConfig({ root: { devices: [{ bdf: 0x18 }] } }))).toBe(0);
  const config = cfg.cellConfig(FULL);
  const random = generator(0x5eed1);
  const watch = new Watch(platform);
  const rootMap = platform.mapOf(0);
  const accepted: Uint8Array[] = [];
  for (let i = 0; i < CELL_MUTATIONS; i++) {
    const mutant = mutate(config, random);
    platform.writeRam(cfg.CONFIG_ADDRESS, mutant);
    const create = () => platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
    const result = watch.runQuickly(create);
    expect(isResult(result), `mutation ${i} gave ${result}`).toBe(true);
    if (result !== 0) continue;
    accepted.push(mutant);
    const id = new DataView(mutant.buffer).getUint32(abi.CELL_ID, true);
    expect(platform.hypercall(0, hc.HC_CELL_DESTROY, BigInt(id))).toBe(0);
    if (accepted.length % 100 === 0) expect(platform.mapOf(0)).toBe(rootMap);
  }
  expect(platform.mapOf(0)).toBe(rootMap);
  expect(platform.hypercall(0, hc.HC_HYPERVISOR_GET_INFO, BigInt(hc.INFO_NUM_CELLS))).toBe(1);
  expect(accepted.length).toBeGreaterThan(CELL_MUTATIONS / 50);
  expect(accepted.length).toBeLessThan((CELL_MUTATIONS * 9) / 10);
});

test("mutated system configurations are refused or work", () => {
  const config = cfg.systemConfig({ iommus: [1], root: { ...FULL, cpus: [0, 1], name: "root" } });
  const small = { ...FULL, cpus: [1], regions: [cfg.COMM], devices: [], caps: [] };
  const random = generator(0x5eed2);
  let works = 0;
  for (let i = 0; i < SYSTEM_MUTATIONS; i++) {
    const platform = new FakePlatform({ memory: 4 });
    const result = platform.enable(mutate(config, random), [0, 1]);
    expect(isResult(result), `mutation ${i} gave ${result}`).toBe(true);
    if (result !== 0) continue;
    works++;
    if (platform.spaces.get(0)!.pages.get(cfg.CONFIG_ADDRESS >> 12n) === undefined) continue;
    platform.writeRam(cfg.CONFIG_ADDRESS, cfg.cellConfig(small));
    expect(isResult(platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS))).toBe(true);
  }
  expect(works).toBeGreaterThan(SYSTEM_MUTATIONS / 50);
  expect(works).toBeLessThan((SYSTEM_MUTATIONS * 9) / 10);
});
