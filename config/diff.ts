// What differs between two configurations, in words. Entries of lists are matched by what they are about (an address, a port,
// a PCI function), not by their index: an entry that moved is no difference, unless the order itself is one.
import * as abi from "../abi/config.ts";
import * as names from "./names.ts";
import {
  choiceText,
  consoleText,
  flagNames,
  flagText,
  functionText,
  hex,
  pinNumbers,
  portsText,
  rangesText,
  sizeText,
  spanText,
} from "./show/words.ts";
import type { Cell, Config, MemoryRegion, PciDevice } from "./types.ts";

/** The differences from `before` to `after`, a line each; none when they say the same. */
export function diffConfigs(before: Config, after: Config): string[] {
  if (before.kind !== after.kind) return [`${kindText(before)} became ${kindText(after)}`];
  const [rootBefore, rootAfter] = [cellOf(before), cellOf(after)];
  return [
    ...changed("architecture", before.architecture, after.architecture),
    ...(before.kind === "system" && after.kind === "system" ? systemFacts(before, after) : []),
    ...cellFacts(rootBefore, rootAfter),
    ...lists(rootBefore, rootAfter),
  ];
}

const cellOf = (config: Config): Cell => (config.kind === "cell" ? config : config.rootCell);
const kindText = (config: Config) => `the ${config.kind} "${cellOf(config).name}"`;

/** A line when two texts differ. */
function changed(what: string, before: string, after: string): string[] {
  return before === after ? [] : [`${what}: ${before} -> ${after}`];
}

type System = Extract<Config, { kind: "system" }>;

function systemFacts(before: System, after: System): string[] {
  const facts = (system: System): [string, string][] => {
    const { physicalStart, size, virtualStart, flags } = system.hypervisorMemory;
    const rest = virtualStart || flags ? `, ${hex(virtualStart)}, ${hex(flags)}` : "";
    return [
      ["flags of the system", flagText(names.SYSTEM_FLAGS, system.flags)],
      ["hypervisor memory", `${spanText(physicalStart, size)}${rest}`],
      ["debug console", consoleText(system.debugConsole)],
      ["MMCONFIG", hex(system.pciMmconfigBase)],
      ["last PCI bus", `${system.pciMmconfigEndBus}`],
      ["virtual PCI host", `${system.pciIsVirtual}`],
      ["PCI segment", `${system.pciDomain}`],
      ...plainFacts("x86", system.x86),
      ...plainFacts("arm", system.arm),
      ["bytes before the root cell's name", bytesText(system.rootCell.reserved)],
    ];
  };
  const units = compareLists(before.iommuUnits, after.iommuUnits, {
    noun: "IOMMU unit",
    key: ({ base }) => hex(base),
    facts: (unit) => [
      ["type", choiceText(names.IOMMU_TYPES, unit.type)],
      ["size", sizeText(unit.size)],
      ...plainFacts("amd", unit.amd),
      ...plainFacts("pvu", unit.pvu),
      ...plainFacts("", { reserved: unit.reserved }),
    ],
  });
  return [...compareFacts("", facts(before), facts(after)), ...units];
}

/** The members of an object as facts: numbers in hex. */
function plainFacts(prefix: string, object: object | undefined): [string, string][] {
  return Object.entries(object ?? {}).map(([key, value]) => [
    prefix ? `${prefix}.${key}` : key,
    typeof value === "number" || typeof value === "bigint" ? hex(value) : bytesText(value),
  ]);
}

function bytesText(value: unknown): string {
  if (value === undefined) return "zero";
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
}

function compareFacts(
  prefix: string,
  before: readonly (readonly [string, string])[],
  after: readonly (readonly [string, string])[],
): string[] {
  const [old, new_] = [new Map(before), new Map(after)];
  const keys = new Set([...old.keys(), ...new_.keys()]);
  return [...keys].flatMap((key) =>
    changed(`${prefix}${key}`, old.get(key) ?? "none", new_.get(key) ?? "none"),
  );
}

function cellFacts(before: Cell, after: Cell): string[] {
  const facts = (cell: Cell): [string, string][] => [
    ["name", JSON.stringify(cell.name)],
    ["bytes after the name", bytesText(cell.nameReserved)],
    ["id", `${cell.id}`],
    ["size of the CPU set", `${cell.cpuSetSize} bytes`],
    ["start address", hex(cell.cpuResetAddress)],
    ["message timeout", `${cell.msgReplyTimeout}`],
    ["first virtual PCI interrupt", `${cell.vpciIrqBase}`],
    ["console", consoleText(cell.console)],
    ["stream ids", cell.streamIds.map(hex).join(", ") || "none"],
  ];
  const set = (cell: Cell) => flagNames(names.CELL_FLAGS, cell.flags);
  return [
    ...compareFacts("", facts(before), facts(after)),
    ...compareSets("flag", set(before), set(after)),
    ...compareSets("CPU", before.cpus.map(String), after.cpus.map(String)),
  ];
}

function compareSets(noun: string, before: readonly string[], after: readonly string[]): string[] {
  const gone = before.filter((one) => !after.includes(one));
  const added = after.filter((one) => !before.includes(one));
  return [
    ...gone.map((one) => `${noun} removed: ${one}`),
    ...added.map((one) => `${noun} added: ${one}`),
  ];
}

/** How the entries of a list are told apart and compared. */
interface ListKind<Entry> {
  readonly noun: string;
  /** What an entry is about, in words. */
  key(entry: Entry): string;
  /** What may differ between two entries about the same thing. */
  facts(entry: Entry): [name: string, value: string][];
}

/** Removed, added and changed entries; an order that changed, when nothing else did. */
function compareLists<Entry>(
  before: readonly Entry[],
  after: readonly Entry[],
  kind: ListKind<Entry>,
): string[] {
  const left = before.map((entry) => ({ key: kind.key(entry), entry }));
  const right = after.map((entry) => ({ key: kind.key(entry), entry }));
  const lines: string[] = [];
  for (const { key, entry } of left) {
    const at = right.findIndex((other) => other.key === key);
    if (at < 0) lines.push(`${kind.noun} removed: ${key}${suffix(kind.facts(entry))}`);
    else {
      const [match] = right.splice(at, 1);
      const prefix = `${kind.noun} ${key}: `;
      lines.push(...compareFacts(prefix, kind.facts(entry), kind.facts(match!.entry)));
    }
  }
  for (const { key, entry } of right)
    lines.push(`${kind.noun} added: ${key}${suffix(kind.facts(entry))}`);
  const order = (list: readonly Entry[]) => list.map(kind.key).join("\n");
  if (lines.length === 0 && order(before) !== order(after))
    lines.push(`the ${kind.noun}s are in another order`);
  return lines;
}

function suffix(facts: readonly (readonly [string, string])[]): string {
  const [first] = facts;
  return first && first[1] !== "-" ? ` (${first[1]})` : "";
}

function lists(before: Cell, after: Cell): string[] {
  return [
    ...compareLists(before.memory, after.memory, MEMORY),
    ...compareLists(before.caches, after.caches, {
      noun: "cache region",
      key: ({ type, start }) => `${choiceText(names.CACHE_TYPES, type)} from ${start}`,
      facts: ({ size, flags, reserved }) => [
        ["units", `${size}`],
        ["flags", flagText(names.CACHE_FLAGS, flags)],
        ["padding", bytesText(reserved)],
      ],
    }),
    ...compareLists(before.irqchips, after.irqchips, {
      noun: "interrupt controller",
      key: ({ address }) => hex(address),
      facts: ({ id, pinBase, pinBitmap }) => [
        ["pins", rangesText(pinNumbers(pinBitmap, pinBase))],
        ["id", hex(id)],
        ["first pin", `${pinBase}`],
      ],
    }),
    ...compareLists(before.ports, after.ports, {
      noun: "port range",
      key: (ports) => `${portsText(ports)}${ports.length === 0 ? " (empty)" : ""}`,
      facts: () => [],
    }),
    ...compareLists(before.pciDevices, after.pciDevices, {
      noun: "PCI device",
      key: ({ bdf, domain }) => functionText(bdf, domain),
      facts: (device) => deviceFacts(device),
    }),
    ...capabilities(before, after),
  ];
}

const isComm = ({ flags }: MemoryRegion) => (flags & BigInt(abi.MEM_COMM_REGION)) !== 0n;

const MEMORY: ListKind<MemoryRegion> = {
  noun: "memory region",
  key: (region) =>
    isComm(region)
      ? `communication region at ${hex(region.virtualStart)}`
      : spanText(region.physicalStart, region.size),
  facts: (region) => [
    ["flags", flagText(names.MEMORY_FLAGS, region.flags)],
    ["seen at", hex(region.virtualStart)],
    ["size", sizeText(region.size)],
    ["physical start", hex(region.physicalStart)],
  ],
};

function deviceFacts(device: PciDevice): [string, string][] {
  const { bdf: _, domain: __, barMask, type, shmemProtocol, capsStart, numCaps, ...rest } = device;
  return [
    ["type", choiceText(names.PCI_TYPES, type)],
    ["BAR masks", barMask.map(hex).join(" ")],
    ["protocol", choiceText(names.PROTOCOLS, shmemProtocol)],
    ["capabilities", numCaps > 0 ? `${numCaps} from ${capsStart}` : "none"],
    ...plainFacts("", rest),
  ];
}

/** Capabilities have no identity without their device: the list is compared as a whole, by index. */
function capabilities(before: Cell, after: Cell): string[] {
  const text = (cell: Cell) =>
    cell.pciCapabilities.map(
      ({ id, start, length, flags }) =>
        `${choiceText(names.CAPABILITIES, id)} at ${hex(start)}, ${length} bytes, ${flagText(names.CAPABILITY_FLAGS, flags)}`,
    );
  const [old, new_] = [text(before), text(after)];
  const count = Math.max(old.length, new_.length);
  return Array.from({ length: count }, (_, index) =>
    changed(`PCI capability ${index}`, old[index] ?? "none", new_[index] ?? "none"),
  ).flat();
}
