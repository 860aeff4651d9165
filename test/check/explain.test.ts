// What `explain` proposes, applied and checked again: on every pair that ships, for accesses all over their machine.
import { describe, expect, it } from "vitest";
import { isDebugConsole } from "../../config/check/debug-console.ts";
import { checkInputs, type Finding } from "../../config/check/index.ts";
import type { Denial } from "../../config/explain/access.ts";
import { explain, repaired } from "../../config/explain/index.ts";
import type { CellConfig, SystemConfig } from "../../config/types.ts";
import { PAIRS } from "./pairs.ts";

const CELL = 1;
const WHERE: readonly bigint[] = [
  ...[0xfee00000n, 0xfec00000n, 0xfed00000n, 0xfed90000n, 0xb0000000n, 0xb0100000n],
  ...[0x100000000n, 0xfffffffffffff000n, 0n, 0xfffffffcn],
];
const PORTS = [
  ...[0x20, 0x40, 0x43, 0x60, 0x64, 0x70, 0x80, 0x92, 0xa0, 0xb2, 0xe9, 0x1f0, 0x2e8, 0x2f8, 0x378],
  ...[0x3e8, 0x3f8, 0x3fd, 0x510, 0x608, 0xcf8, 0xcf9, 0xcfc, 0x5658, 0x9999, 0xc000, 0xffff],
];

const ACCESS: Denial = {
  ...{ sequence: 0, cpu: 2, size: 4, write: false, fetch: false, string: false, allowed: 0 },
  ...{ value: 0n, rip: 0x1000n, bits: 64, instruction: new Uint8Array(), times: 1 },
  ...{ kind: "memory", cell: CELL, address: 0n },
};

/** Accesses at and around the edges of everything that either of them has. */
function accesses(system: SystemConfig, cell: CellConfig): Denial[] {
  const regions = [
    ...system.rootCell.memory,
    ...cell.memory,
    { ...system.hypervisorMemory, virtualStart: 0n },
  ];
  const edges = regions.flatMap(({ physicalStart, virtualStart, size }) =>
    [physicalStart, virtualStart].flatMap((start) => [
      start - 4n,
      start,
      start + size - 4n,
      start + size,
    ]),
  );
  const addresses = [...new Set([...edges, ...WHERE])].filter((address) => address >= 0n);
  const bdfs = [...system.rootCell.pciDevices, ...cell.pciDevices].map(({ bdf }) => BigInt(bdf));
  return [0, CELL].flatMap((id) => [
    ...addresses.flatMap((address) =>
      [{}, { write: true }, { fetch: true }].map((how) => ({
        ...ACCESS,
        ...how,
        cell: id,
        address,
      })),
    ),
    ...PORTS.map(
      (port): Denial => ({
        ...ACCESS,
        cell: id,
        kind: "port",
        address: BigInt(port),
        size: 1,
        write: true,
      }),
    ),
    ...[...new Set([...bdfs, 0x3n, 0x1ffn])].flatMap((bdf) =>
      [0x4n, 0x40n, 0x60n, 0x100n].map(
        (at): Denial => ({
          ...ACCESS,
          cell: id,
          kind: "pci",
          address: (bdf << 16n) | at,
          write: true,
        }),
      ),
    ),
  ]);
}

const check = (system: SystemConfig, cell: CellConfig): Finding[] =>
  checkInputs([system, cell].map((config, index) => ({ path: `${index}`, config })));
const rulesOf = (findings: readonly Finding[], wanted: (finding: Finding) => boolean) =>
  findings.filter(wanted).map(({ rule }) => rule);

/** What is in a list besides another one, each as often as it is. */
function beyond(after: readonly string[], before: readonly string[]): string[] {
  const rest = [...before];
  return after.filter((rule) => {
    const at = rest.indexOf(rule);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

describe.each(PAIRS.map((pair) => [pair.cell.name, pair] as const))("%s", (_, { system, cell }) => {
  it("gets no entry that is refused, useless or the hypervisor's, and is told of every warning", () => {
    const situation = {
      system,
      cells: [
        { id: 0, config: system.rootCell },
        { id: CELL, config: cell },
      ],
    };
    const before = check(system, cell);
    let proposed = 0;
    for (const denial of accesses(system, cell)) {
      const told = explain(situation, denial);
      if (told.additions.length === 0) continue;
      proposed++;
      const isRoot = denial.cell === 0;
      const files = [
        isRoot ? { ...system, rootCell: repaired(system.rootCell, [told]) } : system,
        isRoot ? cell : repaired(cell, [told]),
      ] as const;
      const after = check(...files);
      const [errors, warnings] = (["error", "warning"] as const).map((severity) =>
        beyond(
          rulesOf(after, (finding) => finding.severity === severity),
          rulesOf(before, (finding) => finding.severity === severity),
        ),
      );
      expect(errors, told.what).toEqual([]);
      expect(warnings, told.what).not.toContain("memory-trapped");
      expect(told.cautions, told.what).toHaveLength(warnings!.length);
      for (const rule of warnings!)
        expect(told.cautions?.join("\n"), told.what).toContain(`[${rule}]`);
      if (!isRoot)
        for (const ports of beyondPorts(files[1], cell))
          expect(isDebugConsole(system, ports), told.what).toBe(false);
    }
    expect(proposed).toBeGreaterThan(10);
  });
});

const beyondPorts = (after: CellConfig, before: CellConfig) =>
  after.ports.filter(({ base }) => !before.ports.some((one) => one.base === base));
