// Who has which CPUs and which memory, according to a system configuration and those of cells, or to one cell's alone: the
// picture's content, without its form.

import * as abi from "../../abi/config.ts";
import { placeOf, REGISTERS } from "../explain/places.ts";
import { originOf } from "../origin.ts";
import { oneLine, printable } from "../printable.ts";
import type { Cell, CellConfig, Config, MemoryRegion, SystemConfig } from "../types.ts";

/** Somebody who has CPUs or memory. */
export interface Owner {
  readonly name: string;
  /** Stands for it where there is room for one character. */
  readonly letter: string;
  readonly kind: "root" | "cell" | "hypervisor";
}

/** A range of addresses that is alike throughout. */
export interface Band {
  readonly start: bigint;
  readonly size: bigint;
  /** Who may reach it; several share it. */
  readonly owners: readonly Owner[];
  readonly label: string;
}

/** What a map shows. Bands ascend and do not overlap; what nobody has is left out. */
export interface ConfigMap {
  /** By CPU number; undefined when nobody has it. */
  readonly cpus: readonly (Owner | undefined)[];
  readonly bands: readonly Band[];
  readonly owners: readonly Owner[];
  /** What the bands' addresses are: the machine's, or a cell's own. */
  readonly space: "physical" | "guest-physical";
}

/** What somebody claims of the address space. */
interface Claim {
  readonly start: bigint;
  readonly end: bigint;
  readonly owner: Owner;
  readonly label: string;
  /** Those who have it besides stay. */
  readonly shared: boolean;
}

/** A box has one line more for each of these sizes that its memory reaches. */
const TALLER_FROM = [1n << 20n, 1n << 26n, 1n << 29n, 1n << 32n];

/** Height of a band's box in lines: pictures to scale would show the largest bands only. */
export const linesOf = (size: bigint): number =>
  1 + TALLER_FROM.filter((limit) => size >= limit).length;

const MMCONFIG_BUS = 1n << 20n;
/** A map is drawn with control sequences, or in XML. */
const shown = (name: string) => printable(oneLine(name));

const HYPERVISOR: Owner = { name: "hypervisor", letter: "H", kind: "hypervisor" };
const LETTERS = "123456789abcdefghijklmnopqrstuvwxyz";
const has = ({ flags }: MemoryRegion, flag: number) => (flags & BigInt(flag)) !== 0n;

/** The map of a system and its cells; or, without a system, of the one cell as it sees itself. */
export function mapOf(configs: readonly Config[]): ConfigMap {
  const system = configs.find((config): config is SystemConfig => config.kind === "system");
  const cells = configs.filter((config): config is CellConfig => config.kind === "cell");
  if (!system) return guestMap(cells[0] as CellConfig);
  const root: Owner = { name: shown(system.rootCell.name), letter: "0", kind: "root" };
  const owners = cells.map(cellOwner);
  return {
    cpus: assignCpus([
      { owner: root, cpus: system.rootCell.cpus },
      ...cells.map(({ cpus }, index) => ({ cpus, owner: owners[index]! })),
    ]),
    bands: divide([
      ...regionClaims(system, system.rootCell, root, "rootCell."),
      ...systemClaims(system),
      ...cells.flatMap((cell, index) => regionClaims(cell, cell, owners[index]!, "")),
    ]),
    owners: [root, ...owners, HYPERVISOR],
    space: "physical",
  };
}

const cellOwner = ({ name }: CellConfig, index: number): Owner => ({
  name: shown(name),
  letter: LETTERS[index] ?? "+",
  kind: "cell",
});

function guestMap(cell: CellConfig): ConfigMap {
  const owner = cellOwner(cell, 0);
  const claims = cell.memory.map((region, index) => ({
    start: region.virtualStart,
    end: region.virtualStart + region.size,
    owner,
    label: regionLabel(cell, region, `memory[${index}]`),
    shared: false,
  }));
  const cpus = assignCpus([{ owner, cpus: cell.cpus }]);
  return { cpus, bands: divide(claims), owners: [owner], space: "guest-physical" };
}

/** Later ones take a CPU from earlier ones. */
function assignCpus(claims: readonly { owner: Owner; cpus: readonly number[] }[]) {
  const result: (Owner | undefined)[] = [];
  for (const { owner, cpus } of claims) for (const cpu of cpus) result[cpu] = owner;
  return Array.from(result);
}

function systemClaims({ hypervisorMemory, pciMmconfigBase, pciMmconfigEndBus }: SystemConfig) {
  const claim = (start: bigint, size: bigint, label: string): Claim => ({
    start,
    end: start + size,
    owner: HYPERVISOR,
    label,
    shared: false,
  });
  const { physicalStart, size } = hypervisorMemory;
  const buses = BigInt(pciMmconfigEndBus + 1) * MMCONFIG_BUS;
  return [
    ...(pciMmconfigBase ? [claim(pciMmconfigBase, buses, "PCI configuration space")] : []),
    claim(physicalStart, size, "its own memory"),
  ];
}

function regionClaims(config: Config, cell: Cell, owner: Owner, path: string): Claim[] {
  return cell.memory.flatMap((region, index) => {
    if (has(region, abi.MEM_COMM_REGION)) return [];
    const label = regionLabel(config, region, `${path}memory[${index}]`);
    const { physicalStart: start, size } = region;
    const shared = owner.kind === "cell" && has(region, abi.MEM_ROOTSHARED);
    return [{ start, end: start + size, owner, label, shared }];
  });
}

/** What a region is, as far as it can be told: its device, or what its flags allow. */
function regionLabel(config: Config, region: MemoryRegion, path: string): string {
  const device = originOf(config, path)?.device;
  if (device !== undefined) return device;
  if (has(region, abi.MEM_COMM_REGION)) return "communication region";
  const known = registersOf(region);
  if (known !== undefined) return known;
  const access = [
    has(region, abi.MEM_READ) ? "r" : "-",
    has(region, abi.MEM_WRITE) ? "w" : "-",
    has(region, abi.MEM_EXECUTE) ? "x" : "-",
  ].join("");
  const words = [
    access,
    ...(has(region, abi.MEM_DMA) ? ["DMA"] : []),
    ...(has(region, abi.MEM_LOADABLE) ? ["loadable"] : []),
    ...(has(region, abi.MEM_ROOTSHARED) ? ["shared"] : []),
  ];
  return words.join(" ");
}

/** Name of what every PC has at the region's addresses, if that is all there is in it. */
function registersOf({ physicalStart, size }: MemoryRegion): string | undefined {
  const place = placeOf(REGISTERS, physicalStart);
  const isAll = place && physicalStart + size <= BigInt(place.base + place.length);
  return isAll ? place.name.replace(/^(the|an) /, "") : undefined;
}

/** Cuts the address space where a claim begins or ends, and puts neighbours together that are alike. */
function divide(claims: readonly Claim[]): Band[] {
  const bounds = [...new Set(claims.flatMap(({ start, end }) => [start, end]))];
  bounds.sort((a, b) => (a < b ? -1 : 1));
  const bands: Band[] = [];
  for (let index = 0; index + 1 < bounds.length; index++) {
    const [start, end] = [bounds[index]!, bounds[index + 1]!];
    const inside = claims.filter((claim) => claim.start <= start && end <= claim.end);
    const last = inside.at(-1);
    if (!last) continue;
    const band = { start, size: end - start, owners: ownersOf(inside), label: last.label };
    const before = bands.at(-1);
    if (before && isContinued(before, band))
      bands[bands.length - 1] = { ...before, size: before.size + band.size };
    else bands.push(band);
  }
  return bands;
}

/** Who is left after each took the range from those before it, or shared it with them. */
function ownersOf(claims: readonly Claim[]): Owner[] {
  const owners = new Set<Owner>();
  for (const { owner, shared } of claims) {
    if (!shared) for (const one of owners) if (one.kind !== "cell") owners.delete(one);
    owners.add(owner);
  }
  return [...owners];
}

function isContinued(before: Band, band: Band): boolean {
  return (
    before.start + before.size === band.start &&
    before.label === band.label &&
    before.owners.length === band.owners.length &&
    before.owners.every((owner, index) => owner === band.owners[index])
  );
}
