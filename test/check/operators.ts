// Mutation operators: the slips that people make in configurations, each applied wherever it can be.
import * as abi from "../../abi/config.ts";
import type { Place } from "../../config/check/index.ts";
import type {
  Cell,
  CellConfig,
  MemoryRegion,
  PciDevice,
  SystemConfig,
} from "../../config/index.ts";
import { CELL_FLAGS, MEMORY_FLAGS } from "../../config/names.ts";

/** A pair of configurations with one slip in it. */
export interface Mutant {
  readonly operator: string;
  /** Where and what, for messages. */
  readonly name: string;
  /** The entry or key that is not as it was: the list, where an entry is missing. */
  readonly place: Place;
  /** Path of the original entry or key in that file. */
  readonly was: string;
  readonly system: SystemConfig;
  readonly cell: CellConfig;
}

/** One slip in a cell, the root cell or another. */
interface Slip {
  readonly operator: string;
  readonly what: string;
  /** Path of the entry or key in the cell. */
  readonly path: string;
  /** Path of the entry that was there before, where it is another one. */
  readonly was?: string;
  readonly cell: Partial<Cell>;
}

const PAGE = 0x1000n;
const MIB = 1n << 20n;
const LISTS = ["memory", "caches", "irqchips", "ports", "pciDevices"] as const;

function* drops(cell: Cell): Generator<Slip> {
  for (const key of LISTS)
    for (const index of cell[key].keys()) {
      const what = `${key}[${index}]`;
      const entry = cell[key][index] as never;
      const rest = cell[key].filter((_, at) => at !== index);
      yield { operator: "drop", what, path: key, was: what, cell: { [key]: rest } };
      const twice = [...cell[key], entry];
      const path = `${key}[${cell[key].length}]`;
      yield { operator: "duplicate", what, path, cell: { [key]: twice } };
    }
}

/** The list with other values for some fields of one entry. */
const changed = <Type>(list: readonly Type[], index: number, fields: Partial<Type>): Type[] =>
  list.map((entry, at) => (at === index ? { ...entry, ...fields } : entry));

type Change<Type> = readonly [string, Partial<Type>];

function memoryChanges(region: MemoryRegion): Change<MemoryRegion>[] {
  const { physicalStart: phys, virtualStart: virt, size, flags } = region;
  if (size === 0n) return [];
  const half = (size / 2n / PAGE) * PAGE;
  return [
    ["shift", { physicalStart: phys + PAGE }],
    ["shift", { physicalStart: phys + 4n * MIB }],
    ["shift", { physicalStart: phys + 0x800n }],
    ["shift", { physicalStart: 0x3a080000n }],
    ["shift", { physicalStart: 2n * MIB }],
    ["shift", { physicalStart: phys + (1n << 33n) }],
    ["shift", { virtualStart: virt + MIB }],
    ["shift", { virtualStart: virt + 0x800n }],
    ["grow", { size: size * 2n }],
    ["grow", { size: size + 0x80n }],
    ["grow", { size: 1n << 53n }],
    ["shrink", { size: half }],
    ["shrink", { size: size - 0x80n }],
    ["shrink", { size: 0n }],
    ...Object.values(MEMORY_FLAGS).map(
      (flag): Change<MemoryRegion> => ["flip a flag", { flags: flags ^ BigInt(flag) }],
    ),
    ["flip a flag", { flags: flags ^ (1n << 40n) }],
  ];
}

function deviceChanges(device: PciDevice): Change<PciDevice>[] {
  return [
    ["change bdf", { bdf: device.bdf ^ 8 }],
    ["change bdf", { bdf: 0xff00 | device.bdf }],
    ["change bdf", { bdf: 0x08 }],
    ["change a number", { domain: 1 }],
    ["change a number", { iommu: 3 }],
    ["change a number", { type: 0 }],
    ["change a number", { numMsiVectors: device.numMsiVectors + 2 }],
    ["change a number", { numMsixVectors: device.numMsixVectors ^ 0x1000 }],
    ["change a number", { barMask: device.barMask.map((mask) => (mask ^ 0x20000) >>> 0) }],
    ["flip a flag", { msiFlags: device.msiFlags ^ abi.PCI_MSI_64BITS }],
    ["shift", { msixAddress: device.msixAddress + 4n }],
    ["drop a capability", { numCaps: Math.max(0, device.numCaps - 1) }],
    [
      "drop a capability",
      { capsStart: device.capsStart + 1, numCaps: Math.max(0, device.numCaps - 1) },
    ],
    ["change a number", { numCaps: device.numCaps + 40 }],
  ];
}

function* entryChanges(cell: Cell): Generator<Slip> {
  const list = function* <Key extends (typeof LISTS)[number] | "pciCapabilities">(
    key: Key,
    changes: (entry: Cell[Key][number]) => readonly Change<Cell[Key][number]>[],
  ): Generator<Slip> {
    for (const [index, entry] of (cell[key] as Cell[Key][number][]).entries())
      for (const [operator, fields] of changes(entry)) {
        const path = `${key}[${index}]`;
        yield {
          operator,
          what: `${path} ${describe(fields)}`,
          path,
          cell: { [key]: changed(cell[key] as Cell[Key][number][], index, fields) },
        };
      }
  };
  yield* list("memory", memoryChanges);
  yield* list("ports", ({ base, length }) => [
    ["shift", { base: base + 4 }],
    ["shift", { base: 0xfffe }],
    ["shift", { base: 0x3000 }],
    ["grow", { length: Math.min(0xffff, length * 2) }],
    ["grow", { length: 0xffff }],
    ["shrink", { length: length >> 1 }],
    ["shrink", { length: 0 }],
  ]);
  yield* list("irqchips", ({ address, id, pinBitmap }) => [
    ["shift", { address: address + PAGE }],
    ["shift", { address: address + 8n }],
    ["shift", { pinBitmap: pinBitmap.map((word) => (word << 1) >>> 0) }],
    ["shift", { pinBitmap: [0, pinBitmap[0]!, 0, 0] }],
    ["change a number", { pinBase: 32 }],
    ["change a number", { id: id + 1 }],
    ["shrink", { pinBitmap: [0, 0, 0, 0] }],
  ]);
  yield* list("caches", ({ size }) => [
    ["change a number", { type: 7 }],
    ["grow", { size: size + 64 }],
    ["shrink", { size: 0 }],
  ]);
  yield* list("pciDevices", deviceChanges);
  yield* list("pciCapabilities", ({ start, length, flags }) => [
    ["shift", { start: start + 2 }],
    ["shift", { start: 0xffe }],
    ["grow", { length: length + 3 }],
    ["grow", { length: 0x1000 }],
    ["flip a flag", { flags: flags ^ 2 }],
  ]);
}

function describe(fields: object): string {
  return JSON.stringify(fields, (_, one) =>
    typeof one === "bigint" ? `0x${one.toString(16)}` : one,
  );
}

function* cellChanges(cell: Cell): Generator<Slip> {
  const { cpus, flags, console, cpuResetAddress: reset } = cell;
  const slip = (operator: string, fields: Partial<Cell>): Slip => ({
    operator,
    what: describe(fields),
    path: Object.keys(fields)[0]!,
    cell: fields,
  });
  const sorted = (list: number[]) => [...new Set(list)].sort((a, b) => a - b);
  for (const cpu of cpus)
    for (const other of [0, 1, 4, 63])
      yield slip("swap a CPU", { cpus: sorted([...cpus.filter((one) => one !== cpu), other]) });
  for (const cpu of cpus) yield slip("drop a CPU", { cpus: cpus.filter((one) => one !== cpu) });
  yield slip("add a CPU", { cpus: sorted([...cpus, 0]) });
  yield slip("add a CPU", { cpus: sorted([...cpus, 5]) });
  for (const address of [0n, reset + 0x10n, 0x10_0000n, 0x20_0000n, 0xffff_fff0n, 1n << 52n])
    yield slip("change the reset address", { cpuResetAddress: address });
  for (const flag of Object.values(CELL_FLAGS))
    yield slip("flip a flag", { flags: (flags ^ flag) >>> 0 });
  yield slip("flip a flag", { flags: (flags ^ 0x100) >>> 0 });
  for (const name of ["", "QEMU-VM"]) yield slip("change the name", { name });
  yield slip("change a number", { msgReplyTimeout: 3n });
  const consoles = [
    { address: console.address + 0x100n },
    { address: 0x12345n },
    { type: abi.CONSOLE_TYPE_PL011 },
    { type: 77 },
    { flags: console.flags ^ abi.CONSOLE_FLAG_MMIO },
    { flags: console.flags ^ 0x40 },
  ];
  for (const fields of consoles)
    yield slip("change the console", { console: { ...console, ...fields } });
}

function* systemChanges(system: SystemConfig): Generator<readonly [string, Partial<SystemConfig>]> {
  const own = system.hypervisorMemory;
  const { physicalStart, size } = own;
  for (const fields of [
    { physicalStart: physicalStart + 0x800n },
    { physicalStart: physicalStart + 16n * MIB },
    { physicalStart: physicalStart - MIB },
    { physicalStart: 1n << 34n },
  ])
    yield ["shift", { hypervisorMemory: { ...own, ...fields } }];
  yield ["grow", { hypervisorMemory: { ...own, size: size * 2n } }];
  yield ["shrink", { hypervisorMemory: { ...own, size: PAGE * 16n } }];
  yield ["shrink", { hypervisorMemory: { ...own, size: 0n } }];
  yield ["shift", { pciMmconfigBase: system.pciMmconfigBase + 0x800n }];
  yield ["shift", { pciMmconfigBase: 0x1000_0000n }];
  yield ["shrink", { pciMmconfigBase: 0n }];
  yield ["change a number", { pciDomain: 1 }];
  yield ["flip a flag", { flags: system.flags ^ abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE }];
  yield ["flip a flag", { flags: system.flags ^ 0x10 }];
  const x86 = system.x86!;
  for (const fields of [{ apicMode: 1 }, { apicMode: 2 }, { apicMode: 9 }, { pmTimerAddress: 0 }])
    yield ["change a number", { x86: { ...x86, ...fields } }];
  for (const type of [2, 3, 6])
    yield ["add an IOMMU", { iommuUnits: [{ type, base: 0xfed90000n, size: 0x1000 }] }];
  yield ["change the console", { debugConsole: { ...system.debugConsole, type: 77 } }];
  yield ["change the console", { debugConsole: { ...system.debugConsole, type: 0 } }];
}

function* slips(cell: Cell): Generator<Slip> {
  yield* drops(cell);
  yield* entryChanges(cell);
  yield* cellChanges(cell);
}

/** All mutants of a pair whose slip is in the cell. */
export function* cellMutants(system: SystemConfig, cell: CellConfig): Generator<Mutant> {
  for (const slip of slips(cell))
    yield {
      operator: slip.operator,
      name: `${cell.name} ${slip.what}`,
      place: { file: 1, path: slip.path },
      was: slip.was ?? slip.path,
      system,
      cell: { ...cell, ...slip.cell } as CellConfig,
    };
}

/** All mutants of a pair whose slip is in the system. */
export function* systemMutants(system: SystemConfig, cell: CellConfig): Generator<Mutant> {
  for (const slip of slips(system.rootCell))
    yield {
      operator: slip.operator,
      name: `root cell ${slip.what}`,
      place: { file: 0, path: `rootCell.${slip.path}` },
      was: `rootCell.${slip.was ?? slip.path}`,
      system: { ...system, rootCell: { ...system.rootCell, ...slip.cell } } as SystemConfig,
      cell,
    };
  for (const [operator, fields] of systemChanges(system))
    yield {
      operator,
      name: `system ${describe(fields)}`,
      place: { file: 0, path: Object.keys(fields)[0]! },
      was: Object.keys(fields)[0]!,
      system: { ...system, ...fields },
      cell,
    };
}
