import { expect, test } from "vitest";
import type { MachineStatus } from "../control/api.ts";
import { machineMap } from "./machine-map.ts";

const MIB = 2 ** 20;
const cell = (id: number, name: string, cpusAssigned: number[]) => ({
  ...{ id, name, cpusAssigned, cpusFailed: id === 2 ? cpusAssigned : [] },
  state: id === 2 ? ("failed" as const) : ("running" as const),
});
const STATUS: MachineStatus = {
  ...{
    name: "m",
    cpus: 5,
    memory: 64 * MIB,
    pace: "free",
    enabled: true,
    learning: false,
    time: 0,
    offline: [],
  },
  pools: { memory: { size: 0, used: 0 }, remap: { size: 0, used: 0 } },
  cells: [cell(0, "root", [0, 1]), cell(1, "one", [3]), cell(2, "two", [2])],
  memoryMap: [
    { owner: 0, start: 0, size: 32 * MIB },
    { owner: "hypervisor", start: 32 * MIB, size: 6 * MIB },
    { owner: 1, start: 40 * MIB, size: 0.5 * MIB },
    { owner: 0, start: 40.5 * MIB, size: 22.5 * MIB },
    { owner: 2, start: 63 * MIB, size: MIB },
  ],
};

test("every CPU and every piece of RAM shows whose it is", () => {
  expect(machineMap(STATUS, false)).toBe(`CPUs    0021.
Memory  ${"0".repeat(32)}HHHHHH..1${"0".repeat(22)}2
        0                                                         64 MiB

0  root            CPUs 0-1          54.5 MiB  running
1  one             CPU 3             0.5 MiB   running
2  two             CPU 2, failed: 2  1 MiB     failed
H  the hypervisor                    6 MiB
`);
});

test("with colours the characters stay the same", () => {
  const painted = machineMap(STATUS, true);
  expect(painted).toContain("\x1b[30;42m1\x1b[0m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  expect(painted.replaceAll(/\x1b\[[\d;]*m/g, "")).toBe(machineMap(STATUS, false));
});

test("a cell that shares its column with another one is drawn beside it", () => {
  const memoryMap: MachineStatus["memoryMap"] = [
    { owner: 0, start: 0, size: 32 * MIB },
    { owner: 2, start: 32 * MIB, size: 0.5 * MIB },
    { owner: 1, start: 32.5 * MIB, size: 0.25 * MIB },
    { owner: 0, start: 33 * MIB, size: 31 * MIB },
  ];
  const [, memory] = machineMap({ ...STATUS, memoryMap }, false).split("\n");
  expect(memory).toBe(`Memory  ${"0".repeat(31)}21${"0".repeat(31)}`);
});
