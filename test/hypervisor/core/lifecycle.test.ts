// A cell's life through the hypercalls: orders to the platform, states, console texts.
import { beforeEach, describe, expect, test } from "vitest";
import * as comm from "../../../abi/comm.ts";
import { MEM_ROOTSHARED } from "../../../abi/config.ts";
import * as hc from "../../../abi/hypercall.ts";
import {
  MAP_COMM,
  MAP_CONSOLE,
  MAP_DMA,
  MAP_EXECUTE,
  MAP_READ,
  MAP_WRITE,
  MAP_ZERO,
} from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { POOL_PAGES } from "../fake-waist.ts";

const INMATE = 5n * cfg.MIB;
const RWX = MAP_READ | MAP_WRITE | MAP_EXECUTE;

let platform: FakePlatform;

function create(options: cfg.CellOptions = {}): number {
  const config = cfg.cellConfig({
    name: "demo",
    regions: [cfg.loadable(INMATE), cfg.COMM],
    resetAddress: 0xffff0n,
    ...options,
  });
  platform.writeRam(cfg.CONFIG_ADDRESS, config);
  return platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
}

/** Mapping of a guest-physical address. */
function mapping(cell: number, address: bigint) {
  return platform.spaces.get(cell)?.pages.get(address >> 12n);
}

function state(id: number): number {
  return platform.hypercall(0, hc.HC_CELL_GET_STATE, BigInt(id));
}

function word(cell: number, offset: number): number {
  return platform.comm.get(cell)![offset / 4]!;
}

/** Lets the inmate of `cell` answer each message it gets. */
function answer(cell: number, reply: number, newState?: number): void {
  platform.onRelax = () => {
    const page = platform.comm.get(cell);
    if (!page?.[comm.COMM_MSG_TO_CELL / 4]) return;
    page[comm.COMM_MSG_TO_CELL / 4] = 0;
    if (newState !== undefined) page[comm.COMM_CELL_STATE / 4] = newState;
    page[comm.COMM_REPLY_FROM_CELL / 4] = reply;
  };
}

beforeEach(() => {
  platform = new FakePlatform();
  expect(platform.enable(cfg.systemConfig())).toBe(0);
});

describe("enable", () => {
  test("logs its progress in the original's order", () => {
    const lines = platform.ring().split("\n");
    expect(lines[0]).toBe("");
    expect(lines[1]).toMatch(/^Initializing Jailhouse hypervisor \S+ on CPU 0$/);
    expect(lines[2]).toBe("Code location: 0x0000000000400000");
    const at = (text: string | RegExp) => lines.findIndex((line) => line.match(text));
    const order = [
      /^Page pool usage after early setup: mem \d+\/\d+, remap \d+\/\d+$/,
      /^Initializing processors:$/,
      /^ CPU 0\.\.\. .*OK$/,
      /^ CPU 3\.\.\. .*OK$/,
      /^Initializing unit: PCI$/,
      /^Page pool usage after late setup: mem \d+\/\d+, remap \d+\/\d+$/,
      /^Activating hypervisor$/,
    ].map(at);
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(platform.console.replaceAll("\r\n", "\n")).toBe(platform.ring());
  });

  test("gives the root cell its memory, zeros and the console page for the hypervisor's", () => {
    expect(mapping(0, 0x1000n)).toEqual({ phys: 0x1000n, flags: RWX | MAP_DMA });
    expect(mapping(0, 4n * cfg.MIB)).toEqual({ phys: 0n, flags: MAP_READ | MAP_CONSOLE });
    expect(mapping(0, 4n * cfg.MIB + 0x1000n)).toEqual({ phys: 0n, flags: MAP_READ | MAP_ZERO });
    expect(mapping(0, 4n * cfg.MIB + 256n * cfg.KIB)).toBeUndefined();
  });
});

describe("create", () => {
  test("moves memory and CPU, and reports", () => {
    expect(create()).toBe(0);
    expect(mapping(0, INMATE)).toBeUndefined();
    expect(mapping(0, INMATE + 64n * cfg.KIB)).toBeDefined();
    expect(mapping(1, 0n)).toEqual({ phys: INMATE, flags: RWX });
    expect(mapping(1, cfg.COMM.virt)).toEqual({ phys: 0n, flags: MAP_READ | MAP_WRITE | MAP_COMM });
    expect(platform.cpus[1]).toMatchObject({ cell: 1, stopped: false, activity: "halted" });
    expect(platform.ring()).toMatch(
      /Created cell "demo"\nPage pool usage after cell creation: mem \d+\/\d+, remap \d+\/\d+\n$/,
    );
    expect(state(1)).toBe(comm.CELL_SHUT_DOWN);
    expect(platform.hypercall(0, hc.HC_HYPERVISOR_GET_INFO, 4n)).toBe(2);
    const [size, used] = [2n, 3n].map((info) =>
      platform.hypercall(0, hc.HC_HYPERVISOR_GET_INFO, info),
    );
    expect(size).toBe(POOL_PAGES);
    expect(used).toBe(
      [0, 1].reduce((sum, cell) => sum + platform.spaces.get(cell)!.reserved.size, 0),
    );
    expect(platform.ring()).toContain(`remap ${used}/${size}\n`);
  });

  test("leaves shared memory with the root cell", () => {
    const region = { phys: INMATE, virt: 0n, size: 4096n, flags: MAP_READ | MEM_ROOTSHARED };
    expect(create({ regions: [region] })).toBe(0);
    expect(mapping(0, INMATE)).toBeDefined();
    expect(mapping(1, 0n)).toEqual({ phys: INMATE, flags: MAP_READ });
  });
});

describe("start and load", () => {
  test("start fills the communication region and enters at the reset address", () => {
    create({ flags: 0x40000000 });
    expect(platform.hypercall(0, hc.HC_CELL_START, 1n)).toBe(0);
    expect(platform.cpus[1]).toMatchObject({ stopped: false, activity: "reset:ffff0" });
    expect(word(1, 0)).toBe(comm.COMM_SIGNATURE_LOW);
    expect(word(1, 4)).toBe(0x00024d4d);
    expect(word(1, comm.COMM_FLAGS)).toBe(comm.COMM_FLAG_PUTC_PERMITTED);
    expect(state(1)).toBe(comm.CELL_RUNNING);
    expect(platform.ring()).toContain('Started cell "demo"\n');
  });

  test("set loadable opens the window with the root's flags, start closes it", () => {
    create();
    expect(platform.hypercall(0, hc.HC_CELL_SET_LOADABLE, 1n)).toBe(0);
    expect(mapping(0, INMATE)).toEqual({ phys: INMATE, flags: RWX | MAP_DMA });
    expect(platform.ring()).toContain('Cell "demo" can be loaded\n');
    platform.writeRam(INMATE, Uint8Array.of(0xf4));
    expect(platform.hypercall(0, hc.HC_CELL_START, 1n)).toBe(0);
    expect(mapping(0, INMATE)).toBeUndefined();
    expect(platform.readRam(INMATE, 1)).toEqual(Uint8Array.of(0xf4));
  });

  test("a restart asks first, and a refusal leaves the cell running", () => {
    create();
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    answer(1, comm.REPLY_REQUEST_DENIED);
    platform.takeRecord();
    expect(platform.hypercall(0, hc.HC_CELL_START, 1n)).toBe(-1);
    expect(platform.takeRecord()).toEqual([]);
    answer(1, comm.REPLY_REQUEST_APPROVED);
    expect(platform.hypercall(0, hc.HC_CELL_START, 1n)).toBe(0);
  });
});

describe("messages", () => {
  test("a silent cell is failed after one virtual second and counts as willing", () => {
    create();
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    const start = platform.time;
    expect(platform.hypercall(0, hc.HC_CELL_SET_LOADABLE, 1n)).toBe(0);
    expect(platform.time - start).toBe(1_000_000_000n);
    expect(platform.ring()).toContain("Timeout expired while waiting for reply from target cell\n");
  });

  test("a configured number of polls is kept, and bounded", () => {
    create({ timeout: 50n });
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    const start = platform.time;
    expect(platform.hypercall(0, hc.HC_CELL_DESTROY, 1n)).toBe(0);
    expect(platform.time - start).toBe(500_000n);
  });

  test("several silent cells cost their time-out once each", () => {
    for (const cpu of [1, 2]) {
      const options = {
        name: `silent ${cpu}`,
        id: cpu,
        cpus: [cpu],
        timeout: cpu === 1 ? 0n : 1n << 60n,
      };
      create({ ...options, regions: [cfg.COMM] });
    }
    for (const id of [1n, 2n]) platform.hypercall(0, hc.HC_CELL_START, id);
    const start = platform.time;
    expect(create({ name: "third", id: 3, cpus: [3], regions: [] })).toBe(0);
    expect(platform.time - start).toBe(61_000_000_000n);
    expect([1, 2, 3].map(state)).toEqual([comm.CELL_FAILED, comm.CELL_FAILED, comm.CELL_SHUT_DOWN]);
    platform.hypercall(0, hc.HC_CELL_DESTROY, 3n);
    expect(platform.time - start).toBe(61_000_000_000n);
  });

  test("passive and failed cells are not asked", () => {
    create({ flags: 1 });
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    create({ name: "other", id: 2, cpus: [2], regions: [cfg.COMM] });
    platform.hypercall(0, hc.HC_CELL_START, 2n);
    platform.violate(2);
    expect(state(2)).toBe(comm.CELL_FAILED);
    expect(platform.hypercall(0, hc.HC_CELL_DESTROY, 2n)).toBe(0);
    expect(platform.time).toBe(0n);
  });

  test("a running cell is told of others' creation and destruction", () => {
    create();
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    const seen: number[] = [];
    platform.onRelax = () => {
      const page = platform.comm.get(1)!;
      if (page[3]) seen.push(page[3]);
      page[3] = 0;
      page[4] = comm.REPLY_RECEIVED;
    };
    create({ name: "other", id: 2, cpus: [2], regions: [] });
    platform.hypercall(0, hc.HC_CELL_DESTROY, 2n);
    expect(seen).toEqual([comm.MSG_RECONFIG_COMPLETED, comm.MSG_RECONFIG_COMPLETED]);
  });
});

describe("destroy", () => {
  test("gives everything back and leaves no trace in the pool", () => {
    const used = platform.hypercall(0, hc.HC_HYPERVISOR_GET_INFO, 1n);
    const before = platform.mapOf(0);
    create();
    platform.writeRam(INMATE, Uint8Array.of(9));
    expect(platform.hypercall(0, hc.HC_CELL_DESTROY, 1n)).toBe(0);
    expect(platform.mapOf(0)).toBe(before);
    expect(platform.spaces.has(1)).toBe(false);
    expect(platform.cpus[1]).toMatchObject({ cell: 0, stopped: false, activity: "wait-for-sipi" });
    expect(platform.readRam(INMATE, 1)).toEqual(Uint8Array.of(0));
    expect(platform.hypercall(0, hc.HC_HYPERVISOR_GET_INFO, 1n)).toBe(used);
    expect(platform.ring()).toMatch(
      /Closing cell "demo"\nPage pool usage after cell destruction: /,
    );
    expect(state(1)).toBe(-2);
  });
});

describe("disable", () => {
  test("destroy-all is refused as a whole when one cell refuses", () => {
    create({ flags: 1 });
    create({ name: "locked", id: 2, cpus: [2], regions: [cfg.COMM] });
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    platform.hypercall(0, hc.HC_CELL_START, 2n);
    answer(2, comm.REPLY_REQUEST_DENIED);
    expect(platform.hypercall(0, hc.HC_DESTROY_ALL)).toBe(-1);
    expect(platform.hypercall(0, hc.HC_DISABLE)).toBe(-16);
    expect([state(1), state(2)]).toEqual([0, 0]);
    answer(2, comm.REPLY_REQUEST_APPROVED);
    expect(platform.hypercall(0, hc.HC_DESTROY_ALL)).toBe(0);
    expect([state(1), state(2)]).toEqual([-2, -2]);
  });

  test("releases each root CPU that asks", () => {
    for (const cpu of [0, 1, 2, 3]) expect(platform.hypercall(cpu, hc.HC_DISABLE)).toBe(0);
    expect(platform.cpus.every((cpu) => cpu.activity === "released")).toBe(true);
    expect(platform.ring()).toMatch(
      /Shutting down hypervisor\n Releasing CPU 0\n Releasing CPU 1\n Releasing CPU 2\n Releasing CPU 3\n$/,
    );
  });
});
