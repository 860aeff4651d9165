// All advice: for every rule that has a fix, cases in which it is given; followed one after the other it ends, each step has
// fewer faults than the one before, none gives anybody the hypervisor's own line or memory, and the end is clean of the rule.
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as abi from "../../abi/config.ts";
import { repairedInputs, withSoundFixes } from "../../config/check/advice.ts";
import { isDebugConsole } from "../../config/check/debug-console.ts";
import { checkInputs, type Finding } from "../../config/check/index.ts";
import type { Cell, CellConfig, IommuUnit, SystemConfig } from "../../config/types.ts";
import pciDemo from "../../configs/x86/pci-demo.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import { CAMPAIGN_TIMEOUT } from "../campaign.ts";
import { cellMutants, systemMutants } from "./operators.ts";
import { PAIRS } from "./pairs.ts";

const MACHINE = { cpus: [0, 1, 2, 3], ramEnd: 1n << 30n, x2apic: true };
const RULES = new URL("../../config/check/rules/", import.meta.url);
/** One mutant in so many is looked at, and so many for each rule are repaired. */
const STRIDE = 4;
const OF_EACH = 2;

type Files = readonly [SystemConfig, ...CellConfig[]];
type Changes = {
  /** The cell that ships; tiny-demo unless another is named. */
  readonly base?: string;
  readonly system?: Partial<SystemConfig>;
  readonly root?: Partial<Cell>;
  readonly cell?: Partial<CellConfig>;
  /** A cell beside it. */
  readonly other?: Partial<CellConfig>;
};

const pairOf = (name: string) => PAIRS.find(({ cell }) => cell.name === name)!;

function files({ base = "tiny-demo", system, root, cell, other }: Changes): Files {
  const pair = pairOf(base);
  const changed = { ...pair.system, ...system, rootCell: { ...pair.system.rootCell, ...root } };
  const beside: CellConfig = { ...tinyDemo, name: "other", cpus: [3], ports: [], ...OTHER_CONSOLE };
  return [
    changed as SystemConfig,
    { ...pair.cell, ...cell },
    ...(other ? [{ ...beside, ...other }] : []),
  ];
}

const [ram, comm] = tinyDemo.memory as [Cell["memory"][0], Cell["memory"][0]];
const OTHER_CONSOLE = { memory: [{ ...ram, physicalStart: 0x3ec00000n }, comm] };
const chip = qemuX86.rootCell.irqchips[0]!;
const device = pciDemo.pciDevices[0]!;
const unit = (fields: Partial<IommuUnit>) => ({
  iommuUnits: [{ type: abi.IOMMU_TYPE_INTEL, base: 0xfed90000n, size: 0x1000, ...fields }],
});
const register = (start: bigint, size: bigint, flags = 3n) => ({
  ...{ physicalStart: start, virtualStart: start, size, flags },
});
const pciCell = (fields: object): Partial<CellConfig> => ({
  ...pciDemo,
  pciDevices: [{ ...device, ...fields }],
});
const MSI = pciDemo.pciCapabilities[0]!;
const card = pairOf("e1000-demo").cell;
const linked = pairOf("ivshmem-demo").cell;
const link = (fields: object): Changes => ({
  base: "ivshmem-demo",
  cell: { pciDevices: [{ ...linked.pciDevices[0]!, ...fields }] },
});
const TABLE = qemuX86.rootCell.pciDevices[2]!;
const tableCell = (fields: object): Partial<CellConfig> => ({
  ...{ flags: tinyDemo.flags | abi.CELL_FLAG_UNGUARDED_DMA },
  pciDevices: [{ ...TABLE, capsStart: 0, numCaps: 0, ...fields }],
});

/** Rules that no mutant of one pair breaks, or hardly any. */
const CASES: readonly (readonly [rule: string, Changes])[] = [
  ["architecture-mixed", { cell: { architecture: "arm" } }],
  [
    "cache-twice",
    {
      cell: { caches: [{ start: 0, size: 2, type: 3, flags: 0 }] },
      other: { caches: [{ start: 1, size: 1, type: 3, flags: 0 }] },
    },
  ],
  [
    "console-nobody",
    {
      system: { flags: 0, debugConsole: { ...qemuX86.debugConsole, type: abi.CONSOLE_TYPE_NONE } },
    },
  ],
  [
    "debug-console-silent",
    {
      system: { flags: 0, debugConsole: { ...qemuX86.debugConsole, type: abi.CONSOLE_TYPE_NONE } },
    },
  ],
  ["cpu-limit", { cell: { cpuSetSize: 64, cpus: [2, 300] } }],
  ["cpu-twice", { cell: { cpus: [3] }, other: {} }],
  ["iommu-gap", { system: unit({ base: 0n }) }],
  ["iommu-shape", { system: unit({ base: 0xfed90010n }) }],
  [
    "memory-iommu",
    { system: unit({}), cell: { memory: [ram, comm, register(0xfed90000n, 0x1000n)] } },
  ],
  ["memory-cells", { other: { memory: [ram, comm] } }],
  ["mmconfig-bus", { system: { pciMmconfigBase: 0xb0001000n } }],
  ["msix-differs", { cell: tableCell({ msixAddress: TABLE.msixAddress + 0x1000n }) }],
  [
    "msix-size",
    {
      root: { pciDevices: qemuX86.rootCell.pciDevices.with(2, { ...TABLE, msixRegionSize: 0x10 }) },
    },
  ],
  ["pci-bars", { cell: pciCell({ barMask: [0, 0, 0, 0, 0, 0] }) }],
  ["pci-bar-differs", { cell: pciCell({ barMask: [0xffff8000, 0, 0, 0, 0, 0] }) }],
  ["pci-type", { cell: pciCell({ type: 4 }) }],
  ["cap-differs", { cell: { ...pciCell({}), pciCapabilities: [{ ...MSI, start: 0x70 }] } }],
  [
    "pci-ports",
    {
      base: "e1000-demo",
      cell: {
        ports: card.ports.map((one) =>
          one.base === 0xc000 ? { base: 0xc000, length: 0x20 } : one,
        ),
      },
    },
  ],
  ["apic-mode-machine", { system: { x86: { ...qemuX86.x86!, apicMode: abi.APIC_MODE_XAPIC } } }],
  ["cache-empty", { cell: { caches: [{ start: 0, size: 0, type: 3, flags: 0 }] } }],
  ["cache-type", { cell: { caches: [{ start: 0, size: 1, type: 9, flags: 0 }] } }],
  ["comm-readonly", { cell: { flags: 0, memory: [ram, { ...comm, flags: 0x21n }] } }],
  ["comm-state", { cell: { memory: [ram, { ...comm, flags: 0x21n }] } }],
  ["console-address", { cell: { console: { ...tinyDemo.console, address: 0x12345n } } }],
  [
    "hypervisor-small",
    { system: { hypervisorMemory: { ...qemuX86.hypervisorMemory, size: 0x20000n } } },
  ],
  ["irqchip-empty", { cell: { irqchips: [{ ...chip, pinBitmap: [0, 0, 0, 0] }] } }],
  ["irqchip-id", { cell: { irqchips: [{ ...chip, id: 1, pinBitmap: [0x100000, 0, 0, 0] }] } }],
  [
    "pin-uart",
    {
      cell: {
        ports: [
          { base: 0x2f8, length: 8 },
          { base: 0x3f8, length: 8 },
        ],
        irqchips: [{ ...chip, pinBitmap: [8, 0, 0, 0] }],
      },
    },
  ],
  ["reset-execute", { cell: { memory: [{ ...ram, flags: 0x43n }, comm] } }],
  ["reset-unusual", { cell: { cpuResetAddress: 0x1000n } }],
  ["shmem-id", link({ shmemDeviceId: 0 })],
  ["shmem-peers", link({ shmemPeers: 2 })],
  ["shmem-protocol", link({ shmemProtocol: 5 })],
  ["shmem-regions", link({ shmemPeers: 9 })],
  [
    "pci-twice",
    {
      cell: pciCell({}),
      other: { pciDevices: [device], pciCapabilities: pciDemo.pciCapabilities },
    },
  ],
  [
    "pin-twice",
    {
      cell: { irqchips: [{ ...chip, pinBitmap: [0x100000, 0, 0, 0] }] },
      other: { irqchips: [{ ...chip, pinBitmap: [0x300000, 0, 0, 0] }] },
    },
  ],
  ["pin-foreign", { cell: { irqchips: [{ ...chip, pinBitmap: [0x1100000, 0, 0, 0] }] } }],
  ["port-dma", { cell: { ports: [...tinyDemo.ports, { base: 0, length: 0x20 }] } }],
  ["port-backdoor", { cell: { ports: [...tinyDemo.ports, { base: 0x5658, length: 4 }] } }],
  ["port-reset", { cell: { ports: [...tinyDemo.ports, { base: 0xcf9, length: 1 }] } }],
  [
    "region-range",
    { cell: { memory: [{ ...ram, virtualStart: 1n << 48n }, comm], cpuResetAddress: 0x3ee00000n } },
  ],
  ["subpage-large", { cell: { memory: [ram, comm, register(0x3e000000n, 0x1800n, 0x40003n)] } }],
];

/** The arguments of the call that begins at an opening parenthesis. */
function call(source: string, from: number): string {
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    if ("([{".includes(source[at]!)) depth++;
    if (")]}".includes(source[at]!) && --depth === 0) return source.slice(from, at + 1);
  }
  return "";
}

/** The rules in whose source there is a fix; those about a machine have their own test, with machines. */
function rulesWithFix(): string[] {
  const found = readdirSync(RULES).flatMap((name) => {
    const source = readFileSync(new URL(name, RULES), "utf8");
    return [...source.matchAll(/\btell\(\s*"([a-z0-9-]+)"/g)]
      .filter((match) => /\bfix\b/.test(call(source, source.indexOf("(", match.index))))
      .map(([, rule]) => rule!);
  });
  return [...new Set(found)].filter((rule) => !rule.startsWith("machine-")).sort();
}

/** Rules whose fix is for what a whole set of files shares, and is tested with those. */
const ELSEWHERE = [
  // config/check/arm.test.ts
  ...["gic-foreign", "memory-gic"],
  // Needs the facts of a machine, or has none: config/check/machine.test.ts, cli/config-check.test.ts.
  ...["smt-split", "cpu-gap"],
];

const inputsOf = (configs: readonly (SystemConfig | CellConfig)[]) =>
  configs.map((config, index) => ({ path: `${index}`, config }));
const faultsIn = (findings: readonly Finding[]) =>
  findings.filter(({ severity }) => severity !== "note");

/** What no advice may give to anybody. */
function handedOut(configs: readonly (SystemConfig | CellConfig)[]): string[] {
  const system = configs[0] as SystemConfig;
  const cells = configs.map((config) => (config.kind === "cell" ? config : config.rootCell));
  const own = system.hypervisorMemory;
  return cells.flatMap(({ ports, memory }, index) => [
    ...ports.filter((range) => isDebugConsole(system, range)).map(() => `line to ${index}`),
    ...memory
      .filter(
        ({ physicalStart: start, size }) =>
          start < own.physicalStart + own.size && own.physicalStart < start + size,
      )
      .map(() => `memory to ${index}`),
  ]);
}

/** Follows the advice on one rule first, then all other, to the end; returns the rules whose advice there was. */
function follow(start: Files, rule: string): Set<string> {
  const advised = new Set<string>();
  let inputs = inputsOf(start);
  let findings = checkInputs(inputs, MACHINE);
  // Each step must have fewer faults, so that there is an end.
  while (true) {
    const sound = withSoundFixes(inputs, findings, MACHINE).filter(({ fix }) => fix.length > 0);
    for (const one of sound) advised.add(one.rule);
    const next = sound.find((one) => one.rule === rule) ?? faultsIn(sound)[0];
    if (!next) return advised;
    const repaired = repairedInputs(inputs, next) as typeof inputs;
    const after = checkInputs(repaired, MACHINE);
    expect(faultsIn(after).length, `${next.rule}: ${next.message}`).toBeLessThan(
      faultsIn(findings).length,
    );
    // What is the hypervisor's is what the repaired system says.
    const [system, ...cells] = repaired.map(({ config }) => config) as unknown as Files;
    const { rootCell } = inputs[0]!.config as SystemConfig;
    const had = handedOut([
      { ...system, rootCell },
      ...inputs.slice(1).map(({ config }) => config),
    ]);
    const has = handedOut([system, ...cells]);
    expect(has.length, `${next.rule}: ${next.message}`).toBeLessThanOrEqual(had.length);
    [inputs, findings] = [repaired, after];
  }
}

const advised = new Set<string>();

it.each(CASES)("%s: the advice is given, and ends", (rule, changes) => {
  const given = follow(files(changes), rule);
  expect([...given]).toContain(rule);
  for (const one of given) advised.add(one);
});

it("advice on mutants of every pair ends, and makes nothing worse", {
  timeout: CAMPAIGN_TIMEOUT,
}, () => {
  const tried = new Map<string, number>();
  const mutants = PAIRS.flatMap(({ system, cell }) => [
    ...cellMutants(system, cell),
    ...systemMutants(system, cell),
  ]).filter((_, index) => index % STRIDE === 0);
  for (const { system, cell } of mutants) {
    const findings = checkInputs(inputsOf([system, cell]), MACHINE);
    const rule = faultsIn(findings).find(
      (one) => one.fix.length > 0 && (tried.get(one.rule) ?? 0) < OF_EACH,
    )?.rule;
    if (rule === undefined) continue;
    tried.set(rule, (tried.get(rule) ?? 0) + 1);
    for (const one of follow([system, cell], rule)) advised.add(one);
  }
  expect(tried.size).toBeGreaterThan(60);
});

it("every rule with a fix was advised on", () => {
  const silent = rulesWithFix().filter((rule) => !advised.has(rule) && !ELSEWHERE.includes(rule));
  expect(silent).toEqual([]);
});

it("nobody is advised to hand out the line on which the hypervisor prints", () => {
  const COM1 = { base: 0x3f8, length: 8 };
  const withoutLine = qemuX86.rootCell.ports.filter(
    ({ base }) => base !== COM1.base && base !== 0x3f0,
  );
  const cells: [string, Partial<CellConfig>][] = [
    ["port-foreign", { ports: [COM1] }],
    ["console-reach", { ports: [], console: { ...tinyDemo.console, address: 0x3f8n } }],
    ["uart-partial", { ports: [{ base: 0x3f8, length: 4 }] }],
    ["pin-alone", { ports: [], irqchips: [{ ...chip, pinBitmap: [0x10, 0, 0, 0] }] }],
  ];
  for (const [rule, cell] of cells) {
    const set = files({ root: rule === "port-foreign" ? { ports: withoutLine } : {}, cell });
    const found = checkInputs(inputsOf(set), MACHINE).filter((one) => one.rule === rule);
    expect(found, rule).not.toEqual([]);
    for (const { fix, advice } of found) {
      expect(fix, rule).toEqual([]);
      expect(advice, rule).toBeDefined();
    }
  }
});
