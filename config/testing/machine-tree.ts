// Machines from a few facts: what `config collect` would have saved of them, made for tests.
import { fileTree, type Tree } from "../create/tree.ts";

/** A PCI function. */
export interface PciFacts {
  /** As lspci writes it; with a segment if that is not 0. */
  readonly at: string;
  /** Vendor and device. */
  readonly ids: string;
  /** Base class, sub-class. */
  readonly class: number;
  /** Kind of header; default: a device's. */
  readonly header?: number;
  /** Base address registers from the first one on: address, size, and what they are ("wide": of 64 bits). */
  readonly bars?: readonly (
    | readonly [number, number, ("ports" | "fixed-ports" | "wide" | "unset")?]
    | undefined
  )[];
  /** Bytes of configuration space by their offset, such as `{ 0x70: "10 80 91 00" }`. */
  readonly space?: Readonly<Record<number, string>>;
  /** Bytes that were readable; default: 256, and 4096 where `space` goes on behind them. */
  readonly size?: number;
}

export interface IommuFacts {
  readonly kind: "amd" | "intel";
  readonly base: number;
  /** AMD's: features, as the table has them. */
  readonly features?: number;
}

export interface MachineTreeFacts {
  /** As /proc/cpuinfo has it; "Arm" for one of Arm's. */
  readonly vendor: string;
  readonly flags?: string;
  readonly cpus?: number;
  readonly iomem: string;
  readonly ioports?: string;
  readonly cmdline?: string;
  /** Id, address, first interrupt. */
  readonly ioapics?: readonly (readonly [number, number, number])[];
  readonly mmconfigs?: readonly { base: number; endBus: number; segment?: number }[];
  readonly iommus?: readonly IommuFacts[];
  readonly pci?: readonly PciFacts[];
  /** cpuidle's states, by name, with what Linux says how they are entered. */
  readonly cStates?: Readonly<Record<string, string>>;
  /** CPUs that share a core: lists as Linux writes them, one for each CPU. */
  readonly siblings?: readonly string[];
  /** Serial lines by name: ports, or addresses. */
  readonly lines?: Readonly<Record<string, { port: number } | { memory: number }>>;
  readonly product?: string;
  /** Whether the ACPI tables could be read; default: yes. */
  readonly isRoot?: boolean;
  /** Further files. */
  readonly files?: Readonly<Record<string, string>>;
}

const HEADER = 36;
const TABLES = "/sys/firmware/acpi/tables/";
const hex = (value: number): string => `0x${value.toString(16).padStart(16, "0")}`;

function little(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** index) % 256);
}

/** An ACPI table: a header, `fixed` bytes, entries. */
function table(
  signature: string,
  fixed: readonly number[],
  entries: readonly number[][],
): Uint8Array {
  const body = [...fixed, ...entries.flat()];
  const header = [...Buffer.from(signature), ...little(HEADER + body.length, 4)];
  return Uint8Array.from([...header, ...new Array(HEADER - header.length).fill(0), ...body]);
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);

function acpiTables({
  ioapics = [],
  mmconfigs = [],
  iommus = [],
}: MachineTreeFacts): [string, Uint8Array][] {
  const tables: [string, Uint8Array][] = [];
  const chips = ioapics.map(([id, address, first]) => [
    1,
    12,
    id,
    0,
    ...little(address, 4),
    ...little(first, 4),
  ]);
  tables.push(["APIC", table("APIC", zeros(8), chips)]);
  if (mmconfigs.length > 0)
    tables.push([
      "MCFG",
      table(
        "MCFG",
        zeros(8),
        mmconfigs.map(({ base, endBus, segment = 0 }) => [
          ...little(base, 8),
          ...little(segment, 2),
          ...[0, endBus],
          ...zeros(4),
        ]),
      ),
    ]);
  const intel = iommus.filter(({ kind }) => kind === "intel");
  if (intel.length > 0)
    tables.push([
      "DMAR",
      table(
        "DMAR",
        zeros(12),
        intel.map(({ base }) => [0, 0, 16, 0, ...zeros(4), ...little(base, 8)]),
      ),
    ]);
  const amd = iommus.filter(({ kind }) => kind === "amd");
  if (amd.length > 0)
    tables.push([
      "IVRS",
      table(
        "IVRS",
        zeros(12),
        amd.map(({ base, features = 0 }) => [
          ...[0x10, 0, 24, 0, 2, 0, 0x40, 0],
          ...little(base, 8),
          ...zeros(4),
          ...little(features, 4),
        ]),
      ),
    ]);
  return tables.map(([name, bytes]) => [TABLES + name, bytes]);
}

const ROM_AND_BARS = 7;
const MEMORY_FLAGS = 0x200;
const PORT_FLAGS = 0x101;
const FIXED = 0x10;
const UNSET = 0x20000000;
const WIDE_BITS = 4;

function barFlags(kind: string | undefined): number {
  if (kind === "ports") return PORT_FLAGS;
  if (kind === "fixed-ports") return PORT_FLAGS | FIXED;
  return kind === "unset" ? MEMORY_FLAGS | UNSET : MEMORY_FLAGS;
}

/** The seven lines of a function's `resource` file: registers of 64 bits leave the next line empty. */
function resourceFile(bars: PciFacts["bars"] = []): string {
  const lines = Array.from({ length: ROM_AND_BARS }, (_, index) => {
    const bar = bars[index];
    if (!bar) return [0, 0, 0];
    const [address, size, kind] = bar;
    return [address, address + size - 1, barFlags(kind)];
  });
  return lines.map((line) => `${line.map(hex).join(" ")}\n`).join("");
}

const CONFIG = 256;
const EXTENDED_CONFIG = 4096;

function configSpace({
  ids,
  class: kind,
  header = 0,
  bars = [],
  space = {},
  size,
}: PciFacts): Uint8Array {
  const offsets = Object.keys(space).map(Number);
  const bytes = new Uint8Array(
    size ?? (offsets.some((at) => at >= CONFIG) ? EXTENDED_CONFIG : CONFIG),
  );
  const put = (at: number, values: readonly number[]) => {
    if (at + values.length <= bytes.length) bytes.set(values, at);
  };
  const [vendor = "", device = ""] = ids.split(":");
  put(0, [...little(Number.parseInt(vendor, 16), 2), ...little(Number.parseInt(device, 16), 2)]);
  put(0x0a, little(kind, 2));
  put(0x0e, [header]);
  bars.forEach((bar, index) => {
    if (bar)
      put(0x10 + index * 4, [bar[2] === "wide" ? WIDE_BITS : bar[2]?.includes("ports") ? 1 : 0]);
  });
  const first = Math.min(...offsets.filter((at) => at >= 0x40 && at < CONFIG));
  if (Number.isFinite(first)) {
    put(6, [0x10]);
    put(0x34, [first]);
  }
  for (const at of offsets)
    put(
      at,
      space[at]!.trim()
        .split(/\s+/)
        .map((byte) => Number.parseInt(byte, 16)),
    );
  return bytes;
}

function pciFiles(one: PciFacts): [string, Uint8Array | string][] {
  const name = /^[0-9a-f]{4,}:..:/.test(one.at) ? one.at : `0000:${one.at}`;
  const path = `/sys/bus/pci/devices/${name}`;
  return [
    [`${path}/config`, configSpace(one)],
    [`${path}/resource`, resourceFile(one.bars)],
  ];
}

const PC_FLAGS: Readonly<Record<string, string>> = {
  AuthenticAMD: "apic svm npt",
  HygonGenuine: "apic svm npt",
};

function cpuinfo({
  vendor,
  cpus = 4,
  flags = PC_FLAGS[vendor] ?? "apic vmx",
}: MachineTreeFacts): string {
  const block = (cpu: number) =>
    vendor === "Arm"
      ? `processor\t: ${cpu}\nBogoMIPS\t: 100.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n\n`
      : `processor\t: ${cpu}\nvendor_id\t: ${vendor}\nflags\t\t: ${flags}\n\n`;
  return Array.from({ length: cpus }, (_, cpu) => block(cpu)).join("");
}

function lineFiles([name, place]: [string, { port: number } | { memory: number }]): [
  string,
  string,
][] {
  const path = `/sys/class/tty/${name}`;
  return [
    [`${path}/port`, `0x${("port" in place ? place.port : 0).toString(16)}\n`],
    [`${path}/iomem_base`, `0x${("memory" in place ? place.memory : 0).toString(16)}\n`],
    [`${path}/iomem_reg_shift`, "0\n"],
  ];
}

/** All files of the machine, by their paths. */
export function machineFiles(facts: MachineTreeFacts): Map<string, Uint8Array> {
  const { siblings = [], cStates = {}, lines = {}, isRoot = true, product } = facts;
  const cpu = (number: number) => `/sys/devices/system/cpu/cpu${number}`;
  const texts: [string, Uint8Array | string][] = [
    ["/proc/iomem", `${facts.iomem.replace(/^\n|\s+$/g, "")}\n`],
    ["/proc/cpuinfo", cpuinfo(facts)],
    ["/proc/cmdline", `${facts.cmdline ?? "quiet"}\n`],
    ...siblings.map((list, index): [string, string] => [
      `${cpu(index)}/topology/thread_siblings_list`,
      `${list}\n`,
    ]),
    ...Object.entries(cStates).flatMap(([name, desc], index): [string, string][] => [
      [`${cpu(0)}/cpuidle/state${index}/name`, `${name}\n`],
      [`${cpu(0)}/cpuidle/state${index}/desc`, `${desc}\n`],
    ]),
    ...Object.entries(lines).flatMap(lineFiles),
    ...(facts.pci ?? []).flatMap(pciFiles),
    ...(isRoot && facts.vendor !== "Arm" ? acpiTables(facts) : []),
    ...(facts.ioports === undefined
      ? []
      : [["/proc/ioports", `${facts.ioports.replace(/^\n|\s+$/g, "")}\n`] as [string, string]]),
    ...(product === undefined
      ? []
      : [["/sys/class/dmi/id/product_name", `${product}\n`] as [string, string]]),
    ...Object.entries(facts.files ?? {}),
  ];
  return new Map(
    texts.map(([path, data]) => [
      path,
      typeof data === "string" ? Buffer.from(data, "latin1") : data,
    ]),
  );
}

/** The machine as `config create` and `config check` read it. */
export const machineTree = (facts: MachineTreeFacts): Tree => fileTree(machineFiles(facts));
