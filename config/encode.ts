// From a configuration to the bytes of a `.cell` file.
import * as abi from "../abi/config.ts";
import { CELL_HEADER, LISTS } from "./cell-structures.ts";
import { ConfigError } from "./errors.ts";
import { reserved, u32, writeStructure } from "./fields.ts";
import { FILE_HEADER, FILE_HEADER_SIZE, IOMMU, SYSTEM_HEADER } from "./system-structures.ts";
import type { Architecture, Cell, Config, SystemConfig } from "./types.ts";

/** Numbers of the architectures in a file, by name. */
export const ARCHITECTURES: Readonly<Record<Architecture, number>> = {
  x86: abi.ARCH_X86,
  arm: abi.ARCH_ARM,
  arm64: abi.ARCH_ARM64,
};

/** Signatures of the two kinds of file. */
export const SIGNATURES = { cell: "JHCLL", system: "JHSYS" } as const;

const BITS_PER_BYTE = 8;
const rootReserved = reserved(0, FILE_HEADER_SIZE);

/**
 * Encodes a configuration, revision 14. Throws ConfigError (`value`, `name`, `key`, `architecture`) with the path of what
 * does not fit. It checks that every value fits its field, not that the configuration makes sense.
 */
export function encode(config: Config): Uint8Array {
  if (config?.kind === "cell") return encodeCellFile(config);
  if (config?.kind === "system") return encodeSystem(config);
  throw new ConfigError("value", "this is neither a cell nor a system configuration", {
    hint: "make configurations with defineCell or defineSystem",
  });
}

function encodeCellFile(config: Config & { kind: "cell" }): Uint8Array {
  const bytes = new Uint8Array(cellSize(config, ""));
  const view = new DataView(bytes.buffer);
  writeFileHeader(view, config);
  writeCell(view, 0, config, "");
  return bytes;
}

function encodeSystem(config: SystemConfig): Uint8Array {
  const root = config.rootCell;
  const bytes = new Uint8Array(abi.SYS_ROOT_CELL + cellSize(root, "rootCell."));
  const view = new DataView(bytes.buffer);
  writeFileHeader(view, config);
  writeStructure(SYSTEM_HEADER, view, 0, config, "");
  writeIommuUnits(view, config.iommuUnits);
  rootReserved.write(view, abi.SYS_ROOT_CELL, root.reserved, "rootCell.reserved");
  writeCell(view, abi.SYS_ROOT_CELL, root, "rootCell.");
  return bytes;
}

function writeFileHeader(view: DataView, config: Config): void {
  const architecture = ARCHITECTURES[config.architecture];
  if (architecture === undefined)
    throw new ConfigError("architecture", `architecture is "${config.architecture}"`, {
      hint: `known are ${Object.keys(ARCHITECTURES).join(", ")}`,
    });
  const header = {
    signature: SIGNATURES[config.kind],
    architecture,
    revision: abi.CONFIG_REVISION,
  };
  writeStructure(FILE_HEADER, view, 0, header, "");
}

function writeIommuUnits(view: DataView, units: SystemConfig["iommuUnits"]): void {
  if (!Array.isArray(units) || units.length > abi.SYS_IOMMU_COUNT)
    throw new ConfigError("value", `iommuUnits is not a list of at most ${abi.SYS_IOMMU_COUNT}`);
  units.forEach((unit, index) => {
    const base = abi.SYS_IOMMU + index * abi.IOMMU_SIZE;
    writeStructure(IOMMU, view, base, unit, `iommuUnits[${index}].`);
  });
}

/** Size of a cell's descriptor, CPU set and lists; checks that they are lists. */
function cellSize(cell: Cell, prefix: string): number {
  if (typeof cell !== "object" || cell === null)
    throw new ConfigError("value", `${prefix.replace(/\.$/, "")} is not a cell`);
  u32(0).write(new DataView(new ArrayBuffer(4)), 0, cell.cpuSetSize, `${prefix}cpuSetSize`);
  let size = abi.CELL_HEADER_SIZE + cell.cpuSetSize;
  for (const { key, size: entry } of LISTS) {
    if (!Array.isArray(cell[key])) throw new ConfigError("value", `${prefix}${key} is not a list`);
    size += entry * cell[key].length;
  }
  return size;
}

function writeCell(view: DataView, base: number, cell: Cell, prefix: string): void {
  writeStructure(CELL_HEADER, view, base, cell, prefix);
  let offset = base + abi.CELL_HEADER_SIZE;
  writeCpuSet(view, offset, cell, prefix);
  offset += cell.cpuSetSize;
  for (const { key, count, size, write } of LISTS) {
    count.write(view, base, cell[key].length, `${prefix}${key}.length`);
    cell[key].forEach((entry, index) => {
      write(view, offset, entry, `${prefix}${key}[${index}]`);
      offset += size;
    });
  }
}

function writeCpuSet(view: DataView, base: number, cell: Cell, prefix: string): void {
  if (!Array.isArray(cell.cpus)) throw new ConfigError("value", `${prefix}cpus is not a list`);
  for (const cpu of cell.cpus) {
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= cell.cpuSetSize * BITS_PER_BYTE)
      throw new ConfigError(
        "value",
        `${prefix}cpus: ${cpu} is not the number of a CPU in a set of ${cell.cpuSetSize} bytes`,
      );
    const at = base + Math.floor(cpu / BITS_PER_BYTE);
    view.setUint8(at, view.getUint8(at) | (1 << (cpu % BITS_PER_BYTE)));
  }
}
