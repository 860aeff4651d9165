// Configurations beside machines: what `config create` makes of each collected machine, compared with all of them.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import apicDemo from "../../configs/x86/apic-demo.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import qemuX86E1000 from "../../configs/x86/qemu-x86-e1000.ts";
import { machineFacts } from "../create/facts.ts";
import { memmapOption } from "../create/kernel-options.ts";
import { definitionOf, planSystem } from "../create/system.ts";
import { type Tree, tarTree } from "../create/tree.ts";
import { defineSystem } from "../define-system.ts";
import type { CellConfig, Config, SystemConfig } from "../types.ts";
import { applyFix } from "./fix.ts";
import { checkConfigs, type Finding } from "./index.ts";
import { isRam } from "./ranges.ts";

const DATA = fileURLToPath(new URL("../../test/data/machines/", import.meta.url));
const DEMO = "q35-1g-4-amd-demo";
const MIB = 1n << 20n;
const GIB = 1n << 30n;

/** A tree with some files replaced. */
function overlay(tree: Tree, files: Readonly<Record<string, string>>): Tree {
  return {
    ...tree,
    read: (path) => (path in files ? Buffer.from(files[path] as string) : tree.read(path)),
  };
}

const trees = new Map(
  readdirSync(DATA).map((file) => [
    file.replace(".tar.gz", ""),
    tarTree(readFileSync(`${DATA}${file}`)),
  ]),
);
const NAMES = [...trees.keys()];
const systems = new Map(
  [...trees].map(([name, tree]) => [name, defineSystem(definitionOf(planSystem(tree)))]),
);

/** What a machine's name says of it. */
function traitsOf(name: string) {
  const [, memory = "", cpus = ""] = /-(\d+[mg])-(\d+)-/.exec(name) ?? [];
  const iommu = /(amd|intel)-iommu/.exec(name)?.[1];
  return {
    memory: BigInt(Number.parseInt(memory, 10)) * (memory.endsWith("g") ? GIB : MIB),
    cpus: Number(cpus),
    iommu,
    isReserved: name.includes("-demo"),
    // The project's PC looks like a q35.
    board: name.startsWith("i440fx") ? "i440fx" : "q35",
    network: name.startsWith("pc") ? "none" : name.includes("virtio") ? "virtio" : "e1000",
  };
}

/** Errors and warnings of a system and cells on a machine. */
/** Findings but notes, and but the warning that holds for every cell which shares the debug console's line. */
const faults = (configs: readonly Config[], tree: Tree): Finding[] =>
  checkConfigs(configs, machineFacts(tree)).filter(
    ({ severity, rule }) => severity !== "note" && rule !== "debug-console-shared",
  );
const rules = (findings: readonly Finding[]): string[] =>
  [...new Set(findings.map(({ rule }) => rule))].sort();

/** The machine as it is after it was booted in the way that `config create` says. */
function rebooted(name: string): Tree {
  const tree = trees.get(name)!;
  const { start, size } = planSystem(tree).placement.hypervisor;
  const window = { start, size: size + planSystem(tree).placement.inmates.size };
  const text = (path: string) => Buffer.from(tree.read(path) ?? []).toString();
  const iommu = traitsOf(name).iommu;
  const options = [memmapOption(window), ...(iommu ? [`${iommu}_iommu=off`] : [])].join(" ");
  const last = window.start + window.size - 1n;
  const iomem = text("/proc/iomem").replace(/^(\w+)-(\w+) : System RAM$/gm, (line, from, to) => {
    if (BigInt(`0x${from}`) > window.start || BigInt(`0x${to}`) < last) return line;
    const before = `${from}-${(window.start - 1n).toString(16)} : System RAM`;
    const kept = `${window.start.toString(16)}-${last.toString(16)} : Reserved`;
    return `${before}\n${kept}\n${(last + 1n).toString(16)}-${to} : System RAM`;
  });
  const commandLine = `${text("/proc/cmdline").trim()} ${options}\n`;
  return overlay(tree, { "/proc/iomem": iomem, "/proc/cmdline": commandLine });
}

describe.each(NAMES)("a configuration made for %s", (name) => {
  const system = systems.get(name)!;
  const { isReserved, iommu } = traitsOf(name);

  it("leaves nothing to do on that machine but to boot it as it says", () => {
    const expected = [
      ...(iommu ? ["machine-iommu-linux"] : []),
      ...(isReserved ? [] : ["machine-memmap"]),
    ];
    const found = faults([system], trees.get(name)!);
    expect(rules(found)).toEqual(expected);
    const window = memmapOption(planSystem(trees.get(name)!).placement.hypervisor).slice(-9);
    for (const { rule, advice } of found)
      expect(advice).toContain(rule === "machine-memmap" ? window : `${iommu}_iommu=off`);
  });

  it("is clean once that was done", () => {
    expect(faults([system], isReserved ? trees.get(name)! : rebooted(name))).toEqual([]);
  });

  it.each(NAMES.filter((other) => other !== name))("does not pass for %s", (other) => {
    const found = rules(faults([system], trees.get(other)!));
    const [own, there] = [traitsOf(name), traitsOf(other)];
    const is = (rule: string) => found.includes(rule);
    expect([is("cpu-forgotten"), is("cpu-offline")]).toEqual([
      there.cpus > own.cpus,
      there.cpus < own.cpus,
    ]);
    expect(is("machine-ram-missing")).toBe(there.memory > own.memory);
    expect(is("machine-ram-beyond")).toBe(there.memory < own.memory);
    const isOutside = system.hypervisorMemory.physicalStart >= there.memory;
    expect(is("machine-hypervisor-ram")).toBe(isOutside);
    expect(is("machine-memmap")).toBe(
      !isOutside && !(there.isReserved && system.hypervisorMemory.physicalStart === 0x3a000000n),
    );
    expect([is("machine-iommu"), is("machine-iommu-forgotten")]).toEqual([
      own.iommu !== undefined && own.iommu !== there.iommu,
      there.iommu !== undefined && own.iommu !== there.iommu,
    ]);
    const hasPciFindings = found.some((rule) => rule.startsWith("machine-pci"));
    if (own.network !== there.network) expect(hasPciFindings).toBe(true);
    // What is soldered on is where it was on the same board.
    expect(is("machine-ioapic")).toBe(false);
    for (const rule of ["machine-mmconfig", "machine-pm-timer"])
      expect(is(rule), rule).toBe(own.board !== there.board);
  });
});

/** Applies what is advised until there is nothing more; whoever boots Linux and whoever writes devices is left over. */
function repaired(configs: readonly Config[], tree: Tree): { configs: Config[]; left: Finding[] } {
  let now: Config[] = [...configs];
  for (let round = 0; round < 100; round++) {
    const left = faults(now, tree);
    const next = left.find(({ fix }) => fix.length > 0);
    if (!next) return { configs: now, left };
    now = applyFix(now, next.fix);
  }
  throw new Error("the advice never ends");
}

describe("the advice", () => {
  it("fits a system to a machine with more memory, CPUs and an IOMMU", () => {
    const tree = trees.get("q35-6g-8-intel-iommu-e1000")!;
    const { configs, left } = repaired([systems.get("q35-1g-4-amd-demo")!], tree);
    const [{ rootCell, iommuUnits }] = configs as [SystemConfig];
    // A source has capabilities with their device: only a built file keeps those of one that was removed.
    expect(rules(left)).toEqual([
      "cap-unused",
      "machine-iommu-linux",
      "machine-memmap",
      "machine-pci-other",
    ]);
    expect(rootCell.cpus).toHaveLength(8);
    expect(iommuUnits).toMatchObject([{ type: 2, base: 0xfed90000n }]);
    const total = rootCell.memory.filter(isRam).reduce((sum, { size }) => sum + size, 0n);
    expect(total).toBeGreaterThan(6n * GIB - 8n * MIB);
  });

  it("leaves the memory for inmates as it is", () => {
    const tree = trees.get("q35-1g-4-amd-virtio")!;
    const own = systems.get("q35-256m-1-amd-e1000")!;
    const { start, size } = planSystem(trees.get("q35-256m-1-amd-e1000")!).placement.inmates;
    // RAM right behind the inmates' that nobody has.
    const memory = own.rootCell.memory.filter(({ physicalStart }) => physicalStart <= start);
    const system = { ...own, rootCell: { ...own.rootCell, memory } };
    const [{ rootCell }] = repaired([system], tree).configs as [SystemConfig];
    expect(rootCell.memory).toContainEqual(expect.objectContaining({ physicalStart: start, size }));
    expect(rootCell.memory).toContainEqual(
      expect.objectContaining({ physicalStart: start + size, flags: 0xfn }),
    );
  });

  it("cuts off what a smaller machine does not have", () => {
    const tree = trees.get("q35-1g-4-amd-virtio")!;
    const { configs } = repaired([systems.get("q35-6g-8-amd-iommu-e1000")!], tree);
    const [{ rootCell, iommuUnits }] = configs as [SystemConfig];
    expect(iommuUnits).toEqual([]);
    for (const region of rootCell.memory.filter(isRam))
      expect(region.physicalStart + region.size).toBeLessThanOrEqual(GIB);
  });
});

describe("the system that ships", () => {
  it("is clean with a cell on the machine that it is for", () => {
    expect(faults([qemuX86, apicDemo], trees.get(DEMO)!)).toEqual([]);
    expect(faults([qemuX86E1000, apicDemo], trees.get(`${DEMO}-e1000`)!)).toEqual([]);
  });

  const changed = (change: Partial<SystemConfig>): SystemConfig => ({ ...qemuX86, ...change });
  const x86 = qemuX86.x86!;
  const { rootCell } = qemuX86;
  const [chip] = rootCell.irqchips;
  const cases: readonly [string, SystemConfig][] = [
    ["machine-mmconfig", changed({ pciMmconfigBase: 0xe0000000n })],
    ["machine-mmconfig", changed({ pciMmconfigEndBus: 63 })],
    ["machine-pm-timer", changed({ x86: { ...x86, pmTimerAddress: 0x808 } })],
    [
      "machine-ioapic",
      changed({ rootCell: { ...rootCell, irqchips: [{ ...chip!, address: 0xfec01000n }] } }),
    ],
  ];
  it.each(cases)("is repaired after %s", (rule, wrong) => {
    const tree = trees.get(DEMO)!;
    expect(rules(faults([wrong], tree))).toContain(rule);
    expect(repaired([wrong], tree).configs).toEqual([qemuX86]);
  });

  it("says which capability and which register of a device are elsewhere", () => {
    const wrong = structuredClone(qemuX86) as SystemConfig;
    const index = rootCell.pciDevices.findIndex(({ bdf }) => bdf === 0xd8);
    const device = wrong.rootCell.pciDevices[index]!;
    Object.assign(wrong.rootCell.pciCapabilities[device.capsStart]!, { start: 0x70 });
    expect(faults([wrong], trees.get(DEMO)!)).toMatchObject([
      {
        rule: "machine-pci-caps",
        place: { path: `rootCell.pciDevices[${index}].numCaps` },
        message: expect.stringContaining("does not have msi at 0x70"),
        advice: expect.stringContaining("bdf: bdf(0, 0x1b, 0), barMask: [0xffffc000], msi: {"),
      },
    ]);
    const other = structuredClone(qemuX86) as SystemConfig;
    Object.assign(other.rootCell.pciDevices[index]!, { barMask: [0xffff0000, 0, 0, 0, 0, 0] });
    expect(rules(faults([other], trees.get(DEMO)!))).toEqual(["machine-pci-bars"]);
    expect(repaired([other], trees.get(DEMO)!).configs).toEqual([qemuX86]);
  });
});

describe("a cell", () => {
  const tree = trees.get(DEMO)!;
  const at = (physicalStart: bigint): CellConfig => ({
    ...apicDemo,
    memory: apicDemo.memory.map((region, index) =>
      index === 0 ? { ...region, physicalStart } : region,
    ),
  });

  it("may not have memory that Linux uses, nor any that is none", () => {
    const used = faults([qemuX86, at(0x30000000n)], tree).filter(({ place }) => place.file === 1);
    expect(rules(used)).toContain("machine-cell-memmap");
    const none = faults([qemuX86, at(0xc0000000n)], tree).filter(({ place }) => place.file === 1);
    expect(rules(none)).toContain("machine-cell-ram");
    for (const wrong of [at(0x30000000n), at(0xc0000000n)]) {
      const [, cell] = repaired([qemuX86, wrong], tree).configs as [SystemConfig, CellConfig];
      expect(cell.memory[0]!.physicalStart).toBeGreaterThanOrEqual(0x3a600000n);
      expect(cell.memory[0]!.physicalStart).toBeLessThan(0x3f200000n);
    }
  });

  it("gets a core whole", () => {
    const siblings = (cpu: number) =>
      `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`;
    const pairs = ["0,1", "0-1", "2-3", "2-3"].map((list, cpu) => [siblings(cpu), `${list}\n`]);
    const threads = overlay(tree, Object.fromEntries(pairs));
    expect(machineFacts(threads).siblings).toEqual([
      [0, 1],
      [0, 1],
      [2, 3],
    ]);
    const [finding, ...others] = faults([qemuX86, apicDemo], threads);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ rule: "smt-split", place: { file: 1, path: "cpus" } });
    const [, cell] = repaired([qemuX86, apicDemo], threads).configs as [SystemConfig, CellConfig];
    expect(cell.cpus).toEqual([2, 3]);
    // Where CPU 0 is in it no cell can have it.
    const [first] = faults([qemuX86, { ...apicDemo, cpus: [1] }], threads);
    expect(first).toMatchObject({ rule: "smt-split", fix: [], advice: expect.any(String) });
  });
});

it("says that data are none of a machine, and guesses nothing that root alone can read", () => {
  const tree = trees.get(DEMO)!;
  const hidden = overlay(tree, { "/proc/iomem": "00000000-00000000 : System RAM\n" });
  expect(() => machineFacts(hidden)).toThrow("it must be read as root");
  const enabled = overlay(tree, { "/sys/devices/jailhouse/enabled": "1\n" });
  expect(() => machineFacts(enabled)).toThrow("the hypervisor is enabled there");
  const withoutTables: Tree = {
    ...tree,
    read: (path) => (path.startsWith("/sys/firmware") ? undefined : tree.read(path)),
  };
  expect(faults([qemuX86], withoutTables)).toEqual([]);
});
