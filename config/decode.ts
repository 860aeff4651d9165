// From the bytes of a `.cell` file to a configuration.
import * as abi from "../abi/config.ts";
import { CELL_HEADER, type CellLists, LISTS, type ListLayout } from "./cell-structures.ts";
import { ARCHITECTURES, SIGNATURES } from "./encode.ts";
import { ConfigError } from "./errors.ts";
import { readStructure, reserved } from "./fields.ts";
import { note } from "./origin.ts";
import { FILE_HEADER, FILE_HEADER_SIZE, IOMMU, SYSTEM_HEADER } from "./system-structures.ts";
import type { Architecture, Cell, CellConfig, Config, IommuUnit, SystemConfig } from "./types.ts";

/** More entries than this in one list, or bytes in a CPU set, are taken for a damaged file. */
const MAX_COUNT = 0xffff;
const BITS_PER_BYTE = 8;
/** Signatures of revisions before the architecture byte, six letters each. */
const OLD_SIGNATURES = ["JHCELL", "JHSYST"];
const rootReserved = reserved(0, FILE_HEADER_SIZE);

/** A configuration, and how many bytes of its file it takes: whatever follows them means nothing to anybody. */
export interface Decoded {
  readonly config: Config;
  /** In bytes, at most the file's. */
  readonly size: number;
}

/** Decodes a configuration file as decodeFile does. */
export const decode = (bytes: Uint8Array): Config => decodeFile(bytes).config;

/**
 * Decodes a configuration file, revision 14, and keeps everything: encode(config) equals the file's first `size` bytes.
 * Throws ConfigError (`signature`, `revision`, `architecture`, `truncated`, `count`, `name`) with the offset.
 */
export function decodeFile(bytes: Uint8Array): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkSignature(bytes);
  need(view, 0, FILE_HEADER_SIZE, "the file header");
  const header = readStructure(FILE_HEADER, view, 0);
  if (header.revision !== abi.CONFIG_REVISION) {
    refuseRevision(`${header.revision}`, abi.CONFIG_REVISION_OFFSET);
  }
  const architecture = architectureName(header.architecture);
  const isCell = header.signature === SIGNATURES.cell;
  const config = isCell ? decodeCellFile(view, architecture) : decodeSystem(view, architecture);
  const [cell, base] = config.kind === "cell" ? [config, 0] : [config.rootCell, abi.SYS_ROOT_CELL];
  return { config, size: base + cellSize(cell) };
}

function checkSignature(bytes: Uint8Array): void {
  const longest = OLD_SIGNATURES[0]!.length;
  const text = String.fromCharCode(...bytes.subarray(0, longest));
  if (OLD_SIGNATURES.includes(text)) refuseRevision(`older (signature "${text}")`, 0);
  if (Object.values(SIGNATURES).some((signature) => text.startsWith(signature))) return;
  throw new ConfigError("signature", "not a configuration: it does not start with JHCLL or JHSYS", {
    hint: "give the built .cell file, or a TypeScript or JSON configuration",
    offset: 0,
  });
}

function refuseRevision(revision: string, offset: number): never {
  throw new ConfigError(
    "revision",
    `the revision of this configuration is ${revision}, but only ${abi.CONFIG_REVISION} is supported`,
    { hint: "build the configuration anew with the tools of this revision", offset },
  );
}

function architectureName(number: number): Architecture {
  for (const [name, value] of Object.entries(ARCHITECTURES))
    if (value === number) return name as Architecture;
  throw new ConfigError("architecture", `unknown architecture ${number}`, {
    hint: "0 is x86, 1 arm, 2 arm64",
    offset: abi.CONFIG_ARCHITECTURE,
  });
}

/** Checks that the file holds `size` bytes from `offset`. */
function need(view: DataView, offset: number, size: number, what: string): void {
  if (offset + size <= view.byteLength) return;
  throw new ConfigError(
    "truncated",
    `the file ends after ${view.byteLength} bytes, in ${what} (bytes ${offset} to ${offset + size})`,
    { hint: "the file is not complete, or its counts are wrong", offset },
  );
}

function decodeCellFile(view: DataView, architecture: Architecture): CellConfig {
  return note({ kind: "cell", architecture, ...readCell(view, 0) }, { offset: 0 });
}

function decodeSystem(view: DataView, architecture: Architecture): SystemConfig {
  need(view, 0, abi.SYS_HEADER_SIZE, "the system header");
  const header = readStructure(SYSTEM_HEADER, view, 0);
  need(view, abi.SYS_ROOT_CELL, abi.CELL_HEADER_SIZE, "the root cell's descriptor");
  const kept = rootReserved.read(view, abi.SYS_ROOT_CELL);
  const cell = readCell(view, abi.SYS_ROOT_CELL);
  const rootCell = kept ? { ...cell, reserved: kept } : cell;
  return note(
    {
      kind: "system",
      architecture,
      ...header,
      iommuUnits: readIommuUnits(view),
      rootCell: note(rootCell, { offset: abi.SYS_ROOT_CELL }),
    },
    { offset: 0 },
  );
}

/** The units up to the last one that is not all zero. */
function readIommuUnits(view: DataView): IommuUnit[] {
  const units: IommuUnit[] = [];
  let used = 0;
  for (let index = 0; index < abi.SYS_IOMMU_COUNT; index++) {
    const base = abi.SYS_IOMMU + index * abi.IOMMU_SIZE;
    units.push(note(readStructure(IOMMU, view, base), { offset: base }));
    if (reserved(0, abi.IOMMU_SIZE).read(view, base)) used = index + 1;
  }
  return units.slice(0, used);
}

/** Bytes of a cell's descriptor and lists. */
function cellSize(cell: Cell): number {
  const lists = LISTS.map(({ key, size }) => size * (cell[key] as readonly unknown[]).length);
  return lists.reduce((sum, size) => sum + size, abi.CELL_HEADER_SIZE + cell.cpuSetSize);
}

/** Reads the cell whose descriptor is at `base`, with its lists. */
function readCell(view: DataView, base: number): Cell {
  need(view, base, abi.CELL_HEADER_SIZE, "the cell descriptor");
  const header = readStructure(CELL_HEADER, view, base);
  checkCount(header.cpuSetSize, "bytes in the CPU set", base + abi.CELL_CPU_SET_SIZE);
  let offset = base + abi.CELL_HEADER_SIZE;
  need(view, offset, header.cpuSetSize, "the CPU set");
  const cpus = readCpuSet(view, offset, header.cpuSetSize);
  offset += header.cpuSetSize;
  const lists: Record<string, unknown[]> = {};
  for (const layout of LISTS) {
    lists[layout.key] = readList(view, base, offset, layout);
    offset += layout.size * lists[layout.key]!.length;
  }
  return { ...header, cpus, ...(lists as unknown as CellLists & Pick<Cell, "streamIds">) };
}

function checkCount(count: number, what: string, offset: number): void {
  if (count > MAX_COUNT)
    throw new ConfigError("count", `${count} ${what}`, {
      hint: "the file is damaged, or not a configuration",
      offset,
    });
}

function readList(view: DataView, base: number, start: number, layout: ListLayout): unknown[] {
  const count = layout.count.read(view, base);
  checkCount(count, `${layout.name}s`, base + layout.count.offset);
  const entries: unknown[] = [];
  for (let index = 0; index < count; index++) {
    const offset = start + index * layout.size;
    need(view, offset, layout.size, `${layout.name} ${index} of ${count}`);
    entries.push(note(layout.read(view, offset), { offset }));
  }
  return entries;
}

function readCpuSet(view: DataView, base: number, size: number): number[] {
  const cpus: number[] = [];
  for (let cpu = 0; cpu < size * BITS_PER_BYTE; cpu++)
    if ((view.getUint8(base + Math.floor(cpu / BITS_PER_BYTE)) >> (cpu % BITS_PER_BYTE)) & 1)
      cpus.push(cpu);
  return cpus;
}
