// A corpus of machines. For each: what Linux' lists name is in the created configuration or told, the configuration passes its
// own check, and advice, applied as it stands, ends in a clean check within three rounds.
import { describe, expect, it } from "vitest";
import { applyFix, checkConfigs, type Finding } from "../../config/check/index.ts";
import { uncovered } from "../../config/check/ranges.ts";
import { machineFacts } from "../../config/create/facts.ts";
import { memmapOption } from "../../config/create/kernel-options.ts";
import { PciFunctions } from "../../config/create/pci.ts";
import { sourceOf } from "../../config/create/source.ts";
import { definitionOf, type Plan, planSystem } from "../../config/create/system.ts";
import type { Tree } from "../../config/create/tree.ts";
import { defineSystem } from "../../config/define-system.ts";
import { explain, repaired } from "../../config/explain/index.ts";
import { machineTree } from "../../config/testing/machine-tree.ts";
import type { SystemConfig } from "../../config/types.ts";
import { readReports } from "../../control/console-reports.ts";
import { machines } from "./corpus.ts";
import type { CorpusMachine } from "./machine.ts";

const ALL = await machines();
const PUBLISHED = await machines("published");
const MATRIX = await machines("matrix");
const isArm = ({ vendor }: CorpusMachine) => vendor === "Arm";
const PCS = ALL.filter(([, facts]) => !isArm(facts));
const ROUNDS = 3;

const systemOf = (plan: Plan): SystemConfig => defineSystem(definitionOf(plan));

/** The machine once it was booted as `config create` says. */
function rebooted(facts: CorpusMachine, plan: Plan): Tree {
  const { hypervisor, inmates, isReserved } = plan.placement;
  if (isReserved && plan.kernelOptions.missing === "") return machineTree(facts);
  const window = { start: hypervisor.start, size: hypervisor.size + inmates.size };
  const last = window.start + window.size - 1n;
  const text = (value: bigint) => value.toString(16).padStart(8, "0");
  const iomem = facts.iomem.replace(
    /^( *)([0-9a-f]+)-([0-9a-f]+) : System RAM$/gm,
    (line, indent, from, to) => {
      const [start, end] = [BigInt(`0x${from}`), BigInt(`0x${to}`)];
      if (isReserved || start > window.start || end < last) return line;
      const parts = [
        ...(start < window.start ? [`${text(start)}-${text(window.start - 1n)} : System RAM`] : []),
        `${text(window.start)}-${text(last)} : Reserved`,
        ...(end > last ? [`${text(last + 1n)}-${text(end)} : System RAM`] : []),
      ];
      return parts.map((part) => `${indent}${part}`).join("\n");
    },
  );
  const options = [isReserved ? "" : memmapOption(window), plan.kernelOptions.missing].join(" ");
  return machineTree({ ...facts, iomem, cmdline: `${facts.cmdline ?? ""} ${options}` });
}

/** What machines lack, by the rule that says so of a configuration: `config create` has to tell it first. */
const LACKING: Readonly<Record<string, string>> = {
  "pm-timer": "no PM timer was found",
  "irqchip-none": "no I/O APIC was found",
};

/** What a person would have to do something about, and was not told. */
const untold = (plan: Plan, findings: readonly Finding[]): Finding[] =>
  findings.filter(({ severity, rule }) => {
    const told = LACKING[rule];
    const isTold = told !== undefined && plan.warnings.some((text) => text.startsWith(told));
    return severity !== "note" && !isTold;
  });

const faults = (plan: Plan, system: SystemConfig, tree: Tree): Finding[] =>
  untold(plan, checkConfigs([system], machineFacts(tree)));

/** Lines of Linux' lists, read here once more: first, last, name, and the line itself. */
function linesOf(text = ""): { first: bigint; last: bigint; name: string; line: string }[] {
  return text.split("\n").flatMap((line) => {
    const [, first, last, name] = /^\s*([0-9a-f]+)-([0-9a-f]+) : (.*?)\r?$/.exec(line) ?? [];
    if (first === undefined) return [];
    return [
      { first: BigInt(`0x${first}`), last: BigInt(`0x${last}`), name: name!, line: line.trim() },
    ];
  });
}

/** Whether every address of a line is in one of the ranges. */
function isCovered(
  first: bigint,
  last: bigint,
  ranges: readonly (readonly [bigint, bigint])[],
): boolean {
  let next = first;
  for (const [start, end] of [...ranges].sort((a, b) => (a[0] < b[0] ? -1 : 1)))
    if (start <= next && end > next) next = end;
  return next > last;
}

/** Buses pass addresses on, and Linux keeps gaps: neither is anybody's. */
const NOBODYS = /^(PCI Bus|PCI CardBus|CXL Window|RAM buffer)/;

describe.each(PCS)("%s", (_, facts) => {
  const plan = planSystem(machineTree(facts));
  const system = systemOf(plan);
  const told = [...plan.warnings, ...plan.played].join("\n");

  it("loses nothing that Linux' lists name", () => {
    const memory: (readonly [bigint, bigint])[] = [
      system.hypervisorMemory,
      ...system.rootCell.memory,
    ].map(({ physicalStart, size }) => [physicalStart, physicalStart + size] as const);
    const tables = system.rootCell.pciDevices.map(
      ({ msixAddress, msixRegionSize }) =>
        [msixAddress, msixAddress + BigInt(msixRegionSize)] as const,
    );
    const played = [0xfee00000n, 0xfef00000n] as const;
    for (const { first, last, name, line } of linesOf(facts.iomem))
      if (!NOBODYS.test(name) && !isCovered(first, last, [...memory, ...tables, played]))
        expect(told, line).toContain(line);
    const ports = system.rootCell.ports.map(
      ({ base, length }) => [BigInt(base), BigInt(base + length)] as const,
    );
    const isHidden = told.includes("/proc/ioports shows no port");
    for (const { first, last, name, line } of linesOf(facts.ioports))
      if (!NOBODYS.test(name) && !isCovered(first, last, ports) && !isHidden)
        expect(told, line).toContain(line);
    for (const entry of Object.values(facts.cStates ?? {})) {
      const port = /IOPORT (0x[0-9a-f]+)/.exec(entry)?.[1];
      if (port) expect(isCovered(BigInt(port), BigInt(port), ports), entry).toBe(true);
    }
  });

  it("gets a configuration that passes its own check", () => {
    const found = untold(plan, checkConfigs([system]));
    expect(found.map(({ rule, message }) => `${rule}: ${message}`)).toEqual([]);
    expect(sourceOf(plan)).toContain("export default defineSystem({");
  });

  it("has nothing left to do once it was booted as it is told", () => {
    const left = faults(plan, system, rebooted(facts, plan));
    expect(left.map(({ rule, message }) => `${rule}: ${message}`)).toEqual([]);
  });

  const { rootCell } = system;
  const isRam = ({ flags }: { flags: bigint }) => (flags & 4n) !== 0n;
  const poorer = (lists: Partial<SystemConfig["rootCell"]>): SystemConfig => ({
    ...system,
    rootCell: { ...rootCell, ...lists },
  });
  it.each<[string, SystemConfig]>([
    ["no registers", poorer({ memory: rootCell.memory.filter(isRam) })],
    ["every second region", poorer({ memory: rootCell.memory.filter((_, at) => at % 2 === 0) })],
    ["no ports", poorer({ ports: [] })],
    ["every second range of ports", poorer({ ports: rootCell.ports.filter((_, at) => at % 2) })],
    ["another PM timer", { ...system, x86: { ...system.x86!, pmTimerAddress: 0x1234 } }],
  ])("has advice that converges from %s", (_, wrong) => {
    const tree = rebooted(facts, plan);
    let now: SystemConfig = wrong;
    for (let round = 0; round < ROUNDS; round++)
      [now] = applyFix(
        [now],
        faults(plan, now, tree).flatMap(({ fix }) => fix),
      ) as [SystemConfig];
    expect(faults(plan, now, tree).map(({ rule, message }) => `${rule}: ${message}`)).toEqual([]);
  });
});

/** What the original's hypervisor says on its serial line of accesses that it denied Linux. */
function logOf(accesses: readonly (readonly ["memory" | "port", bigint])[]): string {
  const reports = accesses.map(([kind, address]) => {
    const text =
      kind === "memory"
        ? `Invalid MMIO/RAM read, addr: 0x${address.toString(16).padStart(16, "0")} size: 4`
        : `Invalid PIO read, port: ${address.toString(16)} size: 1`;
    return `FATAL: ${text}\nRIP: 0xffffffff81000000 RSP: 0xffff888000000000 FLAGS: 2\nCS: 10 BASE: 0 AR-BYTES: 29b EFER.LMA 1\nParking CPU 0 (Cell: "RootCell")\n`;
  });
  return `\nInitializing Jailhouse hypervisor on CPU 0\n${reports.join("")}`;
}

describe.each(PCS)("a log of accesses that were denied on %s", (_, facts) => {
  const plan = planSystem(machineTree(facts));
  const system = systemOf(plan);
  const tree = rebooted(facts, plan);
  const functions = new PciFunctions(tree);

  it("is explained with what allows it, which passes the check", () => {
    const { rootCell } = system;
    const memory = rootCell.memory.filter(({ flags }) => (flags & 4n) !== 0n);
    const registers = rootCell.memory.filter((region) => !memory.includes(region));
    const bare: SystemConfig = { ...system, rootCell: { ...rootCell, memory, ports: [] } };
    const accesses = [
      ...registers.map(({ physicalStart }) => ["memory", physicalStart] as const),
      ...rootCell.ports.map(({ base }) => ["port", BigInt(base)] as const),
    ];
    const { reports, unread } = readReports(logOf(accesses));
    expect([reports.length, unread]).toEqual([accesses.length, []]);
    const cells = [{ id: 0, config: bare.rootCell }];
    const explained = reports.map(({ denial }) =>
      explain({ system: bare, cells, functions }, denial),
    );
    for (const { what, where, additions } of explained)
      expect([what, where, additions.length > 0]).toEqual([what, where, true]);
    let now: SystemConfig = { ...bare, rootCell: repaired(bare.rootCell, explained) };
    for (const [kind, address] of accesses) {
      const ranges =
        kind === "memory"
          ? now.rootCell.memory.map(
              (one) => [one.physicalStart, one.physicalStart + one.size] as const,
            )
          : now.rootCell.ports.map(
              (one) => [BigInt(one.base), BigInt(one.base + one.length)] as const,
            );
      expect([kind, address, isCovered(address, address, ranges)]).toEqual([kind, address, true]);
    }
    for (let round = 0; round < ROUNDS; round++)
      [now] = applyFix(
        [now],
        faults(plan, now, tree).flatMap(({ fix }) => fix),
      ) as [SystemConfig];
    expect(faults(plan, now, tree).map(({ rule, message }) => `${rule}: ${message}`)).toEqual([]);
  });
});

describe.each(ALL.filter(([, facts]) => isArm(facts)))("%s", (_, facts) => {
  const tree = machineTree(facts);
  const { found } = machineFacts(tree);
  const FREE = 0x1000n;
  /** What a person would write: RAM without what is kept, registers, and a hypervisor where nothing is. */
  const regions = linesOf(facts.iomem).filter(
    ({ name, line }) => facts.iomem.includes(`\n${line}`) && !name.startsWith("GIC"),
  );
  const place = found!.ram[0]!;
  const kept = found!.iomem
    .flatMap(({ children }) => children)
    .find(({ name }) => name === "reserved");
  const hypervisor = kept?.start ?? place.start + place.size;
  const system = defineSystem({
    architecture: "arm64",
    hypervisorMemory: { physical: hypervisor, size: 0x400000 },
    arm: { gicVersion: 3, maintenanceIrq: 25, gicdBase: 0x8000000 },
    rootCell: {
      name: "root",
      cpus: [
        ...(found!.isArm ? Array.from({ length: facts.cpus ?? 4 }, (_unused, cpu) => cpu) : []),
      ],
      memory: regions.flatMap(({ first, last, name }) => {
        const flags = name.startsWith("System RAM")
          ? (["read", "write", "execute", "dma"] as const)
          : (["read", "write", "io"] as const);
        const end = ((last + FREE) / FREE) * FREE;
        const start = (first / FREE) * FREE;
        const parts = kept
          ? uncovered({ start, size: end - start }, [kept])
          : [{ start, size: end - start }];
        return parts.map((part) => ({ physical: part.start, size: part.size, flags }));
      }),
    },
  });
  const rules = (one: SystemConfig) =>
    checkConfigs([one], { found }).filter(({ rule }) => rule.startsWith("machine"));

  it("is no machine that a configuration can be made of, and says so", () =>
    expect(() => planSystem(tree)).toThrow("it is an Arm machine"));

  it("has nothing against a configuration for it, and against none of a PC's but that", () => {
    expect(rules(system).map(({ rule, message }) => `${rule}: ${message}`)).toEqual([]);
    const pc = systemOf(planSystem(machineTree(PCS[0]![1])));
    expect(rules(pc).map(({ rule }) => rule)).toEqual(["machine-architecture"]);
  });

  it("misses none of what Linux' list names, and memory that it uses", () => {
    const bare = { ...system, rootCell: { ...system.rootCell, memory: [] } };
    const [fixed] = applyFix(
      [bare],
      rules(bare).flatMap(({ fix }) => fix),
    ) as [SystemConfig];
    expect(rules(bare).map(({ rule }) => rule)).toContain("machine-ram-missing");
    expect(rules(fixed)).toEqual([]);
    const start = place.start + FREE;
    const used = {
      ...system,
      hypervisorMemory: { ...system.hypervisorMemory, physicalStart: start },
    };
    expect(rules(used)).toMatchObject([
      { rule: "machine-memmap", advice: expect.stringContaining("reserved-memory") },
    ]);
  });
});

describe("the corpus", () => {
  it("is of sixty machines, thirty after published ones", () => {
    expect([PUBLISHED.length, MATRIX.length]).toEqual([30, 30]);
    for (const [name, { source, taken }] of PUBLISHED)
      expect([name, /^https?:\/\/\S+$/.test(source ?? ""), (taken ?? "").length > 20]).toEqual([
        name,
        true,
        true,
      ]);
    const sources = PUBLISHED.map(([, { source }]) => source);
    expect(new Set(sources).size).toBe(sources.length);
  });

  it("has no list of memory twice, and says what each machine adds", () => {
    expect(new Set(ALL.map(([, { iomem }]) => iomem.trim())).size).toBe(ALL.length);
    expect(new Set(ALL.map(([, { adds }]) => adds)).size).toBe(ALL.length);
  });

  it("fills its matrix: no row or column is empty", () => {
    const iommu = ({ iommus = [] }: CorpusMachine) => iommus[0]?.kind ?? "none";
    const chips = ({ ioapics = [] }: CorpusMachine) => `${ioapics.length} I/O APICs`;
    const columns = [...new Set(MATRIX.flatMap(([, m]) => [iommu(m), chips(m), m.kernel]))].sort();
    const rows = [...new Set(MATRIX.map(([, { vendor }]) => vendor))].sort();
    const table = rows.map((vendor) =>
      columns.map(
        (column) =>
          MATRIX.filter(
            ([, m]) => m.vendor === vendor && [iommu(m), chips(m), m.kernel].includes(column),
          ).length,
      ),
    );
    const oddities = new Map<string, string[]>();
    for (const [, { oddity, vendor }] of MATRIX)
      oddities.set(oddity, [...(oddities.get(oddity) ?? []), vendor]);
    console.log(
      [
        `${"".padEnd(14)}${columns.map((column) => column.padStart(13)).join("")}`,
        ...rows.map(
          (row, at) => `${row.padEnd(14)}${table[at]!.map((n) => `${n}`.padStart(13)).join("")}`,
        ),
        ...[...oddities].map(([oddity, list]) => `${oddity}: ${list.join(", ")}`),
      ].join("\n"),
    );
    const has = (value: string) => [...columns, ...rows].includes(value);
    for (const value of ["AuthenticAMD", "HygonGenuine", "GenuineIntel", "CentaurHauls", "Arm"])
      expect([value, has(value)]).toEqual([value, true]);
    for (const value of ["amd", "intel", "none", "2.6", "4", "5", "6"])
      expect([value, has(value)]).toEqual([value, true]);
    for (const row of table) expect(row.some((count) => count > 0)).toBe(true);
    expect(columns.every((_, at) => table.some((row) => row[at]! > 0))).toBe(true);
  });
});
