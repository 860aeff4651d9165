// Every refusal: its errno, a reason on the console, and nothing changed.
import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../abi/config.ts";
import * as errno from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { Watch } from "../unchanged.ts";

const INMATE = 5n * cfg.MIB;
const PAGE = 4096n;
const RW = abi.MEM_READ | abi.MEM_WRITE;

/** Overwrites little-endian numbers in a configuration. */
function patch(bytes: Uint8Array, ...values: [offset: number, size: 1 | 2 | 4, value: number][]) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const [offset, size, value] of values) {
    if (size === 1) view.setUint8(offset, value);
    else if (size === 2) view.setUint16(offset, value, true);
    else view.setUint32(offset, value, true);
  }
  return bytes;
}

function region(phys: bigint, virt: bigint, size: bigint, flags: number = RW): cfg.Region {
  return { phys, virt, size, flags };
}

/** Regions that neither a cell nor the root cell may have. */
const BAD_REGIONS: [string, cfg.Region[], number][] = [
  ["wraps around in guest-physical space", [region(0n, 2n ** 64n - PAGE, 2n * PAGE)], errno.ERANGE],
  ["wraps around in physical space", [region(2n ** 64n - PAGE, 0n, 2n * PAGE)], errno.ERANGE],
  ["ends beyond 52 bits", [region(2n ** 52n - PAGE, 0n, 2n * PAGE)], errno.ERANGE],
  ["is larger than any memory", [region(0n, 0n, 2n ** 63n)], errno.ERANGE],
  ["overlaps another", [region(INMATE, 0n, 2n * PAGE), region(INMATE, PAGE, PAGE)], errno.EINVAL],
  ["reaches hypervisor memory", [region(4n * cfg.MIB - PAGE, 0n, 2n * PAGE)], errno.EINVAL],
  ["reaches its last byte", [region(4n * cfg.MIB + 0x3ffffn, 0x3ffn, 1n)], errno.EINVAL],
  ["starts inside a page", [region(INMATE + 1n, 0n, PAGE)], errno.EINVAL],
  ["is sub-page and loadable", [region(INMATE, 0n, 16n, RW | abi.MEM_LOADABLE)], errno.EINVAL],
  ["is a large communication region", [{ ...cfg.COMM, size: 2n * PAGE }], errno.EINVAL],
];

/** PCI devices and capabilities that nobody may have. */
const BAD_PCI: [string, cfg.CellOptions][] = [
  ["of unknown type", { devices: [{ bdf: 8, type: 4 }] }],
  ["of type 0", { devices: [{ bdf: 8, type: 0 }] }],
  ["in another domain", { devices: [{ bdf: 8, domain: 1 }] }],
  ["behind a ninth IOMMU", { devices: [{ bdf: 8, iommu: 8 }] }],
  ["with capabilities that are not there", { devices: [{ bdf: 8, caps: [0, 1] }] }],
  ["with capabilities from beyond", { devices: [{ bdf: 8, caps: [65535, 65535] }] }],
  ["listed twice", { devices: [{ bdf: 8 }, { bdf: 8 }] }],
  ["without its shared memory", { devices: [{ bdf: 8, type: 3, shmem: [0xffffffff, 255] }] }],
  ["with a capability beyond configuration space", { caps: [[4090, 10]] }],
];

/** Headers: offset, size, value. */
const BAD_CELLS: [string, [number, 1 | 2 | 4, number][], number][] = [
  ["signature", [[4, 1, 0x53]], errno.EINVAL],
  ["first byte of the signature", [[0, 1, 0]], errno.EINVAL],
  ["revision", [[abi.CONFIG_REVISION_OFFSET, 2, 13]], errno.EINVAL],
  ["architecture", [[abi.CONFIG_ARCHITECTURE, 1, abi.ARCH_ARM64]], errno.EINVAL],
  ["id 0", [[abi.CELL_ID, 4, 0]], errno.EINVAL],
  ["more than 16 pages", [[abi.CELL_NUM_MEMORY, 4, 2048]], errno.E2BIG],
  ["2^32 - 1 regions", [[abi.CELL_NUM_MEMORY, 4, 0xffffffff]], errno.E2BIG],
  ["2^32 - 1 PCI devices", [[abi.CELL_NUM_PCI_DEVICES, 4, 0xffffffff]], errno.E2BIG],
  ["a CPU set of 2^32 - 1 bytes", [[abi.CELL_CPU_SET_SIZE, 4, 0xffffffff]], errno.E2BIG],
  ["an empty CPU set", [[abi.CELL_HEADER_SIZE, 4, 0]], errno.EINVAL],
  ["CPU 0, which calls", [[abi.CELL_HEADER_SIZE, 1, 1]], errno.EBUSY],
  ["CPU 7, which does not exist", [[abi.CELL_HEADER_SIZE, 1, 0x82]], errno.EBUSY],
];

let platform: FakePlatform;
let watch: Watch;

function create(config: Uint8Array, address = cfg.CONFIG_ADDRESS): number {
  platform.writeRam(address, config);
  platform.takeRecord();
  const before = platform.ring();
  const result = watch.run(() => platform.hypercall(0, hc.HC_CELL_CREATE, address));
  if (result < 0) expect(platform.ring().slice(before.length)).toMatch(/^Refused: .+\n$/);
  return result;
}

beforeEach(() => {
  platform = new FakePlatform();
  expect(platform.enable(cfg.systemConfig({ root: { devices: [{ bdf: 0x18 }] } }))).toBe(0);
  watch = new Watch(platform);
});

describe("cell create refuses", () => {
  test.each(BAD_CELLS)("%s", (_name, values, error) => {
    expect(create(patch(cfg.cellConfig({}), ...values))).toBe(-error);
    expect(platform.takeRecord()).toEqual([]);
  });

  test.each(BAD_REGIONS)("a region that %s", (_name, regions, error) => {
    expect(create(cfg.cellConfig({ regions }))).toBe(-error);
    expect(platform.takeRecord()).toEqual([]);
  });

  test("not a region without a size inside another", () => {
    const regions = [region(INMATE, PAGE, 0n), region(INMATE, 0n, 2n * PAGE), cfg.COMM];
    expect(create(cfg.cellConfig({ regions }))).toBe(0);
  });

  test.each(BAD_PCI)("a PCI item %s", (_name, options) => {
    expect(create(cfg.cellConfig(options))).toBe(-errno.EINVAL);
  });

  test("a name without end", () => {
    expect(create(cfg.cellConfig({ name: "x".repeat(32) }))).toBe(-errno.EINVAL);
    expect(create(cfg.cellConfig({ name: "x".repeat(31) }))).toBe(0);
  });

  test("a CPU number of 256 and more", () => {
    expect(create(cfg.cellConfig({ cpuSetSize: 33, cpus: [1, 256] }))).toBe(-errno.ERANGE);
    expect(create(cfg.cellConfig({ cpuSetSize: 33, cpus: [1, 255] }))).toBe(-errno.EBUSY);
    expect(create(cfg.cellConfig({ cpuSetSize: 1000, cpus: [1] }))).toBe(0);
  });

  test("an unknown cache type", () => {
    expect(create(cfg.cellConfig({ cacheTypes: [3, 4] }))).toBe(-errno.EINVAL);
    expect(create(cfg.cellConfig({ cacheTypes: [3, 1] }))).toBe(0);
  });

  test("a configuration that cannot be read", () => {
    expect(create(cfg.cellConfig({}), 4n * cfg.MIB + 256n * cfg.KIB)).toBe(-errno.EFAULT);
    const atTheEnd = 4n * cfg.MIB + 256n * cfg.KIB - 140n;
    for (const address of [2n ** 64n - 8n, 2n ** 52n, atTheEnd]) {
      const result = watch.run(() => platform.hypercall(0, hc.HC_CELL_CREATE, address));
      expect([-errno.EFAULT, -errno.EINVAL]).toContain(result);
    }
  });

  test("what another cell has", () => {
    const first = {
      flags: abi.CELL_FLAG_UNGUARDED_DMA,
      regions: [cfg.loadable(INMATE)],
      devices: [{ bdf: 0x18 }],
    };
    expect(create(cfg.cellConfig({ name: "first", ...first }))).toBe(0);
    watch = new Watch(platform);
    const other = { name: "second", id: 2, cpus: [2] };
    const refusals: [cfg.CellOptions, number][] = [
      [{ ...other, name: "first" }, errno.EEXIST],
      [{ ...other, name: "root" }, errno.EEXIST],
      [{ ...other, id: 1 }, errno.EEXIST],
      [{ ...other, cpus: [1, 2] }, errno.EBUSY],
      [{ ...other, regions: [region(INMATE + 0xf000n, 0n, PAGE)] }, errno.EBUSY],
      [{ ...other, regions: [region(INMATE, 0n, PAGE, RW | abi.MEM_ROOTSHARED)] }, errno.EBUSY],
      [{ ...other, devices: [{ bdf: 0x18 }] }, errno.EBUSY],
    ];
    for (const [options, error] of refusals) expect(create(cfg.cellConfig(options))).toBe(-error);
    expect(create(cfg.cellConfig(other))).toBe(0);
  });

  test("when a cell is locked", () => {
    expect(create(cfg.cellConfig({ name: "locked", regions: [cfg.COMM] }))).toBe(0);
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    platform.comm.get(1)![2] = 1;
    watch = new Watch(platform);
    const other = cfg.cellConfig({ name: "second", id: 2, cpus: [2] });
    expect(create(other)).toBe(-errno.EPERM);
    platform.comm.get(1)![2] = 0;
    platform.onRelax = () => {
      platform.comm.get(1)![4] = 4;
    };
    expect(create(other)).toBe(0);
    platform.comm.get(1)![2] = 1;
    const destroy = () => platform.hypercall(0, hc.HC_CELL_DESTROY, 2n);
    expect(watch.run(destroy)).toBe(-errno.EPERM);
    expect(platform.hypercall(0, hc.HC_CELL_DESTROY_FORCED, 2n)).toBe(-errno.EPERM);
    expect(platform.hypercall(0, hc.HC_CELL_SET_LOADABLE, 2n)).toBe(0);
    expect(platform.hypercall(0, hc.HC_CELL_START, 2n)).toBe(0);
    expect(platform.hypercall(0, hc.HC_CELL_DESTROY_FORCED, 1n)).toBe(0);
  });

  test("when the platform or the pool has no memory", () => {
    const large = region(0x10000000n, 0n, 2n * 1024n * cfg.MIB);
    expect(create(cfg.cellConfig({ regions: [large] }))).toBe(-errno.ENOMEM);
    platform = new FakePlatform({ memory: 2 });
    expect(platform.enable(cfg.systemConfig())).toBe(0);
    watch = new Watch(platform);
    const results = Array.from({ length: 3 }, (_, i) =>
      create(cfg.cellConfig({ name: `c${i}`, id: i + 1, cpus: [i + 1], cpuSetSize: 40000 })),
    );
    expect(results).toContain(-errno.ENOMEM);
  });
});

describe("other calls refuse", () => {
  test.each([
    ["start of an unknown cell", hc.HC_CELL_START, 9, errno.ENOENT],
    ["load of an unknown cell", hc.HC_CELL_SET_LOADABLE, 9, errno.ENOENT],
    ["destruction of an unknown cell", hc.HC_CELL_DESTROY, 9, errno.ENOENT],
    ["start of the root cell", hc.HC_CELL_START, 0, errno.EINVAL],
    ["load of the root cell", hc.HC_CELL_SET_LOADABLE, 0, errno.EINVAL],
    ["destruction of the root cell", hc.HC_CELL_DESTROY, 0, errno.EINVAL],
    ["forced destruction of the root cell", hc.HC_CELL_DESTROY_FORCED, 0, errno.EINVAL],
    ["state of an unknown cell", hc.HC_CELL_GET_STATE, 9, errno.ENOENT],
    ["an unknown figure", hc.HC_HYPERVISOR_GET_INFO, 5, errno.EINVAL],
    ["an unknown CPU", hc.HC_CPU_GET_INFO, 4, errno.EINVAL],
    ["an enormous CPU number", hc.HC_CPU_GET_INFO, 0xffffffff, errno.EINVAL],
    ["a character without permission", hc.HC_DEBUG_CONSOLE_PUTC, 65, errno.EPERM],
    ["an unknown call", 9, 0, errno.ENOSYS],
    ["an enormous unknown call", 0xffffffff, 0, errno.ENOSYS],
  ])("%s", (_name, code, argument, error) => {
    expect(watch.run(() => platform.hypercall(0, code, BigInt(argument)))).toBe(-error);
  });

  test("the root cell's calls from another cell", () => {
    expect(create(cfg.cellConfig({}))).toBe(0);
    for (const code of [0, 1, 2, 3, 4, 6, hc.HC_DESTROY_ALL, hc.HC_CELL_DESTROY_FORCED])
      expect(watch.run(() => platform.hypercall(1, code, 1n))).toBe(-errno.EPERM);
    expect(platform.hypercall(1, hc.HC_CPU_GET_INFO, 0n)).toBe(-errno.EPERM);
    expect(platform.hypercall(1, hc.HC_CPU_GET_INFO, 1n)).toBe(0);
    expect(platform.hypercall(1, hc.HC_HYPERVISOR_GET_INFO, 4n)).toBe(2);
  });

  test("disable while cells exist, and management during it", () => {
    expect(create(cfg.cellConfig({}))).toBe(0);
    expect(watch.run(() => platform.hypercall(0, hc.HC_DISABLE))).toBe(-errno.EBUSY);
    platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    expect(platform.hypercall(0, hc.HC_DISABLE)).toBe(0);
    platform.writeRam(cfg.CONFIG_ADDRESS, cfg.cellConfig({ cpus: [2] }));
    const call = () => platform.hypercall(1, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
    expect(watch.run(call)).toBe(-errno.EBUSY);
  });

  test("a second request while one waits for a cell", () => {
    expect(create(cfg.cellConfig({ regions: [cfg.COMM] }))).toBe(0);
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    const inner: number[] = [];
    platform.onRelax = () => {
      inner.push(platform.hypercall(2, hc.HC_CELL_DESTROY, 1n));
      platform.comm.get(1)![4] = 3;
    };
    expect(platform.hypercall(0, hc.HC_CELL_DESTROY, 1n)).toBe(0);
    expect(inner).toEqual([-errno.EBUSY]);
  });

  test("a garbage state", () => {
    expect(create(cfg.cellConfig({ regions: [cfg.COMM] }))).toBe(0);
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    platform.comm.get(1)![2] = 5;
    expect(platform.hypercall(0, hc.HC_CELL_GET_STATE, 1n)).toBe(-errno.EINVAL);
    platform.comm.get(1)![2] = 0xffffffff;
    expect(platform.hypercall(0, hc.HC_CELL_GET_STATE, 1n)).toBe(-errno.EINVAL);
  });
});

describe("enable refuses", () => {
  const SYSTEM: [string, Uint8Array, number][] = [
    ["a cell configuration", cfg.cellConfig({ regions: cfg.ROOT_REGIONS }), errno.EINVAL],
    ["an empty file", new Uint8Array(0), errno.EINVAL],
    ["a header alone", cfg.systemConfig().slice(0, 400), errno.EINVAL],
    ["the last byte missing", cfg.systemConfig().slice(0, -1), errno.EINVAL],
    ["revision 13", patch(cfg.systemConfig(), [6, 2, 13]), errno.EINVAL],
    ["another architecture", patch(cfg.systemConfig(), [5, 1, 1]), errno.EINVAL],
    [
      "no hypervisor memory",
      cfg.systemConfig({ hypervisor: { phys: 0n, size: 0n } }),
      errno.EINVAL,
    ],
    [
      "unaligned hypervisor memory",
      cfg.systemConfig({ hypervisor: { phys: 4n * cfg.MIB, size: 100n } }),
      errno.EINVAL,
    ],
    [
      "hypervisor memory that wraps around",
      cfg.systemConfig({ hypervisor: { phys: 2n ** 64n - PAGE, size: 2n * PAGE } }),
      errno.ERANGE,
    ],
    ["a root cell without the first CPU", cfg.systemConfig({ root: { cpus: [1] } }), errno.EINVAL],
    ["no CPU at all", cfg.systemConfig({ root: { cpus: [] } }), errno.EINVAL],
    ["a CPU that never comes", cfg.systemConfig({ root: { cpus: [0, 1, 2, 3, 4] } }), errno.EINVAL],
    ["an IOMMU of unknown type", cfg.systemConfig({ iommus: [3] }), errno.EINVAL],
    [
      "root memory in place of the hypervisor's",
      cfg.systemConfig({ root: { regions: [region(INMATE, 4n * cfg.MIB, PAGE)] } }),
      errno.EINVAL,
    ],
  ];

  test.each(SYSTEM)("%s", (_name, config, error) => {
    const fresh = new FakePlatform();
    expect(fresh.enable(config)).toBe(-error);
    expect(fresh.ring()).toMatch(/Refused: /);
    expect(fresh.takeRecord().filter((order) => !order.startsWith("reserve"))).toEqual([]);
  });

  test.each(BAD_REGIONS)("a root region that %s", (_name, regions, error) => {
    expect(new FakePlatform().enable(cfg.systemConfig({ root: { regions } }))).toBe(-error);
  });

  test.each(BAD_PCI)("a PCI item %s", (_name, root) => {
    expect(new FakePlatform().enable(cfg.systemConfig({ root }))).toBe(-errno.EINVAL);
  });

  test("IOMMU units of AMD and Intel are accepted, with a warning", () => {
    const fresh = new FakePlatform();
    expect(fresh.enable(cfg.systemConfig({ iommus: [1, 2] }))).toBe(0);
    expect(fresh.ring()).toContain("DMA of devices is not isolated\n");
  });
});
