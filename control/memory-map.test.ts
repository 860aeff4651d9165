import { expect, test } from "vitest";
import { divideMemory } from "./memory-map.ts";

const root = { owner: 0, extents: [{ start: 0, size: 100 }] };

test("a later claim takes its part out of an earlier one", () => {
  const cell = { owner: 1, extents: [{ start: 40, size: 20 }] };
  expect(divideMemory([root, cell], 100)).toEqual([
    { owner: 0, start: 0, size: 40 },
    { owner: 1, start: 40, size: 20 },
    { owner: 0, start: 60, size: 40 },
  ]);
});

test("neighbouring regions of one owner are one range", () => {
  const extents = [
    { start: 10, size: 10 },
    { start: 0, size: 10 },
  ];
  expect(divideMemory([{ owner: 0, extents }], 100)).toEqual([{ owner: 0, start: 0, size: 20 }]);
});

test("what lies beyond the RAM, or is nobody's, is left out", () => {
  const hypervisor = { owner: "hypervisor" as const, extents: [{ start: 70, size: 2 ** 40 }] };
  const cell = { owner: 1, extents: [{ start: 2 ** 63, size: 2 ** 63 }] };
  expect(
    divideMemory([{ owner: 0, extents: [{ start: 0, size: 50 }] }, hypervisor, cell], 80),
  ).toEqual([
    { owner: 0, start: 0, size: 50 },
    { owner: "hypervisor", start: 70, size: 10 },
  ]);
});
