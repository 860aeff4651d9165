// Memory that changes hands is filled with zeros in pieces, by calls that are made again, and Linux executes meanwhile.
import { beforeEach, describe, expect, test } from "vitest";
import * as comm from "../../../abi/comm.ts";
import { CELL_FLAG_KEEP_MEMORY } from "../../../abi/config.ts";
import { EPERM } from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import { REG_RAX, REG_RDI, REG_RIP } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";

const INMATE = 5n * cfg.MIB;
/** Three MiB from 5 MiB on: the piece up to the next two, and one more. */
const REGION = { ...cfg.loadable(INMATE), virt: 2n * cfg.MIB, size: 3n * cfg.MIB };
const PIECES = ["scrub 0x500000 0x100000", "scrub 0x600000 0x200000"];
const SECRETS = [INMATE, INMATE + cfg.MIB, INMATE + 3n * cfg.MIB - 1n];

let platform: FakePlatform;
/** What was filled. */
const scrubs = () => platform.takeRecord().filter((order) => order.startsWith("scrub"));
const left = () => platform.hypercall(0, hc.HC_HYPERVISOR_GET_INFO, BigInt(hc.INFO_SCRUB_LEFT));
const isMapped = () => platform.spaces.get(0)!.pages.has(INMATE >> 12n);
const hide = () => {
  for (const at of SECRETS) platform.writeRam(at, Uint8Array.of(0x42));
};
const secrets = () => SECRETS.map((at) => platform.readRam(at, 1)[0]);
const state = () => platform.hypercall(0, hc.HC_CELL_GET_STATE, 1n);

function create(options: cfg.CellOptions = {}): number {
  const config = cfg.cellConfig({ name: "demo", regions: [REGION, cfg.COMM], ...options });
  platform.writeRam(cfg.CONFIG_ADDRESS, config);
  return platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
}

/** Executes the instruction of a hypercall on `cpu` once. Returns its result, undefined if it is to be executed again. */
function once(cpu: number, code: number, argument = 0n): number | undefined {
  const { registers } = platform.cpus[cpu]!;
  registers.set(REG_RAX, BigInt(code)).set(REG_RDI, argument);
  const rip = registers.get(REG_RIP);
  platform.enter(cpu, () => platform.core.hypercall(cpu, 3));
  if (registers.get(REG_RIP) === rip) return undefined;
  return Number(BigInt.asIntN(32, registers.get(REG_RAX)!));
}

beforeEach(() => {
  platform = new FakePlatform();
  expect(platform.enable(cfg.systemConfig())).toBe(0);
  platform.takeRecord();
});

describe("a new cell's memory", () => {
  beforeEach(() => {
    hide();
    expect(create()).toBe(0);
  });

  test("is not filled by the call that creates it", () => {
    expect(scrubs()).toEqual([]);
    expect(left()).toBe(3072);
  });

  test.each([
    ["loadable", hc.HC_CELL_SET_LOADABLE],
    ["started", hc.HC_CELL_START],
  ])("is filled before it is %s, and all of Linux executes between two pieces", (_name, code) => {
    platform.takeRecord();
    expect(once(0, code, 1n)).toBeUndefined();
    expect(platform.takeRecord()).toEqual([PIECES[0]]);
    expect(platform.cpus.map(({ stopped }) => stopped)).toEqual([false, false, false, false]);
    expect(isMapped()).toBe(false);
    expect([left(), state()]).toEqual([2048, comm.CELL_SHUT_DOWN]);
    expect(once(0, code, 1n)).toBe(0);
    expect(scrubs()).toEqual([PIECES[1]]);
    expect([left(), ...secrets()]).toEqual([0, 0, 0, 0]);
    platform.hypercall(0, code, 1n);
    expect(scrubs()).toEqual([]);
  });
});

test("memory that is to be kept is not filled", () => {
  hide();
  create({ flags: CELL_FLAG_KEEP_MEMORY });
  expect(left()).toBe(0);
  for (const code of [hc.HC_CELL_START, hc.HC_CELL_DESTROY]) expect(once(0, code, 1n)).toBe(0);
  expect(scrubs()).toEqual([]);
  expect(secrets()).toEqual([0x42, 0x42, 0x42]);
});

describe("a destroyed cell's memory", () => {
  beforeEach(() => {
    create();
    platform.hypercall(0, hc.HC_CELL_START, 1n);
    hide();
    platform.takeRecord();
  });
  /** The cell answers once; returns how often it was asked. */
  function agree(reply = comm.REPLY_REQUEST_APPROVED): () => number {
    let asked = 0;
    platform.onRelax = () => {
      const page = platform.comm.get(1);
      if (!page?.[comm.COMM_MSG_TO_CELL / 4]) return;
      page[comm.COMM_MSG_TO_CELL / 4] = 0;
      page[comm.COMM_REPLY_FROM_CELL / 4] = reply;
      asked++;
    };
    return () => asked;
  }

  test("is filled before anything is given back; the cell is asked once and executes no more", () => {
    const asked = agree();
    expect(once(0, hc.HC_CELL_DESTROY, 1n)).toBeUndefined();
    expect(scrubs()).toEqual([PIECES[0]]);
    expect(isMapped()).toBe(false);
    expect(platform.cpus[1]).toMatchObject({ cell: 1, stopped: false, activity: "halted" });
    expect([left(), state()]).toEqual([2048, comm.CELL_SHUT_DOWN]);
    expect(once(0, hc.HC_CELL_DESTROY, 1n)).toBe(0);
    expect(isMapped()).toBe(true);
    expect(secrets()).toEqual([0, 0, 0]);
    expect([asked(), state()]).toEqual([1, -2]);
  });

  test("stays the cell's when it refuses", () => {
    agree(comm.REPLY_REQUEST_DENIED);
    expect(once(0, hc.HC_CELL_DESTROY, 1n)).toBe(-EPERM);
    expect(scrubs()).toEqual([]);
    expect(secrets()).toEqual([0x42, 0x42, 0x42]);
  });

  test.each([
    ["a creation", () => create({ name: "other", id: 2, cpus: [2] }), 0],
    ["a start of it", () => platform.hypercall(2, hc.HC_CELL_START, 1n), -2],
    ["a destruction of all", () => platform.hypercall(2, hc.HC_DESTROY_ALL), 0],
  ])("is filled by %s, if the call does not come again", (_name, call, result) => {
    agree();
    expect(once(0, hc.HC_CELL_DESTROY, 1n)).toBeUndefined();
    expect(call()).toBe(result);
    expect(secrets()).toEqual([0, 0, 0]);
    expect(state()).toBe(-2);
  });

  test("is filled before the hypervisor leaves, if the call does not come again", () => {
    agree();
    expect(once(0, hc.HC_CELL_DESTROY, 1n)).toBeUndefined();
    for (const cpu of [0, 1, 2, 3]) {
      if (cpu === 1) continue;
      expect(platform.hypercall(cpu, hc.HC_DISABLE)).toBe(0);
    }
    expect(secrets()).toEqual([0, 0, 0]);
  });

  test("of all cells is filled in one call after the other", () => {
    agree();
    let rounds = 0;
    while (once(0, hc.HC_DESTROY_ALL) === undefined) rounds++;
    expect(rounds).toBe(1);
    expect(scrubs()).toEqual(PIECES);
    expect(state()).toBe(-2);
  });
});
